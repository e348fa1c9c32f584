/**
 * Responsible for requests of remote checks. URL paths are sent unchanged: no dot segment is resolved and nothing is decoded.
 *
 * Invariants:
 * - A response is read whole and within the limits, or an error is thrown.
 */
import { type IncomingHttpHeaders, type IncomingMessage, request as requestHttp } from "node:http"
import { request as requestHttps } from "node:https"
import { setTimeout as sleep } from "node:timers/promises"

/** A response, and how long it took. */
export interface Reply {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  readonly ms: number
  /** The URL that answered, after redirects. */
  readonly url: string
  /** Number of redirects that were followed. */
  readonly redirects: number
}

/** Options of a request. */
export interface AskOptions {
  /** @default GET */
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal | undefined
  /** Time limit of the request in milliseconds. @default 35000, longer than the deadline of a server */
  readonly timeoutMs?: number
}

/** Sends a request to a path below the base URL. @throws {Error} there is no complete response */
export type Ask = (path: string, options?: AskOptions) => Promise<Reply>

const TIMEOUT_MS = 35_000
const MAX_REDIRECTS = 5
const MAX_BYTES = 100_000_000

const readAll = async (response: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > MAX_BYTES) throw new Error(`The response has more than ${MAX_BYTES} bytes.`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

const sendOnce = async (origin: URL, path: string, options: AskOptions): Promise<Reply> => {
  const { method = "GET", headers = {}, signal, timeoutMs = TIMEOUT_MS } = options
  const timeout = AbortSignal.timeout(timeoutMs)
  const both = signal ? AbortSignal.any([signal, timeout]) : timeout
  const startMs = performance.now()
  const send = origin.protocol === "https:" ? requestHttps : requestHttp
  try {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const sent = send({
        host: origin.hostname.replace(/^\[|\]$/g, ""),
        port: origin.port,
        path,
        method,
        headers: { "user-agent": "imgtailor-doctor", ...headers },
        agent: false,
        signal: both,
      })
      sent.once("error", reject)
      sent.once("response", resolve)
      sent.end()
    })
    const body = await readAll(response)
    const { statusCode: status = 0 } = response
    const ms = performance.now() - startMs
    return { status, headers: response.headers, body, ms, url: `${origin.origin}${path}`, redirects: 0 }
  } catch (error) {
    if (timeout.aborted && !signal?.aborted)
      throw new Error(`${method} ${path}: no complete response within ${timeoutMs / 1000} s`, { cause: error })
    throw error
  }
}

const isRedirect = ({ status }: Reply): boolean => [301, 302, 303, 307, 308].includes(status)

/** @param base URL with the base path, without a slash at its end */
export const createAsk = (base: URL): Ask => {
  const basePath = base.pathname.replace(/\/$/, "")
  return async (path, options = {}) => {
    let [origin, target] = [base, basePath + path]
    for (let redirects = 0; ; redirects++) {
      const reply = await sendOnce(origin, target, options)
      const { location } = reply.headers
      if (!isRedirect(reply) || location === undefined || redirects === MAX_REDIRECTS) return { ...reply, redirects }
      const next = new URL(location, `${origin.origin}${target}`)
      origin = next
      target = next.pathname + next.search
    }
  }
}

/** A write may be pending for a moment after the first response. */
const PAUSE_MS = 100

/** Sends a request, and once more when the rendition is stored. */
export const askTwice = async (ask: Ask, path: string, signal: AbortSignal): Promise<readonly [Reply, Reply]> => {
  const first = await ask(path, { signal })
  await sleep(PAUSE_MS, undefined, { signal })
  return [first, await ask(path, { signal })]
}

/** The first value of a header, or an empty text. */
export const headerOf = ({ headers }: Pick<Reply, "headers">, name: string): string => {
  const value = headers[name]
  return (Array.isArray(value) ? value[0] : value) ?? ""
}

/** The seconds for which shared caches may keep a response (RFC 9111 §5.2.2); undefined without a statement. */
export const sharedSecondsOf = (reply: Pick<Reply, "headers">): number | undefined => {
  const text = headerOf(reply, "cache-control")
  if (/\bno-store\b|\bprivate\b|\bno-cache\b/i.test(text)) return 0
  const seconds = /s-maxage=(\d+)/i.exec(text)?.[1] ?? /max-age=(\d+)/i.exec(text)?.[1]
  return seconds === undefined ? undefined : Number(seconds)
}

/** The layer that answered, as far as its headers say. */
export const layerOf = (reply: Pick<Reply, "headers">): string => {
  const cloudFront = headerOf(reply, "x-cache")
  const status = headerOf(reply, "cache-status")
  if (/^hit from/i.test(cloudFront)) return `a cache (${cloudFront})`
  if (/^(?!imgtailor)[^;,]+;\s*hit/i.test(status)) return `a cache (${status.split(",")[0]})`
  if (/imgtailor; hit/i.test(status)) return "imgtailor, a stored rendition"
  if (/imgtailor; fwd/i.test(status)) return "imgtailor, a render"
  const server = headerOf(reply, "server")
  return server === "" ? "an unknown server" : server
}
