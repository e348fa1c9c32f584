/**
 * Responsible for the time of a rendition, which becomes `Last-Modified`.
 *
 * Invariant: two renditions that are stored under one key after each other have different times, even where an original is replaced twice
 * within one second. `If-Modified-Since`, which has whole seconds, then distinguishes them.
 */
import { createLru } from "../lru.ts"
import type { RenditionMeta } from "../store/store.ts"

/**
 * The time of a new rendition, in milliseconds since 1970, rounded to seconds.
 * @param former record of the rendition that it replaces
 */
export type LastModified = (key: string, former: RenditionMeta | undefined) => number

/** The former rendition may have been deleted in the same second, so the times of the latest ones are remembered. */
const MAX_REMEMBERED = 1000

/** @param clock milliseconds since 1970 */
export const createLastModified = (clock: () => number): LastModified => {
  const latest = createLru<{ readonly ms: number }>(MAX_REMEMBERED)
  return (key, former) => {
    const now = Math.floor(clock() / 1000) * 1000
    const before = Math.max(former?.modifiedMs ?? -Infinity, latest.get(key)?.ms ?? -Infinity)
    // A time that is far ahead was written by another clock.
    const ms = before >= now && before < now + 60_000 ? before + 1000 : now
    latest.set(key, { ms })
    return ms
  }
}
