/** One line a request, made from its report: a sentence on a terminal, JSON anywhere else. */
import type { RequestReport } from "../create-tailor.ts"
import { createMemory } from "../lru.ts"

/** Where lines go. */
export interface Log {
  readonly request: (report: RequestReport) => void
  readonly note: (text: string) => void
  readonly error: (error: unknown, text: string) => void
  /** Writes out what is still held. */
  readonly flush: () => void | Promise<void>
}

const COLOURS: Readonly<Record<RequestReport["outcome"], number>> = { hit: 32, miss: 36, coalesced: 36, refused: 33 }

/** A request in a line of text, without colours. */
export const describeRequest = ({
  method,
  target,
  status,
  durationMs,
  outcome,
  code,
  reason,
  output,
  storeFailure,
  cause,
}: RequestReport): string => {
  const what =
    outcome === "refused"
      ? `${code ?? ""} ${code ? reason : ""}`
      : output
        ? `${output.contentType} ${output.byteLength} bytes`
        : ""
  const failure = storeFailure === undefined ? "" : ` — not stored: ${storeFailure}`
  const behind = cause instanceof Error ? ` — ${cause.message}` : ""
  return `${status} ${outcome.padEnd(9)} ${durationMs.toFixed(1).padStart(7)} ms  ${method} ${target}  ${what}${failure}${behind}`.trimEnd()
}

const terminalLog = (stream: NodeJS.WriteStream): Log => {
  const line = (text: string, colour: number): void =>
    void stream.write(`\x1b[${colour}m${new Date().toTimeString().slice(0, 8)} ${text}\x1b[0m\n`)
  return {
    request: (report) =>
      line(describeRequest(report), report.status >= 500 || report.storeFailure ? 31 : COLOURS[report.outcome]),
    note: (text) => line(text, 90),
    error: (error, text) => line(`${text}: ${error instanceof Error ? error.message : String(error)}`, 31),
    flush: () => {},
  }
}

/**
 * The line of a hit, as pino would write it, but for what is the same in all lines of one address: hits are many, and making all of it
 * anew costs more than finding the picture.
 */
const createHitLine = (): ((report: RequestReport) => string) => {
  const kept = createMemory<string>()
  return (report) => {
    const rest = kept(`${report.method} ${report.target} ${report.format ?? ""}`, () => {
      const { durationMs: _, status: __, ...same } = report
      return JSON.stringify({ ...same, msg: "request" }).slice(1)
    })
    const ms = Math.round(report.durationMs * 1000) / 1000
    return `{"level":30,"time":${Date.now()},"status":${report.status},"durationMs":${ms},${rest}\n`
  }
}

const openJsonLog = async (fd: number): Promise<Log> => {
  const { pino } = await import("pino")
  // A write for every line would cost more than a hit; a line is held for a second at most.
  const destination = pino.destination({ dest: fd, sync: false, minLength: 15_000, periodicFlush: 1000 })
  const logger = pino({ base: null }, destination)
  const hitLine = createHitLine()
  // Handed over once a turn of the event loop: to count the length of a line that was put together costs more than to make it.
  let hits = ""
  const writeHits = (): void => {
    if (hits !== "") destination.write(hits)
    hits = ""
  }
  const tellOther = ({ cause, ...report }: RequestReport): void => {
    if (report.status >= 500 && report.code !== "busy") logger.error({ ...report, err: cause }, "request")
    else if (report.storeFailure === undefined) logger.info(report, "request")
    else logger.warn(report, "request")
  }
  return {
    request: (report) => {
      // What had to be read to prove it a hit was timed, and is told.
      if (report.outcome === "hit" && report.output === undefined && report.status < 400) {
        if (hits === "") setImmediate(writeHits)
        hits += hitLine(report)
        return
      }
      writeHits()
      tellOther(report)
    },
    note: (text) => {
      writeHits()
      logger.info(text)
    },
    error: (error, text) => {
      writeHits()
      logger.error({ err: error }, text)
    },
    flush: () => {
      writeHits()
      destination.flushSync()
    },
  }
}

/** Loads what writes the lines with the first of them, so that no answer waits for it; lines until then are held, in order. */
const jsonLog = (fd: number): Log => {
  type Line = (log: Log) => void
  const held: Line[] = []
  let log: Log | undefined
  let opening: Promise<void> | undefined
  const open = async (): Promise<void> => {
    const opened = await openJsonLog(fd)
    for (const line of held) line(opened)
    log = opened
  }
  const tell = (line: Line): void => {
    if (log) return line(log)
    held.push(line)
    opening ??= open()
  }
  return {
    request: (report) => tell((opened) => opened.request(report)),
    note: (text) => tell((opened) => opened.note(text)),
    error: (error, text) => tell((opened) => opened.error(error, text)),
    flush: async () => {
      await opening
      await log?.flush()
    },
  }
}

/** A log on standard error. */
export const createLog = (stream: NodeJS.WriteStream): Log => (stream.isTTY ? terminalLog(stream) : jsonLog(2))
