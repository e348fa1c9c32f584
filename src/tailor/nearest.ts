/**
 * Responsible for the stored rendition that resembles a requested one most, for a server that is too busy to render that one.
 *
 * Invariants:
 * - It shows the same original in its present version, and the same part of it.
 * - It costs a few look-ups, and no render.
 */
import type { Format } from "../sizes/format.ts"
import { formatKey, formatsOf, type Grammar, type Reading } from "../sizes/key.ts"
import { INFO, type Size } from "../sizes/list.ts"
import { namesFormat } from "../sizes/negotiate.ts"
import { sizesOfShape } from "../sizes/snap.ts"
import { closeBody, type Originals, type RenditionObject, type Renditions } from "../store/store.ts"
import type { Freshness } from "./freshness.ts"

/** A stored rendition, and what it is. */
export interface NearestRendition {
  readonly reading: Reading
  readonly rendition: RenditionObject
}

/** Finds a stored rendition. */
export interface Nearest {
  /**
   * The fresh rendition nearest in size to a requested one; undefined if none is stored.
   * @param accept of the request if its format was negotiated: other formats that it names are good, too
   */
  readonly findNearest: (reading: Reading, accept: string | undefined) => Promise<NearestRendition | undefined>
}

/** Dependencies of {@link createNearest}. */
export interface NearestParts {
  readonly originals: Originals
  readonly renditions: Renditions
  readonly grammar: Grammar
  readonly freshness: Freshness
}

/** A server that needs this is busy. */
const MAX_LOOKUPS = 12
const MAX_WAIT_MS = 1000

const area = ({ width = 1, height = 1 }: Size): number => width * height

/** Sizes of the same shape, the nearest first; a larger one before a smaller one that is as near. */
const byDistance = (size: Size, sizes: readonly Size[]): readonly Size[] => {
  const distance = (other: Size): number => Math.abs(Math.log(area(other) / area(size)))
  return sizesOfShape(size, sizes).toSorted((a, b) => distance(a) - distance(b) || area(b) - area(a))
}

const formatsLike = (reading: Reading, size: Size, accept: string | undefined, grammar: Grammar) => {
  if (accept === undefined) return [reading.format]
  const accepted = formatsOf(size, grammar).filter((format) => namesFormat(accept, format))
  return [...new Set<Format | undefined>([reading.format, ...accepted, undefined])]
}

/** Creates the search. */
export const createNearest = ({ originals, renditions, grammar, freshness }: NearestParts): Nearest => ({
  findNearest: async (reading, accept) => {
    const { size } = reading
    if (size === INFO) return undefined
    const signal = AbortSignal.timeout(MAX_WAIT_MS)
    const stat = await originals.head(reading.original, { signal })
    if (!stat) return undefined
    const candidates = byDistance(size, grammar.sizes)
      .flatMap((other) => formatsLike(reading, other, accept, grammar).map((format) => ({ size: other, format })))
      .slice(0, MAX_LOOKUPS)
    for (const candidate of candidates) {
      const nearest: Reading = { original: reading.original, ...candidate }
      const rendition = await renditions.get(formatKey(nearest), { signal })
      if (!rendition) continue
      if (freshness.freshnessOf(rendition.meta, nearest, stat) === "fresh") return { reading: nearest, rendition }
      await closeBody(rendition)
    }
    return undefined
  },
})
