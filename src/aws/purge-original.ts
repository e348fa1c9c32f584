/**
 * Responsible for deleting the renditions of a changed original so that their copies in a CDN are invalidated too, even if a call fails
 * between the two.
 *
 * Invariants:
 * - An original without stored renditions needs no invalidation, which CloudFront charges for: a cached rendition is a stored one.
 * - Renditions are deleted before copies are invalidated, or the CDN would fetch them again.
 * - A marker in the store remembers an original whose renditions are deleted and whose copies may not be invalidated yet.
 *
 * See docs/decisions/034-invalidations.md.
 */
import { type OriginalKey, splitKey } from "../sizes/key.ts"
import { INFO } from "../sizes/list.ts"
import type { RenditionMeta, Renditions } from "../store/store.ts"
import type { Core } from "../tailor/tailor.ts"
import { markerKeyOf } from "./render-markers.ts"

/** The key of the marker of an invalidation. Its folder is one that policies allow, and no URL leads to it. */
const pendingKeyOf = (original: OriginalKey): string => {
  const { directory, file } = splitKey(original)
  return `${directory}${INFO}/${file}.purge`
}

/** The result for one original. */
export interface PurgedOriginal {
  /** Renditions that were stored. */
  readonly deleted: number
  /** True if the CDN may have copies: call `confirm` once they are invalidated. */
  readonly isPending: boolean
}

/** Deletes renditions of originals behind a CDN. */
export interface OriginalPurge {
  readonly purge: (original: OriginalKey) => Promise<PurgedOriginal>
  /** Removes the markers of originals whose copies are invalidated. */
  readonly confirm: (originals: readonly OriginalKey[]) => Promise<void>
}

const markerFor = (original: OriginalKey): RenditionMeta => ({
  original,
  version: "",
  kind: undefined,
  recipeId: "purge",
  etag: '"purge"',
  contentType: "text/plain",
  modifiedMs: Date.now(),
})

/** Requests of one original at a time. */
const CONCURRENT = 8

/** True if any of the keys is stored. */
const isAnyStored = async (renditions: Renditions, keys: readonly string[]): Promise<boolean> => {
  const queue = keys.values()
  let isFound = false
  const look = async (): Promise<void> => {
    for (const key of queue) {
      if (isFound) return
      if ((await renditions.head(key)) !== undefined) isFound = true
    }
  }
  await Promise.all(Array.from({ length: CONCURRENT }, look))
  return isFound
}

/** @param hasCdn whether copies have to be invalidated: without a CDN there are no markers */
export const createOriginalPurge = (
  { keysOf }: Pick<Core, "keysOf">,
  renditions: Renditions,
  hasCdn: boolean,
): OriginalPurge => {
  const deleteAll = async (original: OriginalKey): Promise<number> => {
    const deleted = await renditions.delete(keysOf(original))
    await renditions.delete([markerKeyOf(original)])
    return deleted
  }

  const mark = async (original: OriginalKey): Promise<void> =>
    void (await renditions.put(pendingKeyOf(original), Buffer.from("purge\n"), markerFor(original), {
      cacheControl: "no-store",
    }))

  const purge = async (original: OriginalKey): Promise<PurgedOriginal> => {
    if (!hasCdn) return { deleted: await deleteAll(original), isPending: false }
    const isMarked = (await renditions.head(pendingKeyOf(original))) !== undefined
    const isStored = isMarked || (await isAnyStored(renditions, keysOf(original)))
    if (isStored && !isMarked) await mark(original)
    // Even if nothing was found: a role that may not read cannot see stored renditions.
    const deleted = await deleteAll(original)
    if (deleted > 0 && !isStored) await mark(original)
    return { deleted, isPending: isStored || deleted > 0 }
  }

  return { purge, confirm: async (originals) => void (await renditions.delete(originals.map(pendingKeyOf))) }
}
