/** Responsible for a store that fails during a long run: single failures are survived, and too many in a row end the run. */

/** Counts failures among calls of the same kind, such as deletions. */
export interface FailureRun {
  /** Does work. @param onFailure receives its error @returns undefined where it failed */
  readonly attempt: <T>(work: () => T | Promise<T>, onFailure?: (error: unknown) => void) => Promise<T | undefined>
  /** True where so many calls in a row have failed that all will. */
  readonly areTooMany: () => boolean
  /** @throws the first error, if there was any */
  readonly rethrow: () => void
}

/** @param maxInARow failures in a row that are too many */
export const createFailureRun = (maxInARow: number): FailureRun => {
  let first: { readonly error: unknown } | undefined
  let inARow = 0
  return {
    attempt: async (work, onFailure) => {
      try {
        const result = await work()
        inARow = 0
        return result
      } catch (error) {
        first ??= { error }
        inARow += 1
        onFailure?.(error)
        return undefined
      }
    },
    areTooMany: () => inARow >= maxInARow,
    rethrow: () => {
      if (first) throw first.error
    },
  }
}
