/**
 * Responsible for removing the temporary files that killed writers left in a store: at the start and every hour, since a recent file may
 * still belong to another process that is writing it.
 */

const EVERY_MS = 3_600_000

/**
 * Calls `tidy` until the process ends.
 * @param tidy removes the temporary files
 * @param onError called with the error of a failed call
 */
export const keepTidy = (tidy: () => Promise<void>, onError: (error: unknown) => void): void => {
  const run = (): void => void tidy().catch(onError)
  run()
  setInterval(run, EVERY_MS).unref()
}
