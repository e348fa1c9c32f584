/**
 * Responsible for noticing another server that writes other renditions under the same keys: one with other settings or other originals.
 * Each of the two then renders again every rendition of the other.
 *
 * Invariant: no times are compared, since the clocks of two machines differ. A conflict is a rendition that this process has written, that
 * is not stale, and that was replaced by one that is. One of them can come from two versions that were rendered at once;
 * several cannot.
 */
import { createLru } from "../lru.ts"
import type { RenditionMeta } from "../store/store.ts"
import type { Existing, Freshness } from "./freshness.ts"

/** The difference between the two servers. */
export type Conflict = "settings" | "originals"

/** Sentences for the operator. */
export const CONFLICT_NOTICES: Readonly<Record<Conflict, string>> = {
  settings:
    "Another server with other settings writes to the same store of renditions: each replaces the renditions of the other. " +
    "Give them the same sizes, formats and settings, or separate stores.",
  originals:
    "Another server with other originals writes to the same store of renditions: each replaces the renditions of the other. " +
    "Give each its own store of renditions.",
}

/** Notices conflicts. */
export interface Conflicts {
  /** To be called after a write. */
  readonly onWritten: (key: string, meta: RenditionMeta) => void
  /** To be called when a stored rendition is stale. */
  readonly onStale: (key: string, stored: RenditionMeta, existing: Existing) => void
}

const MAX_REMEMBERED = 1000

/** Conflicts of one kind before they are reported. */
const ENOUGH = 3

/** @param onConflict called once for each kind of conflict */
export const createConflicts = (
  freshness: Freshness,
  onConflict: ((conflict: Conflict) => void) | undefined,
): Conflicts => {
  const written = createLru<RenditionMeta>(MAX_REMEMBERED)
  const counts: Record<Conflict, number> = { settings: 0, originals: 0 }
  return {
    onWritten: (key, meta) => void written.set(key, meta),
    onStale: (key, stored, { reading, stat }) => {
      const own = written.get(key)
      if (!own || freshness.freshnessOf(own, reading, stat) === "stale") return
      const conflict = stored.recipeId === own.recipeId ? "originals" : "settings"
      counts[conflict] += 1
      if (counts[conflict] === ENOUGH) onConflict?.(conflict)
    },
  }
}
