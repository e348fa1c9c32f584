/**
 * Responsible for writing log lines without ever waiting for their destination.
 *
 * Invariants:
 * - `write` returns at once, also with a stopped reader, a full disk or a closed pipe.
 * - Memory is bounded: lines that do not fit are dropped and counted, and the count is written once lines can be written again.
 * - The writer keeps no process alive and installs no exit hooks. `flush` ends after its time at the latest, and on any error.
 *
 * Own code, since the usual library retries a closed pipe for ever, pauses 100 ms whenever a pipe is full, and flushes synchronously
 * when the process ends.
 */
import { fstatSync, write } from "node:fs"

export interface LineWriterOptions {
  /** Lines in memory, in characters. @default 1000000 */
  readonly maxLength?: number
  /** How long a line may wait for others, so that several are written together. @default 0 */
  readonly delayMs?: number
  /** The line that reports dropped lines, with its newline. */
  readonly formatDropped: (count: number) => string
}

/** Writes lines to a stream. */
export interface LineWriter {
  /** Adds a line, with its newline. */
  readonly write: (line: string) => void
  /** Resolves when all lines have been written or dropped, or after a time. */
  readonly flush: (timeoutMs: number) => Promise<void>
  /** Number of lines dropped so far. */
  readonly dropped: () => number
}

/** A writable stream with its file descriptor, like `process.stderr`. */
export type LogStream = NodeJS.WriteStream & { readonly fd: number }

/** Writes a text, then calls back with the error, if any, and whether it wrote part of the text before. */
type Send = (text: string, done: (error: Error | undefined, isPartial: boolean) => void) => void

/** How long to wait where the destination takes no more at the moment, or failed. */
const RETRY_MS = 100
/** Lines that wait are written together once they have this length. */
const BATCH_LENGTH = 16_000

const isPipe = (fd: number): boolean => {
  try {
    const stats = fstatSync(fd)
    return stats.isFIFO() || stats.isSocket()
  } catch {
    return false
  }
}

/** Pipes and sockets: written by the event loop as their reader reads. */
const sendToStream =
  (stream: LogStream): Send =>
  (text, done) =>
    void stream.write(text, (error) => done(error ?? undefined, false))

/** Files and terminals: written by the thread pool, since a stream would write to them synchronously. */
const sendToFile =
  (fd: number): Send =>
  (text, done) => {
    const bytes = Buffer.from(text)
    const from = (start: number): void =>
      write(fd, bytes, start, bytes.length - start, null, (error, written) => {
        if (error?.code === "EAGAIN") setTimeout(() => from(start), RETRY_MS).unref()
        else if (error) done(error, start > 0)
        else if (start + written < bytes.length) from(start + written)
        else done(undefined, false)
      })
    from(0)
  }

/** Lines that wait to be written. */
const createBuffer = (): {
  readonly add: (line: string) => void
  readonly take: () => { readonly text: string; readonly count: number }
  readonly length: () => number
} => {
  let text = ""
  let count = 0
  return {
    add: (line) => {
      text += line
      count += 1
    },
    take: () => {
      const taken = { text, count }
      text = ""
      count = 0
      return taken
    },
    length: () => text.length,
  }
}

const waitAtMost = async (ms: number, start: (resolve: () => void) => void): Promise<void> => {
  let limit: NodeJS.Timeout | undefined
  await new Promise<void>((resolve) => {
    start(resolve)
    limit = setTimeout(resolve, ms)
  })
  clearTimeout(limit)
}

export const createLineWriter = (stream: LogStream, options: LineWriterOptions): LineWriter => {
  const { maxLength = 1_000_000, delayMs = 0, formatDropped } = options
  const send = isPipe(stream.fd) ? sendToStream(stream) : sendToFile(stream.fd)
  const buffer = createBuffer()
  /** Length of the text that is being written, 0 for none. */
  let sendingLength = 0
  let dropped = 0
  let reportedDropped = 0
  let isTorn = false
  let timer: NodeJS.Timeout | undefined
  const waiting = new Set<() => void>()

  const schedule = (ms: number): void => {
    timer ??= setTimeout(sendBuffer, ms).unref()
  }

  const finish = (error: Error | undefined): void => {
    sendingLength = 0
    if (error || buffer.length() === 0) {
      for (const resolve of waiting) resolve()
      waiting.clear()
    }
    if (waiting.size > 0) sendBuffer()
    else if (buffer.length() > 0) schedule(error ? RETRY_MS : delayMs)
  }

  const sendBuffer = (): void => {
    clearTimeout(timer)
    timer = undefined
    if (sendingLength > 0 || buffer.length() === 0) return
    const lines = buffer.take()
    const missing = dropped - reportedDropped
    const text = (isTorn ? "\n" : "") + lines.text + (missing > 0 ? formatDropped(missing) : "")
    sendingLength = text.length
    send(text, (error, isPartial) => {
      if (error) dropped += lines.count
      else reportedDropped += missing
      isTorn = error !== undefined && (isTorn || isPartial)
      finish(error)
    })
  }

  // The callback of each write has its error. Without a listener it would end the process.
  stream.on("error", () => {})
  return {
    write: (line) => {
      if (buffer.length() + sendingLength + line.length > maxLength) {
        dropped += 1
        return
      }
      buffer.add(line)
      if (delayMs === 0 || buffer.length() > BATCH_LENGTH) sendBuffer()
      else schedule(delayMs)
    },
    flush: async (timeoutMs) => {
      sendBuffer()
      if (sendingLength > 0) await waitAtMost(timeoutMs, (resolve) => waiting.add(resolve))
    },
    dropped: () => dropped,
  }
}
