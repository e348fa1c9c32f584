/**
 * Responsible for how processes end, and for the verdict on a job whose process ended.
 *
 * Invariants:
 * - Only limits that the original alone exceeds are reported as its fault.
 * - A process that dies is replaced once, and one that was ended for the memory of all is tried again once.
 */
import { busy, originalTooCostly, renderFailed } from "../../errors.ts"
import { REMEMBER_TIME_LIMIT_MS } from "./limits.ts"

/** Why a process ended. */
export type Ending =
  /** It exceeded its own memory cap. */
  | { readonly reason: "memory"; readonly usedBytes: number; readonly capBytes: number; readonly estimateBytes: number }
  /** All processes together exceeded the memory. */
  | { readonly reason: "sum"; readonly usedBytes: number; readonly estimateBytes: number }
  | { readonly reason: "cpu"; readonly limitMs: number }
  | { readonly reason: "wallClock"; readonly limitMs: number }
  /** It is slow, and as many slow jobs run as may. */
  | { readonly reason: "slow" }
  /** It is not needed any more. */
  | { readonly reason: "surplus" }
  | { readonly reason: "shutdown" }
  /** It died. */
  | { readonly reason: "died"; readonly detail: string }

const megabytes = (byteLength: number): string => `${Math.round(byteLength / 1e6)} MB`
const seconds = (ms: number): string => `${Math.round(ms / 1000)} s`

/** For the log. */
const describe = (ending: Ending): Error => {
  if (ending.reason === "memory" || ending.reason === "sum") {
    const { usedBytes, estimateBytes } = ending
    return new Error(`${ending.reason}: used ${megabytes(usedBytes)}, estimated ${megabytes(estimateBytes)}`)
  }
  return new Error(ending.reason === "died" ? ending.detail : ending.reason)
}

/** @param times how often processes of this original ended for this reason @returns undefined if the job is tried again */
export const verdictOn = (ending: Ending, times: number): Error | undefined => {
  const cause = describe(ending)
  switch (ending.reason) {
    case "memory":
      return originalTooCostly(`${megabytes(ending.capBytes)} of memory`, cause)
    case "cpu":
      return originalTooCostly(`${seconds(ending.limitMs)} of CPU`, cause, REMEMBER_TIME_LIMIT_MS)
    case "wallClock":
      return busy("time", cause)
    case "shutdown":
    case "surplus":
      return busy("shutdown", cause)
    case "sum":
      return times > 1 ? busy("memory", cause) : undefined
    case "died":
      return times > 1 ? renderFailed(cause) : undefined
    case "slow":
      return undefined
  }
}

/** Counts how processes ended, each once, though all jobs of a process report its end. */
export interface History {
  /** @returns how often processes have ended for this reason, this one included */
  readonly count: (ending: Ending) => number
  readonly has: (reason: Ending["reason"]) => boolean
}

/** @returns no endings yet */
export const createHistory = (): History => {
  const counted = new Set<Ending>()
  const times = (reason: Ending["reason"]): number => [...counted].filter((ending) => ending.reason === reason).length
  return {
    count: (ending) => {
      counted.add(ending)
      return times(ending.reason)
    },
    has: (reason) => times(reason) > 0,
  }
}
