/**
 * Responsible for the question whether a server rejects one object or all: objects that were read lately are tried again, as witnesses.
 */
import { orAbort } from "../abort.ts"
import type { CallOptions } from "./store.ts"

/** Objects read lately that are tried when another one is refused. */
const MAX_WITNESSES = 3

/** Time for which the answer whether every object is refused is reused. */
const VERDICT_MS = 10_000

/** Objects that were read lately. */
export interface Witnesses {
  /** Call with the key of each object that was read. */
  readonly add: (key: string) => void
  /** Number of objects that were read lately. */
  readonly count: () => number
  /** The latest of them, except a key itself. */
  readonly others: (key: string) => readonly string[]
  /**
   * Whether objects that could be read before are refused now.
   * @param key is known to be refused
   */
  readonly areAllRefused: (key: string, options?: CallOptions) => Promise<boolean>
}

/**
 * @param isRefused looks whether an object is refused now
 * @param clock milliseconds, of a clock that is never set back
 */
export const createWitnesses = (
  isRefused: (key: string) => Promise<boolean>,
  clock: () => number = () => performance.now(),
): Witnesses => {
  let latest: readonly string[] = []
  let verdict: { readonly areRefused: Promise<boolean>; readonly untilMs: number } | undefined

  const others = (key: string): readonly string[] => latest.filter((other) => other !== key).slice(0, MAX_WITNESSES)

  const areRefused = async (keys: readonly string[]): Promise<boolean> => {
    for (const key of keys) if (!(await isRefused(key))) return false
    return true
  }

  return {
    add: (key) => {
      verdict = undefined
      if (latest[0] !== key) latest = [key, ...latest.filter((other) => other !== key)].slice(0, MAX_WITNESSES + 1)
    },
    count: () => latest.length,
    others,
    areAllRefused: async (key, { signal } = {}) => {
      const keys = others(key)
      if (keys.length === 0) return false
      if (!verdict || clock() >= verdict.untilMs)
        verdict = { areRefused: areRefused(keys), untilMs: clock() + VERDICT_MS }
      return orAbort(verdict.areRefused, signal)
    },
  }
}
