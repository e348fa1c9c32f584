/**
 * What stands around the function in the redirect flow, each part as it behaves at Amazon's: the bucket's website endpoint with its
 * routing rule, the API in front of the function, and a CDN that keeps what it is told to, and for as long.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"

import type { HttpEvent, ProxyResult } from "../../src/aws/events.ts"
import type { S3Server } from "./versitygw.ts"

/** A server of a test. */
export interface Front {
  readonly url: string
  readonly close: () => Promise<void>
}

type Listener = (request: IncomingMessage, response: ServerResponse) => Promise<void>

const listen = async (listener: Listener): Promise<Front> => {
  const server = createServer((request, response) => {
    listener(request, response).catch((error: unknown) => {
      response.writeHead(599).end(String(error))
    })
  })
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}

const SHOWN = ["content-type", "cache-control", "etag", "last-modified", "x-amz-meta-cache-tag"]

/** Serves a bucket, and sends visitors of what is not there to the API: status 307, and the key as it was written. */
export const startWebsite = (server: S3Server, bucket: string, apiUrl: () => string): Promise<Front> =>
  listen(async ({ url = "/" }, response) => {
    const path = url.split("?")[0] ?? "/"
    const object = await server.ask(bucket, decodeURIComponent(path.slice(1)))
    if (object.ok) {
      const headers = SHOWN.flatMap((name) =>
        object.headers.has(name) ? [[name, object.headers.get(name) ?? ""]] : [],
      )
      response.writeHead(200, Object.fromEntries(headers)).end(Buffer.from(await object.arrayBuffer()))
      return
    }
    // No Cache-Control: S3 gives its redirects none.
    response.writeHead(307, { location: `${apiUrl()}/prod/resizer?key=${path.slice(1)}` }).end()
  })

/** Which of its events the API calls the function with. */
export type Shape = "http-api" | "rest-api"

const toEvent = ({ method = "GET", url = "/", headers }: IncomingMessage, shape: Shape): HttpEvent => {
  const [path = "/", query = ""] = url.split("?")
  const texts = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))
  const http = { method, path }
  if (shape === "http-api") {
    const requestContext = { http, stage: "prod", domainName: "x1y2.execute-api.eu-central-1.amazonaws.com" }
    return { version: "2.0", rawPath: decodeURIComponent(path), rawQueryString: query, headers: texts, requestContext }
  }
  const pairs = new URLSearchParams(query)
  const lists = Object.fromEntries([...new Set(pairs.keys())].map((name) => [name, pairs.getAll(name)]))
  return {
    httpMethod: method,
    path: path.replace(/^\/prod/, ""),
    headers: texts,
    queryStringParameters: Object.fromEntries(pairs),
    multiValueQueryStringParameters: lists,
    requestContext: { stage: "prod" },
  }
}

/** Calls a function with the events of an API. */
export const startApi = (handler: (event: HttpEvent) => Promise<ProxyResult>, shape: Shape): Promise<Front> =>
  listen(async (request, response) => {
    const result = await handler(toEvent(request, shape))
    response.writeHead(result.statusCode, { ...result.headers })
    response.end(Buffer.from(result.body, result.isBase64Encoded ? "base64" : "utf8"))
  })

interface Kept {
  readonly status: number
  readonly headers: Headers
  readonly body: Buffer
  readonly untilMs: number
}

const secondsOf = (headers: Headers, defaultSeconds: number): number => {
  const control = headers.get("cache-control")
  if (control === null) return defaultSeconds
  if (/no-store|no-cache|private/.test(control)) return 0
  return Number(/s-maxage=(\d+)/.exec(control)?.[1] ?? /max-age=(\d+)/.exec(control)?.[1] ?? defaultSeconds)
}

/** A CDN in front of a website; what says nothing of itself is kept for the default time. */
export const startCdn = (websiteUrl: string, defaultSeconds: number): Promise<Front> => {
  const cache = new Map<string, Kept>()
  const ask = async (url: string): Promise<Kept> => {
    const answer = await fetch(`${websiteUrl}${url}`, { redirect: "manual" })
    const { status, headers } = answer
    const untilMs = Date.now() + secondsOf(headers, defaultSeconds) * 1000
    const kept = { status, headers, body: Buffer.from(await answer.arrayBuffer()), untilMs }
    if (untilMs > Date.now()) cache.set(url, kept)
    return kept
  }
  return listen(async ({ url = "/" }, response) => {
    const hit = cache.get(url)
    const { status, headers, body } = hit && hit.untilMs > Date.now() ? hit : await ask(url)
    const wanted = [...SHOWN, "location"].flatMap((name) =>
      headers.has(name) ? [[name, headers.get(name) ?? ""]] : [],
    )
    response.writeHead(status, { ...Object.fromEntries(wanted), "x-cache": hit ? "Hit" : "Miss" }).end(body)
  })
}

/** What a visitor ends with. */
export interface Visit {
  readonly status: number
  readonly headers: Headers
  readonly body: Buffer
  /** Where each redirect led. */
  readonly redirects: readonly string[]
}

/** A GET that follows redirects, as browsers do, until there are too many. */
export const visit = async (url: string, headers: Readonly<Record<string, string>> = {}): Promise<Visit> => {
  const redirects: string[] = []
  let at = url
  for (;;) {
    const response = await fetch(at, { redirect: "manual", headers })
    const location = response.headers.get("location")
    const body = Buffer.from(await response.arrayBuffer())
    if (location === null || redirects.length >= 20)
      return { status: response.status, headers: response.headers, body, redirects }
    at = new URL(location, at).href
    redirects.push(at)
  }
}
