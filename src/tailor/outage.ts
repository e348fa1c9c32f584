/**
 * Responsible for stored renditions whose originals cannot be looked at, because the originals' store is down (`stale-if-error`, RFC 5861).
 *
 * Invariants:
 * - A rendition of a version that is known to be replaced is never sent.
 * - Only a rendition that was made by the present recipe is sent, and none after the configured time.
 */
import { codeOf, isAbort } from "../errors.ts"
import { createLru } from "../lru.ts"
import type { Reading } from "../sizes/key.ts"
import type { OriginalStat, RenditionMeta } from "../store/store.ts"
import type { Freshness } from "./freshness.ts"

/** Knowledge about originals that cannot be looked at. */
export interface Outages {
  /** To be called whenever an original was looked at. */
  readonly onSeen: (original: string) => void
  /** To be called when a stored rendition turned out to be of another version. */
  readonly onReplaced: (original: string, stat: OriginalStat) => void
  /** The reading by which a stored rendition may be sent although its original cannot be looked at. Undefined where it may not. */
  readonly allowedReading: (meta: RenditionMeta, readings: readonly Reading[], error: unknown) => Reading | undefined
}

/** Dependencies of {@link createOutages}. */
export interface OutageParts {
  readonly freshness: Freshness
  /** How long a rendition is sent after the store began to fail for its original, in seconds. */
  readonly staleIfErrorSeconds: number
  /** Milliseconds since 1970. */
  readonly clock: () => number
}

const MAX_REMEMBERED = 10_000

/** Whether an error of the originals' store is about the store rather than the original. */
const isOutage = (error: unknown): boolean => {
  const code = codeOf(error)
  return code === undefined ? !isAbort(error) : code === "store-unavailable" || code === "store-denied"
}

/** Creates the memory of outages of one process. */
export const createOutages = ({ freshness, staleIfErrorSeconds, clock }: OutageParts): Outages => {
  /** When the store began to fail, by original. */
  const failing = createLru<{ readonly sinceMs: number }>(MAX_REMEMBERED)
  /** The latest version of originals that were replaced. */
  const replaced = createLru<OriginalStat>(MAX_REMEMBERED)

  const isWithinTime = (original: string): boolean => {
    const known = failing.get(original)
    const sinceMs = known?.sinceMs ?? clock()
    if (!known) failing.set(original, { sinceMs })
    return clock() - sinceMs < staleIfErrorSeconds * 1000
  }

  const isReplaced = (meta: RenditionMeta, reading: Reading): boolean => {
    const stat = replaced.get(reading.original)
    return stat !== undefined && freshness.freshnessOf(meta, reading, stat) === "stale"
  }

  return {
    onSeen: (original) => {
      if (failing.size > 0) failing.delete(original)
    },
    onReplaced: (original, stat) => void replaced.set(original, stat),
    allowedReading: (meta, readings, error) => {
      if (staleIfErrorSeconds <= 0 || !isOutage(error)) return undefined
      const reading = readings.find(
        (candidate) => meta.isForeign === true || freshness.matches(meta, candidate, undefined),
      )
      return reading && !isReplaced(meta, reading) && isWithinTime(reading.original) ? reading : undefined
    },
  }
}
