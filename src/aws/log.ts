/** The log of a function: one line of JSON an entry on standard output, which is what CloudWatch reads. */
import type { RequestReport } from "../create-tailor.ts"

const shown = (cause: unknown): unknown => (cause instanceof Error ? (cause.stack ?? cause.message) : cause)

/** Writes an entry. */
export const logLine = (level: "info" | "warn" | "error", msg: string, more: object = {}): void =>
  void process.stdout.write(`${JSON.stringify({ level, msg, ...more })}\n`)

/** Writes what happened to a request. */
export const logRequest = ({ cause, ...report }: RequestReport): void => {
  const { status, code, storeFailure } = report
  const level = status >= 500 && code !== "busy" ? "error" : storeFailure === undefined ? "info" : "warn"
  logLine(level, "request", { ...report, ...(cause !== undefined && { err: shown(cause) }) })
}

/** Writes what went wrong outside a request. */
export const logError = (error: unknown): void =>
  logLine("error", error instanceof Error ? error.message : String(error), { err: shown(error) })
