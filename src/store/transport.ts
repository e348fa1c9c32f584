/**
 * Responsible for one HTTP exchange: a request is sent, and its response is read whole. Uses `node:http` instead of `fetch`, which
 * decompresses bodies, so that their length cannot be checked, and which cannot distinguish a silent server from a slow one.
 *
 * Invariants:
 * - A response is complete, or an error is thrown.
 * - An exchange ends within its limits.
 * - Nothing is repeated here.
 */
import { Agent as HttpAgent, type IncomingHttpHeaders, type IncomingMessage, request as requestHttp } from "node:http"
import { Agent as HttpsAgent, request as requestHttps } from "node:https"

import { originalTooLarge } from "../errors.ts"

/** A request. */
export interface Exchange {
  readonly method: string
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Uint8Array | undefined
}

/** Limits of one exchange. */
export interface ExchangeLimits {
  /** The longest time without a byte: while connecting, before the first byte, and between bytes. */
  readonly idleMs: number
  /** The longest time of the whole exchange. */
  readonly wholeMs: number
  /** The longest body of a success. The body of a failure is truncated at 64 kB. @default Infinity */
  readonly maxBytes?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/** A response, read whole. */
export interface Reply {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Uint8Array
}

/** Connections to one host. Further requests wait for one. */
const MAX_CONNECTIONS = 128
/** Time for which an idle connection is reused: less than S3's own, so that few requests are written to a closing connection. */
const IDLE_CONNECTION_MS = 4000
/** More than enough for an error in XML. */
const MAX_FAILURE_BYTES = 65_536

const AGENT = { keepAlive: true, maxSockets: MAX_CONNECTIONS, timeout: IDLE_CONNECTION_MS }
const agents: { http?: HttpAgent; https?: HttpsAgent } = {}

/** The connections that requests share. Created with the first request: a server of a folder needs none, and loading TLS takes long. */
const agentOf = (isTls: boolean): HttpAgent =>
  isTls ? (agents.https ??= new HttpsAgent(AGENT)) : (agents.http ??= new HttpAgent(AGENT))

/** An error with a code, like those of the system. */
const codedError = (code: "ERR_STALLED" | "ERR_SHORT_BODY", message: string): Error =>
  Object.assign(new Error(message), { code })

/** System errors that may not occur again. Others will, such as an unknown host or an invalid certificate. */
const TRANSIENT_CODES: ReadonlySet<string> = new Set([
  "ECONNRESET",
  "ECONNREFUSED",
  "ECONNABORTED",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EAI_AGAIN",
  "HPE_INVALID_CONSTANT",
  "ERR_STALLED",
  "ERR_SHORT_BODY",
])

/** True for a failure of an exchange that may not occur again. */
export const isTransientError = (error: unknown): boolean =>
  error instanceof Error && "code" in error && TRANSIENT_CODES.has(String(error.code))

/** True for a status of a success. */
export const isSuccess = (status: number): boolean => status >= 200 && status < 300

const declaredLength = ({ headers }: IncomingMessage): number | undefined => {
  const text = headers["content-length"]
  return text === undefined ? undefined : Number(text)
}

const readFailure = async (response: IncomingMessage): Promise<Uint8Array> => {
  const chunks: Buffer[] = []
  let byteLength = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    byteLength += chunk.length
    if (byteLength > MAX_FAILURE_BYTES) break
  }
  return Buffer.concat(chunks)
}

/** The body of a success. Its length or its end must be declared: a connection that just closes may have lost a part. */
const readWhole = async (response: IncomingMessage, maxBytes: number): Promise<Uint8Array> => {
  const length = declaredLength(response)
  if (length === undefined && response.headers["transfer-encoding"] === undefined && response.statusCode !== 204)
    throw codedError("ERR_SHORT_BODY", "the response declares neither its length nor its end")
  if (length !== undefined && length > maxBytes) throw originalTooLarge(`${length} bytes`, `${maxBytes} bytes`)
  const chunks: Buffer[] = []
  let byteLength = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    byteLength += chunk.length
    if (byteLength > maxBytes) throw originalTooLarge(`more than ${maxBytes} bytes`, `${maxBytes} bytes`)
  }
  if (length !== undefined && byteLength !== length)
    throw codedError("ERR_SHORT_BODY", `received ${byteLength} of ${length} bytes`)
  const [only] = chunks
  return only && chunks.length === 1 ? only : Buffer.concat(chunks, byteLength)
}

const read = async (
  response: IncomingMessage,
  method: string,
  { maxBytes = Infinity }: ExchangeLimits,
): Promise<Reply> => {
  const status = response.statusCode ?? 0
  const hasWholeBody = isSuccess(status) && method !== "HEAD"
  const body = hasWholeBody ? await readWhole(response, maxBytes) : await readFailure(response)
  return { status, headers: response.headers, body }
}

/**
 * Sends a request and reads the response, of any status.
 * @throws system errors, `ERR_STALLED`, `ERR_SHORT_BODY`, and the signal's reason
 * @throws {original-too-large} a success of more than `maxBytes`
 */
export const exchange = async ({ method, url, headers, body }: Exchange, limits: ExchangeLimits): Promise<Reply> => {
  const { idleMs, wholeMs, signal } = limits
  signal?.throwIfAborted()
  const isTls = url.protocol === "https:"
  const request = (isTls ? requestHttps : requestHttp)(url, {
    method,
    headers: { ...headers, ...(body && { "content-length": String(body.length) }) },
    agent: agentOf(isTls),
    timeout: idleMs,
  })
  let rejectReply: ((error: unknown) => void) | undefined
  const stop = (error: unknown): void => {
    rejectReply?.(error)
    request.destroy()
  }
  const onAbort = (): void => stop(signal?.reason)
  const timer = setTimeout(() => stop(codedError("ERR_STALLED", `not complete after ${wholeMs} ms`)), wholeMs)
  signal?.addEventListener("abort", onAbort, { once: true })
  try {
    return await new Promise<Reply>((resolve, reject) => {
      rejectReply = reject
      request.once("timeout", () => stop(codedError("ERR_STALLED", `no byte for ${idleMs} ms`)))
      request.once("response", (response) => void read(response, method, limits).then(resolve, stop))
      // Not `once`: a socket may fail more than once, and an unhandled error would end the process.
      request.on("error", reject)
      request.end(body)
    })
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener("abort", onAbort)
  }
}
