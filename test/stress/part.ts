/**
 * Responsible for the type of a part of `npm run stress`: one way of trying to break the invariants. The command runs a part for minutes or
 * an hour, its test for some seconds.
 */
import { seeded } from "../image/support.ts"

/** Limits of a run. A part ends when either is reached. */
export interface Bounds {
  /** Maximum number of trials. */
  readonly count: number
  readonly seconds: number
}

/** Parameters of a run. */
export interface Run {
  /** Maximum number of trials. */
  readonly count: number
  /** The same seed leads to the same trials, except for timing. */
  readonly seed: number
  /** Random numbers from 0 to below 1, from the seed. */
  readonly random: () => number
  /** True when the time is over or the run is interrupted. To be checked before each trial. */
  readonly isOver: () => boolean
  /** Prints a line of progress. */
  readonly say: (text: string) => void
}

/** Result of a run. */
export interface Outcome {
  readonly trials: number
  /** Each violation as text, with the parameters to reproduce it. */
  readonly broken: readonly string[]
  /** Why the part, or some of it, could not be tried here. */
  readonly skipped?: string
  /** Further results: counts by kind, times, memory. */
  readonly facts?: Readonly<Record<string, number>>
}

export interface Part {
  readonly name: string
  readonly full: Bounds
  /** Limits with `--short`, which tries all parts within two minutes. */
  readonly short: Bounds
  /** Registers its clean-up with `onTestFinished`, which the command provides like vitest. */
  readonly run: (run: Run) => Promise<Outcome>
}

export interface TryOptions extends Bounds {
  readonly seed: number
  readonly interrupted?: AbortSignal
  readonly say?: (text: string) => void
}

/** Runs a part within bounds. */
export const tryPart = (
  { run }: Part,
  { count, seconds, seed, interrupted, say = () => {} }: TryOptions,
): Promise<Outcome> => {
  const end = performance.now() + seconds * 1000
  const isOver = (): boolean => performance.now() >= end || interrupted?.aborted === true
  return run({ count, seed, random: seeded(seed), isOver, say })
}
