/**
 * Responsible for the check after a write: the original is checked again, so that the rendition that stays in the store is that of the
 * present version, whichever of several concurrent renders was written last.
 */
import { codeOf } from "../errors.ts"
import type { Originals, RenditionMeta, Renditions } from "../store/store.ts"
import { type Existing, findExisting, type Freshness } from "./freshness.ts"
import type { MissRequest, Product } from "./product.ts"
import type { Stored } from "./stored.ts"

/** Dependencies of {@link recheck}. */
export interface RecheckParts {
  readonly originals: Originals
  readonly renditions: Renditions
  readonly freshness: Freshness
  readonly stored: Stored
}

/** How often an original that keeps changing is rendered again because of one request. */
export const MAX_ROUNDS = 3

const isOf = ({ reading, stat }: Existing, original: string, version: string): boolean =>
  original === reading.original && version === stat.version

const isPresent = (freshness: Freshness, stored: RenditionMeta | undefined, now: Existing): boolean =>
  stored !== undefined &&
  (isOf(now, stored.original, stored.version) || freshness.freshnessOf(stored, now.reading, now.stat) === "fresh")

/**
 * Waits for the write of a render, and looks at its original: replaced, it is rendered again; gone, its rendition is deleted.
 * @param renderAgain renders and writes; a render whose write has begun already is not enough
 */
export const recheck = async (
  { originals, renditions, freshness, stored }: RecheckParts,
  { key, readings }: MissRequest,
  { meta, version, written }: Pick<Product, "meta" | "version"> & { readonly written: Promise<unknown> },
  renderAgain: (request: MissRequest) => Promise<unknown>,
): Promise<void> => {
  await written
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const now = await findExisting(originals, readings, { fresh: true })
    if (!now) return stored.deleteIfGone(key, readings)
    if (round === 0 && isOf(now, meta.original, version) && freshness.matches(meta, now.reading, now.stat)) return
    // A render of the present version may have been written after this one.
    const record = await renditions.head(key)
    if (isPresent(freshness, record, now)) return
    try {
      await renderAgain({ key, readings, ...now, stored: record })
    } catch (error) {
      // It was removed meanwhile: the next round sees that.
      if (codeOf(error) !== "original-not-found") throw error
    }
  }
}
