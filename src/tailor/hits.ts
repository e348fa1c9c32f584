/**
 * Responsible for hits that can be found without waiting: the original and the stored rendition are looked up synchronously, in the turn
 * of the event loop in which the request arrived.
 *
 * Invariants:
 * - A hit found here is one that answer.ts would find. Everything else, errors included, is left to answer.ts.
 */
import type { Parsed, Reading } from "../sizes/key.ts"
import type { Originals, OriginalStat, RenditionMeta, RenditionObject, Renditions } from "../store/store.ts"
import type { Freshness } from "./freshness.ts"
import type { Outages } from "./outage.ts"
import { type ServedRendition, toHit } from "./served.ts"
import type { Stored } from "./stored.ts"

/** Dependencies of {@link createHits}. */
export interface HitParts {
  readonly originals: Originals
  readonly renditions: Renditions
  readonly freshness: Freshness
  readonly outages: Pick<Outages, "onSeen">
  readonly stored: Pick<Stored, "isResponding">
}

/** The original that a record was last found to agree with. */
interface Agreement {
  readonly reading: Reading
  readonly stat: OriginalStat
}

/**
 * Finds a fresh rendition at once. Undefined where `answer` has to look.
 * @param isBodyless the response has no body: the rendition may be found without its bytes, with an empty body
 */
export type FindHit = (parsed: Parsed, isBodyless?: boolean) => ServedRendition | undefined

const NO_BYTES = new Uint8Array()

/** The hits of one tailor. */
export const createHits = (parts: HitParts): FindHit => {
  const { originals, renditions, freshness, outages, stored } = parts
  const agreements = new WeakMap<RenditionMeta, Agreement>()

  /** Compares the same record with the same stat once. */
  const isFresh = (meta: RenditionMeta, reading: Reading, stat: OriginalStat): boolean => {
    const known = agreements.get(meta)
    if (known?.stat === stat && known.reading === reading) return true
    if (freshness.freshnessOf(meta, reading, stat) !== "fresh") return false
    agreements.set(meta, { reading, stat })
    return true
  }

  const withoutBytes = (key: string): RenditionObject | undefined => {
    const head = renditions.headSync?.(key)
    return head && { ...head, body: NO_BYTES }
  }

  return ({ key, readings: [reading] }, isBodyless = false) => {
    const stat = stored.isResponding() ? originals.headSync?.(reading.original) : undefined
    if (!stat) return undefined
    outages.onSeen(reading.original)
    const object = (isBodyless ? withoutBytes(key) : undefined) ?? renditions.getSync?.(key)
    return object && isFresh(object.meta, reading, stat) ? toHit(reading, object) : undefined
  }
}
