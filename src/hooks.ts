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
}

/** How important a notice or a log line is. */
export type LogLevel = "info" | "warn" | "error"

/** Reports a sentence to the operator. @param level @default "info" */
export type Notify = (text: string, level?: LogLevel) => void

/** Callbacks for logging and metrics. */
export interface TailorHooks {
  /** Called once for every request. */
  readonly onRequest?: (report: RequestReport) => void
  /** Called with a sentence that the operator should read and that no request fails for. */
  readonly onNotice?: (text: string, level: LogLevel) => void
}
