/** Responsible for deleting objects one by one: each call needs only the permission for its own key. */

/** Concurrent deletions. */
const DELETIONS = 32

/** A store that fails for so many keys fails for all. */
const MAX_FAILURES = 10

/**
 * Deletes objects. One that cannot be deleted does not keep the others.
 * @param remove returns true if the object existed
 * @param concurrent number of objects that are deleted at once
 * @returns how many existed
 * @throws the first error, when no deletion runs any more
 */
export const removeEach = async (
  keys: readonly string[],
  remove: (key: string) => Promise<boolean>,
  concurrent: number = DELETIONS,
): Promise<number> => {
  const queue = keys.values()
  const errors: unknown[] = []
  let removed = 0
  const work = async (): Promise<void> => {
    for (const key of queue) {
      try {
        if (await remove(key)) removed += 1
      } catch (error) {
        errors.push(error)
      }
      if (errors.length >= MAX_FAILURES) return
    }
  }
  await Promise.all(Array.from({ length: Math.min(concurrent, keys.length) }, work))
  if (errors.length > 0) throw errors[0]
  return removed
}
