/**
 * Clears away what killed writers left in a store: at the start, and now and then, since what a process left that was killed a moment
 * ago may still be another's that is being written.
 */

const EVERY_MS = 3_600_000

/**
 * Does it until the process ends.
 * @param tidy of the store; where it cannot be done, nothing else fails
 */
export const keepTidy = (tidy: () => Promise<void>, onError: (error: unknown) => void): void => {
  const once = (): void => void tidy().catch(onError)
  once()
  setInterval(once, EVERY_MS).unref()
}
