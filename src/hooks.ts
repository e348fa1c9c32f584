/** Responsible for what a tailor reports to the program that runs it: one report per request, and notices for the operator. */
import type { Decision } from "./tailor/decision.ts"

/** One request and its outcome. */
export interface RequestReport extends Decision {
  readonly method: string
  /** Raw path and query, as sent. */
  readonly target: string
  /** HTTP status of the response. */
  readonly status: number
  /** Time from the arrival of the request until the response was ready to send. */
  readonly durationMs: number
  /** Length of the response body in bytes; 0 without a body. */
  readonly byteLength: number
  /** Origin of the page with the image, for a refused request whose browser names it. Path and query are left out. */
  readonly referrer?: string | undefined
}

/** How important a notice or a log line is. */
export type LogLevel = "info" | "warn" | "error"

/** Reports a sentence to the operator. @param level @default "info" */
export type Notify = (text: string, level?: LogLevel) => void

/** An original whose renditions changed: it was replaced or deleted, or its renditions were purged. */
export interface OriginalChange {
  readonly original: string
  /** The tag of all its renditions in `Cache-Tag`, `CDN-Tag` and `Surrogate-Key`, where `cacheTags` is set. */
  readonly cacheTag: string
  /** The URL paths that its renditions can have. */
  readonly urls: readonly string[]
}

/** Callbacks for logging and metrics, and for CDNs. */
export interface TailorHooks {
  /** Called once for every request. */
  readonly onRequest?: (report: RequestReport) => void
  /** Called with a sentence that the operator should read and that no request fails for. */
  readonly onNotice?: (text: string, level: LogLevel) => void
  /**
   * Called with originals whose renditions changed, at most once a second with up to a hundred, so that a CDN can purge them. A change is
   * noticed by a request, by `--watch` and by a purge. Where a URL can mean two originals, both are named.
   */
  readonly onChange?: (changes: readonly OriginalChange[]) => void | Promise<void>
}
