/** Responsible for the totals of `imgtailor warm`: counts, and the failures to report at the end. */
import type { TailorError } from "../errors.ts"

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

const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`

/** An empty summary. */
export const createSummary = (): Summary => {
  const failures: string[] = []
  let failed = 0
  let originals = 0
  let made = 0
  let stored = 0
  let storeFailuresInARow = 0

  const fail = (message: string): void => {
    failed += 1
    if (failures.length < MAX_MESSAGES) failures.push(message)
  }
  const isStopped = (): boolean => storeFailuresInARow >= MAX_STORE_FAILURES_IN_A_ROW

  return {
    add: (row) => {
      originals += 1
      made += row.made
      stored += row.stored
      const [first] = row.failures
      if (first) fail(`${row.original}: ${first.message}`)
      storeFailuresInARow = first?.code.startsWith("store-") ? storeFailuresInARow + 1 : 0
    },
    skip: fail,
    isStopped,
    hasFailures: () => failed > 0,
    text: () => `${plural(originals, "original")}: ${plural(made, "rendition")} rendered, ${stored} already stored`,
    messages: (wasInterrupted) => [
      ...failures,
      ...(failed > failures.length ? [`${plural(failed - failures.length, "more failure")} not listed.`] : []),
      ...(isStopped() ? [`Stopped after ${storeFailuresInARow} failures of a store in a row.`] : []),
      ...(wasInterrupted ? ["Interrupted. Run the same command again to continue."] : []),
    ],
  }
}
