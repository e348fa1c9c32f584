/** Responsible for values that are found once for the callers of a while. */

/** Durations of {@link keepFor}, in milliseconds. */
export interface KeepTimes {
  /** How long a value is used, from the start of its search. */
  readonly keptMs: number
  /** How long a caller waits for a search. */
  readonly waitMs: number
}

/**
 * Limits how often a value is searched: callers cannot start a search each.
 * @param find must not reject: a rejection would be kept, too
 * @returns a function that resolves to the value; to undefined where the search takes too long, which continues for later callers
 */
export const keepFor = <T>(find: () => Promise<T>, { keptMs, waitMs }: KeepTimes): (() => Promise<T | undefined>) => {
  let found: Promise<T> | undefined
  let untilMs = 0
  return async () => {
    if (!found || performance.now() > untilMs) {
      untilMs = performance.now() + keptMs
      found = find()
    }
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), waitMs)
    })
    return Promise.race([found, late]).finally(() => clearTimeout(timer))
  }
}
