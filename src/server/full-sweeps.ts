/** Responsible for sweeping everything: at the start, from time to time, and where changes may have been missed. */
import { readdir } from "node:fs/promises"

import type { Core } from "../tailor/tailor.ts"

export interface FullSweepsOptions {
  readonly core: Pick<Core, "sweep">
  /** Folder of the originals. */
  readonly originals: string
  /** Precedes the keys of these originals. */
  readonly prefix: string
  /** Time between two sweeps where every folder is watched, in milliseconds. */
  readonly sweepMs: number
  /** The same where some folders are not. */
  readonly incompleteSweepMs: number
  readonly onError: (error: unknown) => void
  readonly signal: AbortSignal
}

/** Sweeps everything, once at a time. */
export interface FullSweeps {
  /** Starts a sweep, after the one that is running. Resolves when it has ended. */
  readonly run: () => Promise<void>
  /** Starts a sweep where it is time for one. */
  readonly runIfDue: (isComplete: boolean) => void
  /** End of the latest complete sweep, in milliseconds since 1970. */
  readonly lastMs: () => number | undefined
  /** Resolves when no sweep is running or waiting. */
  readonly settled: () => Promise<void>
}

export const createFullSweeps = (options: FullSweepsOptions): FullSweeps => {
  const { core, originals, prefix, sweepMs, incompleteSweepMs, onError, signal } = options
  let running: Promise<void> = Promise.resolve()
  let isWaiting = false
  let lastStart = performance.now()
  let lastMs: number | undefined

  const sweep = async (): Promise<void> => {
    isWaiting = false
    lastStart = performance.now()
    if (signal.aborted) return
    try {
      // An empty folder is rather one that is not mounted than one whose originals were all deleted.
      if ((await readdir(originals)).length === 0) return
      await core.sweep(prefix, { signal })
      if (!signal.aborted) lastMs = Date.now()
    } catch (error) {
      if (!signal.aborted) onError(error)
    }
  }

  const run = (): Promise<void> => {
    if (!isWaiting) running = running.then(sweep)
    isWaiting = true
    return running
  }

  return {
    run,
    runIfDue: (isComplete) => {
      if (performance.now() >= lastStart + (isComplete ? sweepMs : incompleteSweepMs)) void run()
    },
    lastMs: () => lastMs,
    settled: () => running,
  }
}
