/**
 * Responsible for the candidates of one `srcset`: the listed sizes that a browser may choose from, and their actual widths.
 *
 * Invariants:
 * - Widths are strictly ascending.
 */
import type { Format } from "../sizes/format.ts"
import { type KnownDimensions, outputDimensions, sourceDimensions } from "../sizes/geometry.ts"
import type { Shape } from "../sizes/list.ts"
import type { Box } from "../sizes/size.ts"
import { sizesOfShape } from "../sizes/snap.ts"

/** Which renditions are offered. */
export interface CandidateOptions<Name extends string, Explicit extends Format> {
  /** A listed size. All sizes that show the same are offered: by width, by height, or crops of one ratio and gravity, with equal options. */
  readonly shape: Name
  /** The original's dimensions after EXIF orientation, for instance from `info`. @default larger than all sizes */
  readonly info?: KnownDimensions | undefined
  /** @default the original's own format, or the negotiated one */
  readonly format?: Explicit | undefined
  /** In pixels. Candidates after the first that is at least as wide are left out. @default no limit */
  readonly maxWidth?: number | undefined
}

/** One rendition of a `srcset`, with its actual dimensions in pixels. An unknown side is undefined. */
export interface Candidate {
  readonly url: string
  readonly width: number | undefined
  readonly height: number | undefined
}

/** HTML has no descriptor for heights. If widths are not known, only the size itself and the one twice as high are offered. */
const offeredSizes = (shape: Shape, list: readonly Shape[], isKnown: boolean): readonly Shape[] => {
  const sizes = sizesOfShape(shape, list)
  const { height = 0 } = shape
  return isKnown ? sizes : sizes.filter((size) => size.height === height || size.height === 2 * height)
}

/** All sizes larger than the original give the same rendition, so only the smallest of them is a candidate. */
export const srcsetCandidates = (
  shape: Shape,
  list: readonly Shape[],
  { info, maxWidth = Infinity }: Pick<CandidateOptions<string, Format>, "info" | "maxWidth">,
  urlOf: (size: Shape) => string,
): readonly Candidate[] => {
  const candidates: Candidate[] = []
  let widest = 0
  const source = sourceDimensions(shape, info)
  const isInside = shape.fit === "inside"
  for (const size of offeredSizes(shape, list, Boolean(source ?? (!isInside && shape.width)))) {
    const { width, height }: Box = source ? outputDimensions(size, source) : isInside ? {} : size
    if (width && (width <= widest || widest >= maxWidth)) continue
    widest = width ?? 0
    candidates.push({ url: urlOf(size), width, height })
  }
  return candidates
}

/** With `w` descriptors if widths are known, else with `1x, 2x`. */
export const toSrcset = (candidates: readonly Candidate[]): string =>
  candidates.map(({ url, width }, at) => `${url} ${width ? `${width}w` : `${at + 1}x`}`).join(", ")
