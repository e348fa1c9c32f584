/** An answer as a plain value. Servers write it to their socket as it is: building a web `Response` for a hit costs more than the hit. */
import type { Decision } from "../tailor/decision.ts"

/** A request as far as it matters here. */
export interface HttpRequest {
  readonly method: string
  /** Raw path and query, as they were sent: `/a%20b/480h/c.jpg?x=1`. */
  readonly target: string
  /** The value of a header by its lower-case name. */
  readonly header: (name: string) => string | undefined
  /** Aborts when the client has left. Asked for only when something has to be made. */
  readonly signal?: (() => AbortSignal) | undefined
}

/** What is sent back. */
export interface Answer {
  readonly status: number
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  /** Absent for HEAD, 204 and 304. */
  readonly body?: Uint8Array | AsyncIterable<Uint8Array>
  readonly decision: Decision
}
