/**
 * Responsible for one call to a store on another machine: repeated after a transient failure, within a time limit.
 *
 * Invariants:
 * - A call ends within its own time limit and the caller's, also if the network hangs.
 * - Every failure is `store-unavailable`, `store-denied`, another error with a code, or the caller's own abort.
 */
import { codeOf, storeUnavailable } from "../errors.ts"
import { type Attempt, type Retries, retry } from "../retry.ts"
import type { CallOptions } from "./store.ts"
import { isTransientError } from "./transport.ts"

/** Time limits, in milliseconds. Each applies by itself. */
export interface Timeouts {
  /** The longest time without a byte: while connecting, before the first byte, and between bytes. @default 5000 */
  readonly idleMs: number
  /** One attempt in all. @default 15000 */
  readonly attemptMs: number
  /** A call with all its attempts and the pauses between them. @default 25000 */
  readonly callMs: number
}

/** Defaults for each part of {@link Timeouts}. */
export const DEFAULT_TIMEOUTS: Timeouts = { idleMs: 5000, attemptMs: 15_000, callMs: 25_000 }

/** Defaults for each part of {@link Retries}. */
export const DEFAULT_RETRIES: Retries = { attempts: 4, baseMs: 100, longestMs: 2000 }

/** Time limits with which a call ends before a request's deadline, so that the store's own error is reported. */
export const timeoutsWithin = (deadlineMs: number): Timeouts => ({
  idleMs: Math.min(DEFAULT_TIMEOUTS.idleMs, deadlineMs / 6),
  attemptMs: Math.min(DEFAULT_TIMEOUTS.attemptMs, deadlineMs / 2),
  callMs: Math.min(DEFAULT_TIMEOUTS.callMs, (deadlineMs * 5) / 6),
})

/** The called object, and how long the call may take. */
export interface CallLimits {
  /** Name of the store, for messages. */
  readonly store: string
  /** URL of the object, for messages. */
  readonly name: string
  readonly callMs: number
  readonly retries: Retries
}

/**
 * Makes attempts until one gives a value. A system error that may pass is repeated, too.
 * @throws {store-unavailable} after the last attempt or the time limit, and errors with a code that an attempt throws
 * @throws the signal's reason
 */
export const boundedCall = async <T>(
  { store, name, callMs, retries }: CallLimits,
  attempt: (signal: AbortSignal) => Promise<Attempt<T>>,
  { signal }: CallOptions,
): Promise<T> => {
  signal?.throwIfAborted()
  const limit = new AbortController()
  const timer = setTimeout(() => limit.abort(storeUnavailable(store, name, `not complete after ${callMs} ms`)), callMs)
  const both = signal ? AbortSignal.any([limit.signal, signal]) : limit.signal
  const tryOnce = async (): Promise<Attempt<T>> => {
    try {
      return await attempt(both)
    } catch (error) {
      if (both.aborted || !isTransientError(error)) throw error
      return { transient: storeUnavailable(store, name, error) }
    }
  }
  try {
    return await retry(tryOnce, retries, both)
  } catch (error) {
    signal?.throwIfAborted()
    throw codeOf(error) ? error : storeUnavailable(store, name, error)
  } finally {
    clearTimeout(timer)
  }
}
