/**
 * Responsible for the connections of CloudFront to an origin: it signs requests (origin access control), tries again, and waits for a
 * limited time.
 *
 * CloudFront connects up to three times, and repeats a GET whose response does not come in time or breaks off (CloudFront Developer Guide,
 * "Request and response behavior", "Origin response timeout"); then it answers 504. A status is never a reason to try again.
 */
import { type IncomingMessage, request as send } from "node:http"
import { buffer } from "node:stream/consumers"

import type { Identity } from "../support/versitygw.ts"
import type { Listener } from "./processes.ts"
import { signGet } from "./sigv4.ts"

/** An origin of the distribution. */
export interface OriginOptions {
  /** Without a trailing slash. */
  readonly url: string
  readonly service: "s3" | "lambda"
  readonly identity: Identity
  /** `OriginReadTimeout`. */
  readonly readTimeoutMs: number
}

/** `ConnectionAttempts`. @default of CloudFront */
const ATTEMPTS = 3

interface OriginResponse {
  readonly status: number
  readonly headers: IncomingMessage["headers"]
  readonly body: Buffer
}

const get = (url: string, path: string, headers: Readonly<Record<string, string>>, timeoutMs: number) =>
  new Promise<OriginResponse>((resolve, reject) => {
    const { hostname: host, port } = new URL(url)
    // The path is sent unchanged: URL would change the encoding of some characters.
    const request = send({ host, port, path, headers, agent: false }, (response) => {
      const { statusCode: status = 0, headers: received } = response
      buffer(response).then((body) => resolve({ status, headers: received, body }), reject)
    })
    request.setTimeout(timeoutMs, () => request.destroy(new Error("The origin did not respond in time.")))
    request.once("error", reject)
    request.end()
  })

/** Headers of a connection, which are not passed on. */
const OF_CONNECTION = new Set(["connection", "keep-alive", "transfer-encoding", "content-length"])

/** Answers GET requests with the response of an origin. */
export const originAccess = ({ url, service, identity, readTimeoutMs }: OriginOptions): Listener => {
  const tryAll = async (path: string): Promise<OriginResponse | undefined> => {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const headers = await signGet(url, path, service, identity)
      const response = await get(url, path, headers, readTimeoutMs).catch(() => undefined)
      if (response) return response
    }
    return undefined
  }
  return async ({ url: path = "/" }, response) => {
    const result = await tryAll(path)
    if (!result) {
      response.writeHead(504, { "content-type": "text/html" }).end("<h1>504 Gateway Timeout</h1>\n")
      return
    }
    const headers = Object.entries(result.headers).filter(([name]) => !OF_CONNECTION.has(name))
    const { status, body } = result
    // The cache knows the length of an object, even if the origin did not send it.
    response.writeHead(status, { ...Object.fromEntries(headers), "content-length": body.length }).end(body)
  }
}
