/** The candidates of one `srcset`: which of the listed sizes a browser may choose from, and the width that each really has. */
import type { Format } from "../sizes/format.ts"
import { outputDimensions } from "../sizes/geometry.ts"
import type { Shape } from "../sizes/list.ts"
import type { Box, Dimensions } from "../sizes/size.ts"
import { sizesOfShape } from "../sizes/snap.ts"

/** Which pictures are offered. */
export interface CandidateOptions<Name extends string, Explicit extends Format> {
  /** A listed size: all that show the same part of the picture are offered (by width, by height, crops of one ratio and gravity). */
  readonly shape: Name
  /** Of the original, upright: facts from `info`, or what you know. Without, it is taken to be larger than every size. */
  readonly info?: Dimensions | undefined
  /** @default the original's own, or what is negotiated */
  readonly format?: Explicit | undefined
  /** Pixels: larger candidates than the first that has as many are left out. @default no bound */
  readonly maxWidth?: number | undefined
}

/** One picture of a `srcset`, in pixels as they will arrive; a side that cannot be known is undefined. */
export interface Candidate {
  readonly url: string
  readonly width: number | undefined
  readonly height: number | undefined
}

/** HTML has no descriptor for heights: where widths are not known, a size is offered with the one twice as high, if that is listed. */
const sizesOf = (shape: Shape, list: readonly Shape[], isKnown: boolean): readonly Shape[] => {
  const ladder = sizesOfShape(shape, list)
  const { height = 0 } = shape
  return isKnown ? ladder : ladder.filter((size) => size.height === height || size.height === 2 * height)
}

/** Widths rise: of sizes that the original cannot fill, the smallest has all that there is, and the rest would be the same. */
export const srcsetCandidates = (
  shape: Shape,
  list: readonly Shape[],
  { info, maxWidth = Infinity }: { readonly info?: Dimensions | undefined; readonly maxWidth?: number | undefined },
  urlOf: (size: Shape) => string,
): readonly Candidate[] => {
  const candidates: Candidate[] = []
  let widest = 0
  for (const size of sizesOf(shape, list, Boolean(info ?? shape.width))) {
    const { width, height }: Box = info ? outputDimensions(size, info) : size
    if (width && (width <= widest || widest >= maxWidth)) continue
    widest = width ?? 0
    candidates.push({ url: urlOf(size), width, height })
  }
  return candidates
}

/** Widths where they are known, else `1x, 2x`. */
export const toSrcset = (candidates: readonly Candidate[]): string =>
  candidates.map(({ url, width }, at) => `${url} ${width ? `${width}w` : `${at + 1}x`}`).join(", ")
