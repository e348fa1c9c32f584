/** Responsible for waits that can be cancelled. */

/**
 * Calls back once when a client disconnects, at once if it has.
 * @returns a function that stops waiting for it
 */
export type OnDisconnect = (callback: (reason?: unknown) => void) => () => void

/** The caller of a function, whose signal aborts, as a client that disconnects. */
export const onAbort =
  (signal: AbortSignal): OnDisconnect =>
  (callback) => {
    const stop = (): void => callback(signal.reason)
    if (signal.aborted) stop()
    else signal.addEventListener("abort", stop)
    return () => signal.removeEventListener("abort", stop)
  }

/**
 * Waits for a promise, or until a signal aborts. The promise itself continues, and other callers that wait for it still get its value.
 * @throws the signal's reason
 */
export const orAbort = async <T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> => {
  if (!signal) return promise
  signal.throwIfAborted()
  // Each of a crowd waits here, and `Promise.race` creates four more promises and closures.
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason as Error)
    signal.addEventListener("abort", stop)
    promise.then(
      (value) => {
        signal.removeEventListener("abort", stop)
        resolve(value)
      },
      (error: unknown) => {
        signal.removeEventListener("abort", stop)
        reject(error)
      },
    )
  })
}

/** Work that several callers wait for. */
export interface SharedWork<T> {
  /** The result. Using it does not count as waiting. */
  readonly result: Promise<T>
  /**
   * Waits for the result.
   * @param signal ends the wait of this caller only
   * @throws the signal's reason when it aborts
   */
  readonly wait: (signal?: AbortSignal) => Promise<T>
  /** True once every caller has left before the result came. The work may still end with a result if it could not be stopped. */
  readonly isCancelled: () => boolean
}

/**
 * Starts work that outlives the caller that started it.
 * @param start called at once; its signal aborts when the last waiting caller leaves
 */
export const shareWork = <T>(start: (signal: AbortSignal) => Promise<T>): SharedWork<T> => {
  const controller = new AbortController()
  let waiting = 0
  let isSettled = false
  const result = start(controller.signal)
  const settle = (): void => void (isSettled = true)
  // Also handles the rejection of work that every caller has left.
  result.then(settle, settle)
  return {
    result,
    isCancelled: () => controller.signal.aborted,
    wait: async (signal) => {
      waiting += 1
      try {
        return await orAbort(result, signal)
      } finally {
        waiting -= 1
        if (waiting === 0 && !isSettled) controller.abort()
      }
    },
  }
}
