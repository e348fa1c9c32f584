/** Responsible for repeating calls to other machines that failed for a transient reason. */
import { setTimeout as sleep } from "node:timers/promises"

/** How often a call that failed for a transient reason is repeated. */
export interface Retries {
  /** Attempts in all, the first one included. @default 4 */
  readonly attempts: number
  /** The first pause is a random part of this, in milliseconds; every further pause is a random part of twice as much. @default 100 */
  readonly baseMs: number
  /** Upper limit of a pause, in milliseconds. @default 2000 */
  readonly longestMs: number
}

/** The result of one attempt: a value, or an error that may not occur again. An error that would is thrown instead. */
export type Attempt<T> = { readonly value: T } | { readonly transient: Error }

/** Full jitter: a random part of a time that doubles, so that clients that failed together do not return together. */
const pauseMs = (attempt: number, { baseMs, longestMs }: Retries): number =>
  Math.random() * Math.min(longestMs, baseMs * 2 ** (attempt - 1))

/**
 * Repeats an attempt until it gives a value, with random pauses.
 * @throws what the attempt throws; its last transient error after the last attempt, or when the signal aborts in the meantime
 */
export const retry = async <T>(
  attempt: () => Promise<Attempt<T>>,
  retries: Retries,
  signal?: AbortSignal,
): Promise<T> => {
  let transient: Error | undefined
  try {
    for (let made = 1; ; made++) {
      const result = await attempt()
      if ("value" in result) return result.value
      transient = result.transient
      if (made >= retries.attempts) throw transient
      await sleep(pauseMs(made, retries), undefined, { signal })
    }
  } catch (error) {
    // The last failure says more than that the time is over.
    throw signal?.aborted && transient ? transient : error
  }
}
