/**
 * Responsible for the progress of long commands on standard error: a line that is drawn again on a terminal, one line a second elsewhere.
 *
 * Invariants:
 * - Standard output has results only, and `--json` draws nothing.
 * - A command that ends within a second prints no progress where there is no terminal.
 */
import { byteText, durationText, grouped } from "../units.ts"

/** Numbers of a command, in the order in which they are shown. `done` counts towards the total. */
export interface ProgressCounts {
  /** Units of work that are done. */
  readonly done: number
  /** More numbers by name: made, stored, failed. */
  readonly others: Readonly<Record<string, number>>
  /** Bytes that were written or deleted. */
  readonly byteLength?: number
}

/** A progress display. */
export interface Progress {
  /** Sets the number of units in all, once it is known. */
  readonly setTotal: (total: number) => void
  readonly update: (counts: ProgressCounts) => void
  /** Removes the line from a terminal. Must be called. */
  readonly end: () => void
}

/** The part of standard error that is used, so that tests can replace it. */
export interface ProgressStream {
  readonly isTTY?: boolean | undefined
  readonly columns?: number | undefined
  readonly write: (text: string) => unknown
}

/** Options of {@link createProgress}. */
export interface ProgressOptions {
  /** The unit that is counted, in the plural: "originals". */
  readonly noun: string
  /** Draws nothing. @default false */
  readonly isSilent?: boolean
  /** @default process.stderr */
  readonly stream?: ProgressStream
  /** Milliseconds of a clock that is never set back. @default performance.now */
  readonly clock?: () => number
}

const BAR_LENGTH = 20
const TERMINAL_INTERVAL_MS = 100
const LINE_INTERVAL_MS = 1000
/** Part of the rate that is that of the latest second. */
const SMOOTHING = 0.2
const CLEAR_LINE = "\r\x1b[2K"

const barOf = (share: number): string => {
  const filled = Math.round(Math.min(1, share) * BAR_LENGTH)
  return `[${"#".repeat(filled)}${"-".repeat(BAR_LENGTH - filled)}]`
}

/** Units a second, smoothed. */
const createRate = (clock: () => number): ((done: number) => number) => {
  let [lastMs, lastDone, rate] = [clock(), 0, 0]
  const startMs = lastMs
  return (done) => {
    const seconds = (clock() - lastMs) / 1000
    if (seconds >= 1) {
      const latest = (done - lastDone) / seconds
      rate = rate === 0 ? latest : rate * (1 - SMOOTHING) + latest * SMOOTHING
      lastMs = clock()
      lastDone = done
    }
    return rate === 0 ? done / Math.max(0.001, (clock() - startMs) / 1000) : rate
  }
}

/** The line: bar and share where the total is known, rate, remaining time, and the other numbers. */
const lineOf = (
  { done, others, byteLength }: ProgressCounts,
  total: number | undefined,
  rate: number,
  noun: string,
): string => {
  const isKnown = total !== undefined && total > 0
  const share = isKnown ? done / total : 0
  const rest = isKnown && rate > 0 && done < total ? `${durationText(((total - done) / rate) * 1000)} left` : undefined
  return [
    ...(isKnown ? [`${barOf(share)} ${String(Math.floor(100 * Math.min(1, share))).padStart(3)} %`] : []),
    `${grouped(done)}${isKnown ? ` of ${grouped(total)}` : ""} ${noun}`,
    `${rate < 10 ? rate.toFixed(1) : grouped(rate)}/s`,
    ...(rest === undefined ? [] : [rest]),
    ...Object.entries(others).map(([name, count]) => `${grouped(count)} ${name}`),
    ...(byteLength === undefined ? [] : [byteText(byteLength)]),
  ].join("  ")
}

/** Creates a progress display. */
export const createProgress = (options: ProgressOptions): Progress => {
  const { noun, isSilent = false, stream = process.stderr, clock = () => performance.now() } = options
  const isTerminal = stream.isTTY === true
  const rateOf = createRate(clock)
  const intervalMs = isTerminal ? TERMINAL_INTERVAL_MS : LINE_INTERVAL_MS
  let dueMs = clock() + intervalMs
  let total: number | undefined
  let isDrawn = false

  return {
    setTotal: (known) => (total = known),
    update: (counts) => {
      if (isSilent || clock() < dueMs) return
      dueMs = clock() + intervalMs
      const line = lineOf(counts, total, rateOf(counts.done), noun)
      isDrawn = isTerminal
      stream.write(isTerminal ? `${CLEAR_LINE}${line.slice(0, (stream.columns ?? 80) - 1)}` : `${line}\n`)
    },
    end: () => {
      if (isDrawn) stream.write(CLEAR_LINE)
      isDrawn = false
    },
  }
}
