/** Responsible for the totals of `imgtailor warm`: counts, and the failures to report at the end. */
import type { TailorError } from "../errors.ts"
import { byteText, counted, grouped } from "../units.ts"
import { resumeCommand } from "./interruption.ts"
import type { ProgressCounts } from "./progress.ts"

/** The result for one original. */
export interface Row {
  readonly original: string
  /** Renditions that were rendered. */
  readonly made: number
  /** Renditions that were stored already. */
  readonly stored: number
  readonly failures: readonly TailorError[]
}

/** Collects the results of a run. */
export interface Summary {
  /** Receives an original that is started, in the order of their keys. */
  readonly begin: (original: string) => void
  /** Receives the length of a rendition that was rendered. */
  readonly addBytes: (byteLength: number) => void
  /** Numbers for the progress. */
  readonly counts: () => ProgressCounts
  readonly add: (row: Row) => void
  /** Receives a sentence about a file or folder that was skipped. */
  readonly skip: (message: string) => void
  /** True after so many failures of a store in a row that the others would fail, too. */
  readonly isStopped: () => boolean
  readonly hasFailures: () => boolean
  /** The totals in one line. */
  readonly text: () => string
  /** Sentences about everything that failed. */
  readonly messages: (wasInterrupted: boolean) => readonly string[]
}

/** More failures are only counted. */
const MAX_MESSAGES = 100
const MAX_STORE_FAILURES_IN_A_ROW = 20

/** Fresh renditions cost one lookup, so that a run from the beginning resumes as well. */
const interruptedAfter = (finished: string | undefined): string =>
  finished === undefined
    ? "Interrupted. Run the same command again to continue."
    : `Interrupted after ${finished}. To continue: ${resumeCommand(finished)}`

/** Options of {@link createSummary}. */
export interface SummaryOptions {
  /** Originals come in the order of their keys, so that a run can continue after one. @default true */
  readonly isOrdered?: boolean
}

/** An empty summary. */
export const createSummary = ({ isOrdered = true }: SummaryOptions = {}): Summary => {
  const failures: string[] = []
  let failed = 0
  let originals = 0
  let made = 0
  let stored = 0
  let storeFailuresInARow = 0
  let byteLength = 0
  /** Originals that are not finished, in the order in which they were started. */
  const unfinished = new Set<string>()
  /** The latest original before which all are finished. */
  let finished: string | undefined
  let latest: string | undefined

  const fail = (message: string): void => {
    failed += 1
    if (failures.length < MAX_MESSAGES) failures.push(message)
  }
  const isStopped = (): boolean => storeFailuresInARow >= MAX_STORE_FAILURES_IN_A_ROW

  return {
    begin: (original) => {
      if (unfinished.size === 0) finished = latest ?? finished
      unfinished.add(original)
    },
    addBytes: (count) => void (byteLength += count),
    counts: () => ({ done: originals, others: { rendered: made, stored, ...(failed > 0 && { failed }) }, byteLength }),
    add: (row) => {
      originals += 1
      const [oldest] = unfinished
      unfinished.delete(row.original)
      if (oldest === row.original) finished = row.original
      latest = row.original
      made += row.made
      stored += row.stored
      const [first] = row.failures
      if (first) fail(`${row.original}: ${first.message}`)
      storeFailuresInARow = first?.code.startsWith("store-") ? storeFailuresInARow + 1 : 0
    },
    skip: fail,
    isStopped,
    hasFailures: () => failed > 0,
    text: () =>
      [
        `${counted(originals, "original")}: ${counted(made, "rendition")} rendered, ${grouped(stored)} already stored`,
        ...(failed > 0 ? [`${grouped(failed)} failed`] : []),
        ...(byteLength > 0 ? [byteText(byteLength)] : []),
      ].join(", "),
    messages: (wasInterrupted) => [
      ...failures,
      ...(failed > failures.length ? [`${counted(failed - failures.length, "more failure")} not listed.`] : []),
      ...(isStopped() ? [`Stopped after ${storeFailuresInARow} failures of a store in a row.`] : []),
      ...(wasInterrupted ? [interruptedAfter(isOrdered ? finished : undefined)] : []),
    ],
  }
}
