/**
 * Responsible for the services around the function in the redirect flow, with the behaviour of AWS: the website endpoint of the bucket with
 * its routing rule, the API in front of the function, and a CDN that obeys Cache-Control.
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

/** Serves a bucket, and redirects requests for missing objects to the API with status 307 and the key as sent. */
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
    // S3 sends its redirects without Cache-Control.
    response.writeHead(307, { location: `${apiUrl()}/prod/resizer?key=${path.slice(1)}` }).end()
  })

/** The kind of events with which the API calls the function. */
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

/** Starts an API that calls a function with its events. */
export const startApi = (handler: (event: HttpEvent) => Promise<ProxyResult>, shape: Shape): Promise<Front> =>
  listen(async (request, response) => {
    const result = await handler(toEvent(request, shape))
    response.writeHead(result.statusCode, { ...result.headers })
    response.end(Buffer.from(result.body, result.isBase64Encoded ? "base64" : "utf8"))
  })

interface Cached {
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

/** Starts a CDN in front of a website. Responses without Cache-Control are cached for the default time. */
export const startCdn = (websiteUrl: string, defaultSeconds: number): Promise<Front> => {
  const cache = new Map<string, Cached>()
  const fetchOrigin = async (url: string): Promise<Cached> => {
    const response = await fetch(`${websiteUrl}${url}`, { redirect: "manual" })
    const { status, headers } = response
    const untilMs = Date.now() + secondsOf(headers, defaultSeconds) * 1000
    const cached = { status, headers, body: Buffer.from(await response.arrayBuffer()), untilMs }
    if (untilMs > Date.now()) cache.set(url, cached)
    return cached
  }
  return listen(async ({ url = "/" }, response) => {
    const hit = cache.get(url)
    const { status, headers, body } = hit && hit.untilMs > Date.now() ? hit : await fetchOrigin(url)
    const shown = [...SHOWN, "location"].flatMap((name) => (headers.has(name) ? [[name, headers.get(name) ?? ""]] : []))
    response.writeHead(status, { ...Object.fromEntries(shown), "x-cache": hit ? "Hit" : "Miss" }).end(body)
  })
}

/** The last response of a chain of redirects. */
export interface Visit {
  readonly status: number
  readonly headers: Headers
  readonly body: Buffer
  /** Target of each redirect. */
  readonly redirects: readonly string[]
}

/** Sends a GET and follows redirects like a browser, up to a limit. */
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
