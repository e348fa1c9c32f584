/**
 * Responsible for the log of a server on standard error: readable lines on a terminal, JSON everywhere else.
 *
 * Invariants:
 * - Logging never delays or fails a request. See line-writer.ts.
 */
import type { LogFormat } from "../config/options.ts"
import { describeError } from "../errors.ts"
import type { LogLevel, RequestReport } from "../hooks.ts"
import {
  errorFields,
  fieldsOfHit,
  formatJson,
  isSilent,
  levelOfRequest,
  LEVELS,
  type LogEntry,
  loggedTarget,
  type LogPrivacy,
  toLogEntry,
} from "../log-entry.ts"
import { createLineWriter, type LogStream } from "./line-writer.ts"
import { createCrowdMemory, createHitMemory, createQuickFormat, isPlain } from "./quick-lines.ts"

/** The log of a server. */
export interface Log {
  /** Logs a request. Successful health checks are left out. */
  readonly request: (report: RequestReport) => void
  /** Logs a sentence. @param level @default "info" */
  readonly note: (text: string, level?: LogLevel) => void
  /** Logs an error. @param text the failed action */
  readonly error: (error: unknown, text: string) => void
  /** Writes the lines that are still in memory, for at most one second. */
  readonly flush: () => Promise<void>
  /** Number of lines that were dropped because they could not be written. */
  readonly dropped: () => number
}

const FLUSH_MS = 1000
/** A write for every line would cost more than a hit. */
const JSON_DELAY_MS = 200

const RED = 31
const YELLOW = 33
const GREY = 90
const COLOURS: Readonly<Record<RequestReport["outcome"], number>> = {
  hit: 32,
  miss: 36,
  coalesced: 36,
  refused: YELLOW,
  other: GREY,
}

const detailsOf = ({ outcome, code, reason, output }: RequestReport): string => {
  if (outcome === "refused") return `${code ?? ""} ${reason}`
  return output ? `${output.contentType} ${output.byteLength} bytes` : ""
}

/** A request in one line of text, without colours. */
export const describeRequest = (report: RequestReport, privacy: LogPrivacy = {}): string => {
  const { method, target, status, durationMs, outcome, storeFailure, cause } = report
  const parts = [
    `${status} ${outcome.padEnd(9)} ${durationMs.toFixed(1).padStart(7)} ms  ${method} ${loggedTarget(target, privacy)}  ${detailsOf(report)}`.trimEnd(),
    storeFailure === undefined ? "" : `not stored: ${storeFailure}`,
    cause === undefined ? "" : describeError(cause),
  ]
  return parts
    .filter((part) => part !== "")
    .join(" — ")
    .replace(/\s*\n\s*/g, " ")
}

type Write = (line: string) => void
/** Formats the three kinds of log lines. */
type Format = Pick<Log, "request" | "note" | "error">

const createPrettyFormat = (write: Write, privacy: LogPrivacy): Format => {
  const line = (text: string, colour: number): void =>
    write(`\x1b[${colour}m${new Date().toTimeString().slice(0, 8)} ${text}\x1b[0m\n`)
  const levels: Readonly<Record<LogLevel, number>> = { info: GREY, warn: YELLOW, error: RED }
  return {
    request: (report) => {
      const level = levelOfRequest(report)
      line(describeRequest(report, privacy), level === "info" ? COLOURS[report.outcome] : levels[level])
    },
    note: (text, level = "info") => line(text, levels[level]),
    error: (error, text) => line(`${text}: ${describeError(error)}`, RED),
  }
}

const createJsonFormat = (write: Write, privacy: LogPrivacy): Format => {
  const formatHit = createQuickFormat(createHitMemory(), (report) => fieldsOfHit(report, privacy))
  const formatJoined = createQuickFormat(createCrowdMemory(), (report) => toLogEntry(report, privacy).fields)
  const line = (entry: LogEntry): void => write(`${formatJson(entry)}\n`)
  return {
    request: (report) => {
      if (report.outcome === "hit" && report.output === undefined && isPlain(report)) write(formatHit(report))
      else if (report.outcome === "coalesced" && isPlain(report)) write(formatJoined(report))
      else line(toLogEntry(report, privacy))
    },
    note: (text, level = "info") => line({ level, msg: text, fields: {} }),
    error: (error, text) => line({ level: "error", msg: text, fields: errorFields(error) }),
  }
}

/** Notices and lines about requests below a level are left out. */
const withLevel = (format: Format, minimum: LogLevel): Format => {
  const isLogged = (level: LogLevel): boolean => LEVELS[level] >= LEVELS[minimum]
  return {
    ...format,
    request: (report) => {
      if (isLogged(levelOfRequest(report))) format.request(report)
    },
    note: (text, level = "info") => {
      if (isLogged(level)) format.note(text, level)
    },
  }
}

/** Only a share of the hits is passed on, evenly spread. */
const withShareOfHits = (request: Log["request"], share: number): Log["request"] => {
  let due = 0
  return (report) => {
    if (report.outcome === "hit") {
      due += share
      if (due < 1) return
      due -= 1
    }
    request(report)
  }
}

/** Options of {@link createLog}. */
export interface LogOptions {
  /** Lines below this level are left out. @default "info" */
  readonly level?: LogLevel
  /** @default "pretty" on a terminal, else "json" */
  readonly format?: LogFormat | undefined
  /** Share of hits that are logged, 0 to 1. @default 1 */
  readonly hits?: number
  /** Log query strings. @default false */
  readonly queries?: boolean
}

/**
 * Opens the log of a server.
 * @param stream standard error, or another stream with a file descriptor
 */
export const createLog = (stream: LogStream, options: LogOptions = {}): Log => {
  const { level = "info", format = stream.isTTY ? "pretty" : "json", hits = 1, queries } = options
  const createFormat = format === "pretty" ? createPrettyFormat : createJsonFormat
  const formatDropped = (count: number): string => {
    let text = ""
    createFormat((line) => (text = line), {}).note(
      `${count} log lines were dropped: the log could not be written`,
      "warn",
    )
    return text
  }
  const writer = createLineWriter(stream, { delayMs: format === "pretty" ? 0 : JSON_DELAY_MS, formatDropped })
  const lines = createFormat(writer.write, { queries })
  const { request, note, error } = level === "info" ? lines : withLevel(lines, level)
  const sampled = hits < 1 ? withShareOfHits(request, hits) : request
  return {
    request: (report) => {
      if (!isSilent(report)) sampled(report)
    },
    note,
    error,
    flush: () => writer.flush(FLUSH_MS),
    dropped: writer.dropped,
  }
}
