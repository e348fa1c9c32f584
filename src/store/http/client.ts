/**
 * Responsible for one request for an original to a server of HTTP: repeated after a transient failure, redirected within the origin.
 *
 * Invariants:
 * - The scheme, host and port of every request are those of the configured base URL.
 * - Nothing is written: requests are GET or HEAD.
 */
import { storeDenied, storeUnavailable } from "../../errors.ts"
import type { Retries } from "../../retry.ts"
import { boundedCall, type Timeouts } from "../bounded-call.ts"
import type { CallOptions } from "../store.ts"
import { exchange, isSuccess, type Reply } from "../transport.ts"
import { urlOf } from "./place.ts"

/** A server of originals, and how to reach it. */
export interface HttpConnection {
  /** Without a slash at its end. */
  readonly base: string
  readonly headers: Readonly<Record<string, string>>
  readonly timeouts: Timeouts
  readonly retries: Retries
}

/** A request for an original. */
export interface HttpCall {
  readonly method: "GET" | "HEAD"
  readonly key: string
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** @throws {original-too-large} if the response is longer */
  readonly maxBytes?: number | undefined
}

/** Sends requests to one server. */
export interface HttpClient {
  /**
   * Sends a request, and returns a success, 304, or a failure that repetition would not change.
   * @throws {store-unavailable} {store-denied} and the signal's reason
   */
  readonly send: (call: HttpCall, options?: CallOptions) => Promise<Reply>
  /** The URL of an original, for messages. */
  readonly nameOf: (key: string) => string
}

const MAX_REDIRECTS = 5

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

/** RFC 9110 §15.5.9, §15.6; RFC 6585 §4. */
const TRANSIENT: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504])

/** Images are compressed already, and a compressed response has another ETag. */
const HEADERS = { accept: "*/*", "accept-encoding": "identity", "user-agent": "imgtailor" }

/** The target of a redirect within the same origin; undefined for any other response. */
const redirectOf = ({ status, headers: { location } }: Reply, from: URL): URL | undefined => {
  if (!REDIRECTS.has(status) || location === undefined || !URL.canParse(location, from.href)) return undefined
  const target = new URL(location, from.href)
  return target.origin === from.origin ? target : undefined
}

/** A client for one server. */
export const createClient = ({ base, headers, timeouts, retries }: HttpConnection): HttpClient => {
  const nameOf = (key: string): string => urlOf(base, key).href

  const follow = async ({ method, key, maxBytes, ...call }: HttpCall, signal: AbortSignal): Promise<Reply> => {
    const limits = { idleMs: timeouts.idleMs, wholeMs: timeouts.attemptMs, maxBytes, signal }
    const sent = { ...HEADERS, ...headers, ...call.headers }
    let url = urlOf(base, key)
    for (let count = 0; ; count++) {
      const reply = await exchange({ method, url, headers: sent }, limits)
      const target = redirectOf(reply, url)
      if (!target) return reply
      if (count === MAX_REDIRECTS) throw storeUnavailable("http", nameOf(key), `more than ${MAX_REDIRECTS} redirects`)
      url = target
    }
  }

  return {
    nameOf,
    send: (call, options = {}) => {
      const name = nameOf(call.key)
      return boundedCall(
        { store: "http", name, callMs: timeouts.callMs, retries },
        async (signal) => {
          const reply = await follow(call, signal)
          if (TRANSIENT.has(reply.status)) return { transient: storeUnavailable("http", name, reply.status) }
          if (reply.status === 401) throw storeDenied("http", name, "401: set originalsHeaders, such as authorization")
          return { value: reply }
        },
        options,
      )
    },
  }
}

/** A rejection in a few words: its status, and the target of a redirect that is not followed. */
export const describeRefusal = ({ status, headers: { location } }: Reply): string =>
  REDIRECTS.has(status) && location !== undefined ? `${status} to ${location}, which is another origin` : `${status}`

/** True for a response that states that there is no such original. */
export const isAbsent = ({ status }: Reply): boolean => status === 404 || status === 410

/** True for a response with the original, or about it. */
export const isFound = ({ status }: Reply): boolean => isSuccess(status) || status === 304
