/** Responsible for repeating work on names after a fixed time, with one timer for all of them. */

/** Names that wait for their time. */
export interface Delayed<T> {
  /** Calls back with the name and value after the delay; a name that waits already starts again. */
  readonly add: (name: string, value: T) => void
  readonly clear: () => void
}

export const createDelayed = <T>(delayMs: number, run: (name: string, value: T) => void): Delayed<T> => {
  /** In the order of their times, since the delay is the same for all. */
  const waiting = new Map<string, { readonly value: T; readonly dueMs: number }>()
  let timer: NodeJS.Timeout | undefined

  const schedule = (): void => {
    const [first] = waiting.values()
    if (first) timer ??= setTimeout(runDue, Math.max(0, first.dueMs - performance.now())).unref()
  }

  const runDue = (): void => {
    timer = undefined
    const nowMs = performance.now()
    for (const [name, { value, dueMs }] of waiting) {
      if (dueMs > nowMs) break
      waiting.delete(name)
      run(name, value)
    }
    schedule()
  }

  return {
    add: (name, value) => {
      waiting.delete(name)
      waiting.set(name, { value, dueMs: performance.now() + delayMs })
      schedule()
    },
    clear: () => {
      clearTimeout(timer)
      timer = undefined
      waiting.clear()
    },
  }
}
