/**
 * Responsible for the log schema of the server and of the cloud functions: flat entries, one JSON object a line.
 *
 * Invariants:
 * - An entry has no IP address of a client, and no query string unless that is switched on.
 * - An entry has no nested objects (but for `_aws`, which CloudWatch's metrics need), durations have at most one decimal, and the cause of an error is there once.
 */
import { describeError, TailorError } from "./errors.ts"
import type { LogLevel, RequestReport } from "./hooks.ts"

/** Numbers of the levels, as pino and bunyan use them. */
export const LEVELS: Readonly<Record<LogLevel, number>> = { info: 30, warn: 40, error: 50 }

/** Fields of a log line. Undefined ones are left out. */
export type LogFields = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>

/** A log line before it is written. */
export interface LogEntry {
  readonly level: LogLevel
  /** A sentence or phrase that is the same for every occurrence. */
  readonly msg: string
  readonly fields: LogFields
}

/** Which parts of requests the log contains. */
export interface LogPrivacy {
  /** Query strings are logged: they can contain personal data of a page that was built carelessly. @default false */
  readonly queries?: boolean | undefined
}

/** Longest URL path and query in the log, in characters. */
const MAX_TARGET_LENGTH = 2048

const shortened = (target: string): string =>
  target.length > MAX_TARGET_LENGTH ? `${target.slice(0, MAX_TARGET_LENGTH)}…` : target

/** The target of a request as the log shows it. */
export const loggedTarget = (target: string, { queries }: LogPrivacy): string => {
  const query = target.indexOf("?")
  return shortened(queries || query < 0 ? target : target.slice(0, query))
}

/** A duration with at most one decimal. */
export const roundMs = (ms: number): number => Math.round(ms * 10) / 10

/** As {@link roundMs}, for a duration that may be absent. */
export const optionalMs = (ms: number | undefined): number | undefined => (ms === undefined ? undefined : roundMs(ms))

/** The frames of a stack, without the message on its first lines. */
const framesOf = (error: Error): string | undefined => /^\s+at .*$/ms.exec(error.stack ?? "")?.[0]

/** Errors that an operator understands by their message: a stack would only hide it. */
const isExpected = (error: unknown): boolean =>
  error instanceof TailorError && error.code !== "internal" && error.code !== "render-failed"

/** The deepest error of a chain of causes has the stack that matters. */
const originOf = (error: unknown): unknown =>
  error instanceof Error && error.cause instanceof Error ? originOf(error.cause) : error

/** `err` with all messages of an error and its causes, and `stack` where the error is unexpected. */
export const errorFields = (error: unknown): LogFields => {
  if (error === undefined) return {}
  const origin = originOf(error)
  return {
    err: describeError(error),
    stack: isExpected(error) || !(origin instanceof Error) ? undefined : framesOf(origin),
  }
}

/** The level of the entry of a request. */
export const levelOfRequest = ({ status, outcome, code, cause, storeFailure }: RequestReport): LogLevel => {
  // The cause of a failed health check is logged where it happens.
  if (status >= 500 && code !== "busy") return outcome === "other" ? "warn" : "error"
  return cause === undefined && storeFailure === undefined ? "info" : "warn"
}

/** True for a request that is not logged: a health check that succeeded. */
export const isSilent = ({ outcome, reason, status }: RequestReport): boolean =>
  outcome === "other" && reason === "health check" && status < 400

/** The fields of a request that are the same for every hit of one URL. */
export const fieldsOfHit = (
  { method, target, outcome, reason, original, size, format }: RequestReport,
  privacy: LogPrivacy = {},
): LogFields => ({
  method,
  target: loggedTarget(target, privacy),
  outcome,
  reason,
  original,
  size,
  format,
})

/** The expected memory of a render, its cap, and the decision of the render pool. */
const limitFields = ({ output, verdict }: RequestReport): LogFields => ({
  estimateBytes: output?.estimateBytes,
  capBytes: output?.capBytes,
  verdict,
})

/** The log entry of a request. */
export const toLogEntry = (report: RequestReport, privacy: LogPrivacy = {}): LogEntry => {
  const { status, durationMs, code, isStale, isUnverified, originalInfo, output, timings } = report
  return {
    level: levelOfRequest(report),
    msg: "request",
    fields: {
      status,
      durationMs: roundMs(durationMs),
      ...fieldsOfHit(report, privacy),
      code,
      isStale,
      isUnverified,
      originalWidth: originalInfo?.width,
      originalHeight: originalInfo?.height,
      originalByteLength: originalInfo?.byteLength,
      originalFormat: originalInfo?.format,
      originalVersion: originalInfo?.version,
      outputWidth: output?.width,
      outputHeight: output?.height,
      outputByteLength: output?.byteLength,
      contentType: output?.contentType,
      ...limitFields(report),
      waitMs: optionalMs(timings.wait),
      fetchMs: optionalMs(timings.fetch),
      renderMs: optionalMs(timings.render),
      storeMs: optionalMs(timings.store),
      storeFailure: report.storeFailure,
      traceparent: report.traceparent,
      ...errorFields(report.cause),
    },
  }
}

/** A log line in JSON, without a newline. @param more fields for the reader of the log, nested ones too */
export const formatJson = ({ level, msg, fields }: LogEntry, more: object = {}): string =>
  JSON.stringify({ level: LEVELS[level], time: Date.now(), ...fields, ...more, msg })
