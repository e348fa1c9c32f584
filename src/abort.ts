/** Waiting that can be called off. */

/**
 * A promise's value, unless a signal aborts first. The promise goes on; whoever shares it still gets its value.
 * @throws the signal's reason
 */
export const orAbort = async <T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> => {
  if (!signal) return promise
  signal.throwIfAborted()
  let stop: (() => void) | undefined
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason as Error)
    signal.addEventListener("abort", stop, { once: true })
  })
  try {
    return await Promise.race([promise, aborted])
  } finally {
    if (stop) signal.removeEventListener("abort", stop)
  }
}
