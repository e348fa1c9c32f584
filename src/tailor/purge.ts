/**
 * Deleting renditions. An original's keys can all be written down, so nothing is listed to purge one; a prefix needs a store that lists.
 * Originals are never touched: only keys with a size, present or retired, or `info` in the right place are deleted.
 */
import { keysOf } from "../sizes/all-keys.ts"
import { type Grammar, isRenditionKey, type OriginalKey } from "../sizes/key.ts"
import type { Renditions } from "../store/store.ts"
import type { Freshness } from "./freshness.ts"

/** The ways to delete renditions. */
export interface Purge {
  /** Deletes every rendition that an original can have. @returns how many there were */
  readonly purge: (original: OriginalKey) => Promise<number>
  /** The same for all originals under a prefix (`shop/`; empty for all). @returns undefined where the store cannot list */
  readonly purgePrefix: (prefix: string) => Promise<number | undefined>
  /** Deletes those of an original's renditions that are not in step. */
  readonly purgeStale: (original: OriginalKey) => Promise<number>
  /** The same for everything stored under a prefix (empty for all). @returns undefined where the store cannot list */
  readonly sweep: (prefix: string) => Promise<number | undefined>
}

/** Deleted in one call. */
const BATCH = 500

export const createPurge = (renditions: Renditions, grammar: Grammar, { freshnessOfKey }: Freshness): Purge => {
  const deleteStale = async (keys: readonly string[]): Promise<number> => {
    let deleted = 0
    for (const key of keys) if ((await freshnessOfKey(key)) !== "fresh") deleted += await renditions.delete([key])
    return deleted
  }

  const deleteListed = async (
    prefix: string,
    remove: (keys: readonly string[]) => Promise<number>,
  ): Promise<number | undefined> => {
    if (!renditions.list) return undefined
    let deleted = 0
    let batch: string[] = []
    for await (const key of renditions.list(prefix)) {
      if (isRenditionKey(key, grammar)) batch.push(key)
      if (batch.length < BATCH) continue
      deleted += await remove(batch)
      batch = []
    }
    return deleted + (await remove(batch))
  }

  return {
    purge: (original) => renditions.delete(keysOf(original, grammar)),
    purgePrefix: (prefix) => deleteListed(prefix, (keys) => renditions.delete(keys)),
    purgeStale: (original) => deleteStale(keysOf(original, grammar)),
    sweep: (prefix) => deleteListed(prefix, deleteStale),
  }
}
