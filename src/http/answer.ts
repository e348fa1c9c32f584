/**
 * Responsible for the plain values between HTTP servers and the request handler. Servers write an `Answer` to their socket directly:
 * building a web `Response` for a hit costs more than the hit.
 */
import type { OnDisconnect } from "../abort.ts"
import type { Decision } from "../tailor/decision.ts"

/** The parts of a request that the handler uses. */
export interface HttpRequest {
  readonly method: string
  /** Raw path and query, as sent: `/a%20b/480h/c.jpg?x=1`. */
  readonly target: string
  /** Returns the value of a header by its lower-case name. */
  readonly header: (name: string) => string | undefined
  /** Calls back when the client disconnects. Called only when a rendition has to be rendered. */
  readonly onDisconnect?: OnDisconnect | undefined
}

/** A response as a plain value. */
export interface Answer {
  readonly status: number
  /** Header values by lower-case name. */
  readonly headers: Readonly<Record<string, string>>
  /** Absent for HEAD, 204 and 304. */
  readonly body?: Uint8Array | AsyncIterable<Uint8Array>
  /** The decision for the request, and its reason. */
  readonly decision: Decision
}
