/** Responsible for the log of a function: one line of JSON per entry on standard output, where CloudWatch reads it. Fields: log-entry.ts. */
import type { LogLevel, RequestReport } from "../hooks.ts"
import { errorFields, formatJson, type LogEntry, type LogFields, toLogEntry } from "../log-entry.ts"
import { embeddedMetrics } from "./embedded-metrics.ts"

/** Set by Lambda. */
const FUNCTION_NAME = process.env["AWS_LAMBDA_FUNCTION_NAME"] ?? "local"

const write = (entry: LogEntry, metrics: object = {}): void =>
  void process.stdout.write(`${formatJson(entry, metrics)}\n`)

/** Writes an entry. */
export const logLine = (level: LogLevel, msg: string, fields: LogFields = {}): void => write({ level, msg, fields })

/** Writes the entry of a request, with its metrics. */
export const logRequest = (report: RequestReport): void =>
  write(toLogEntry(report), embeddedMetrics(report, FUNCTION_NAME, Date.now()))

/** Writes the entry of an error outside a request. */
export const logError = (error: unknown): void =>
  logLine("error", error instanceof Error ? error.message : String(error), errorFields(error))
