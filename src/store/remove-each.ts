/** Responsible for deleting objects one by one: each call needs only the permission for its own key. */

/** Concurrent deletions. */
const DELETIONS = 32

/**
 * Deletes objects.
 * @param remove returns true if the object existed
 * @returns how many existed
 */
export const removeEach = async (
  keys: readonly string[],
  remove: (key: string) => Promise<boolean>,
): Promise<number> => {
  const queue = keys.values()
  let removed = 0
  const work = async (): Promise<void> => {
    for (const key of queue) if (await remove(key)) removed += 1
  }
  await Promise.all(Array.from({ length: Math.min(DELETIONS, keys.length) }, work))
  return removed
}
