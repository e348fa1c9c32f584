/**
 * A part of `npm run stress`: one way of trying to break what must always hold. It knows neither its time nor its place: the command
 * gives it minutes or an hour, its test a few seconds.
 */
import { seeded } from "../image/support.ts"

/** What bounds a run. A part ends when either is reached. */
export interface Bounds {
  /** Trials at most. */
  readonly count: number
  readonly seconds: number
}

/** What a part is given. */
export interface Run {
  /** Trials at most. */
  readonly count: number
  /** The same seed makes the same trials, as far as chance is ours. */
  readonly seed: number
  /** Numbers from 0 to below 1, by the seed. */
  readonly random: () => number
  /** True when the time is over or somebody interrupts: asked before each trial. */
  readonly isOver: () => boolean
  /** A line for whoever watches. */
  readonly say: (text: string) => void
}

/** What came of a run. */
export interface Outcome {
  readonly trials: number
  /** Each rule that was broken, in words, with what it takes to see it again. */
  readonly broken: readonly string[]
  /** Why nothing, or only some of it, was tried here. */
  readonly skipped?: string
  /** What else is worth knowing: counts by kind, times, memory. */
  readonly facts?: Readonly<Record<string, number>>
}

export interface Part {
  readonly name: string
  readonly full: Bounds
  /** Of `--short`, which tries all parts within two minutes. */
  readonly short: Bounds
  /** Whatever it starts ends with `onTestFinished`, which both the command and vitest know. */
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
