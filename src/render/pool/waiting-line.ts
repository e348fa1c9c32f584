/** Responsible for a queue of callers that wait for a value, each until its signal aborts. */

/** Callers in order of arrival. */
export interface WaitingLine<T> {
  /** @throws the signal's reason when it aborts during the wait, or the error of `rejectAll` */
  readonly wait: (signal: AbortSignal) => Promise<T>
  /** Gives a value to the first caller. @returns false if no caller waits */
  readonly offer: (value: T) => boolean
  /** @param kept number of callers at the front that go on waiting. @default 0 */
  readonly rejectAll: (error: Error, kept?: number) => void
  readonly length: () => number
}

interface Waiter<T> {
  readonly resolve: (value: T) => void
  readonly reject: (error: Error) => void
}

/** @returns an empty line */
export const createWaitingLine = <T>(): WaitingLine<T> => {
  const waiters: Waiter<T>[] = []
  return {
    wait: (signal) =>
      new Promise((resolve, reject) => {
        const stop = (): void => {
          const at = waiters.indexOf(waiter)
          if (at !== -1) waiters.splice(at, 1)
          reject(signal.reason as Error)
        }
        const leave = (): void => signal.removeEventListener("abort", stop)
        const waiter: Waiter<T> = {
          resolve: (value) => {
            leave()
            resolve(value)
          },
          reject: (error) => {
            leave()
            reject(error)
          },
        }
        waiters.push(waiter)
        signal.addEventListener("abort", stop, { once: true })
      }),
    offer: (value) => {
      const waiter = waiters.shift()
      waiter?.resolve(value)
      return waiter !== undefined
    },
    rejectAll: (error, kept = 0) => {
      for (const { reject } of waiters.splice(kept)) reject(error)
    },
    length: () => waiters.length,
  }
}
