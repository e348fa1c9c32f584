/**
 * One HTTP exchange: a request out, a reply with its whole body in. Over `node:http` rather than `fetch`, which unpacks what is stored
 * compressed, so that lengths cannot be compared, and cannot tell silence from slowness.
 *
 * Holds: whatever comes back is whole; an exchange ends within its limits, one way or the other; nothing is tried twice here.
 */
import { Agent as HttpAgent, type IncomingHttpHeaders, type IncomingMessage, request as requestHttp } from "node:http"
import { Agent as HttpsAgent, request as requestHttps } from "node:https"

import { originalTooLarge } from "../../errors.ts"

/** What to send, and where. */
export interface Exchange {
  readonly method: string
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Uint8Array | undefined
}

/** Bounds on one exchange. */
export interface ExchangeLimits {
  /** Longest silence: while connecting, before the first byte, and between bytes. */
  readonly idleMs: number
  /** From beginning to end. */
  readonly wholeMs: number
  /** Of the body of a success; the body of a failure is cut at a length of its own. */
  readonly maxBytes?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/** A reply, read whole. */
export interface Reply {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Uint8Array
}

/** Connections to one host; more requests wait for one. */
const MAX_CONNECTIONS = 128
/** Kept for the next request: shorter than S3 keeps them, so that we seldom write into a closing one. */
const KEPT_MS = 4000
/** What an error has to say is short. */
const MAX_FAILURE_BYTES = 65_536

const AGENT = { keepAlive: true, maxSockets: MAX_CONNECTIONS, timeout: KEPT_MS }
const agents = { "http:": new HttpAgent(AGENT), "https:": new HttpsAgent(AGENT) }

/** What ends an exchange that had begun well, as an error with a code like those of the system. */
const broken = (code: "ERR_STALLED" | "ERR_SHORT_BODY", message: string): Error =>
  Object.assign(new Error(message), { code })

/** True for a status that says that what was asked was done. */
export const isSuccess = (status: number): boolean => status >= 200 && status < 300

const declaredLength = ({ headers }: IncomingMessage): number | undefined => {
  const text = headers["content-length"]
  return text === undefined ? undefined : Number(text)
}

const readFailure = async (response: IncomingMessage): Promise<Uint8Array> => {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes > MAX_FAILURE_BYTES) break
  }
  return Buffer.concat(chunks)
}

/** The body of a success. Its length is what was declared, or its end was: a body that merely stops is an error. */
const readWhole = async (response: IncomingMessage, maxBytes: number): Promise<Uint8Array> => {
  const length = declaredLength(response)
  if (length === undefined && response.headers["transfer-encoding"] === undefined && response.statusCode !== 204)
    throw broken("ERR_SHORT_BODY", "the answer tells neither its length nor its end")
  if (length !== undefined && length > maxBytes) throw originalTooLarge(`${length} bytes`, `${maxBytes} bytes`)
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes > maxBytes) throw originalTooLarge(`more than ${maxBytes} bytes`, `${maxBytes} bytes`)
  }
  if (length !== undefined && bytes !== length)
    throw broken("ERR_SHORT_BODY", `${bytes} bytes came where ${length} were announced`)
  const [only] = chunks
  return only && chunks.length === 1 ? only : Buffer.concat(chunks, bytes)
}

const read = async (response: IncomingMessage, { maxBytes = Infinity }: ExchangeLimits): Promise<Reply> => {
  const status = response.statusCode ?? 0
  const body = isSuccess(status) ? await readWhole(response, maxBytes) : await readFailure(response)
  return { status, headers: response.headers, body }
}

/**
 * Sends a request and reads what comes back, whatever its status.
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
    agent: agents[isTls ? "https:" : "http:"],
    timeout: idleMs,
  })
  let give: ((error: unknown) => void) | undefined
  const stop = (error: unknown): void => {
    give?.(error)
    request.destroy()
  }
  const onAbort = (): void => stop(signal?.reason)
  const timer = setTimeout(() => stop(broken("ERR_STALLED", `not over after ${wholeMs} ms`)), wholeMs)
  signal?.addEventListener("abort", onAbort, { once: true })
  try {
    return await new Promise<Reply>((resolve, reject) => {
      give = reject
      request.once("timeout", () => stop(broken("ERR_STALLED", `no byte for ${idleMs} ms`)))
      request.once("response", (response) => void read(response, limits).then(resolve, stop))
      // It stays: a socket may fail more than once, and unheard that would end the process.
      request.on("error", reject)
      request.end(body)
    })
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener("abort", onAbort)
  }
}
