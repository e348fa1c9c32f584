/**
 * Responsible for the dimensions of renditions. Rendering, `info` and clients all call this module, so they cannot disagree.
 *
 * Invariants:
 * - No side is larger than the original's, except for `contain`, which has exactly the size's box.
 * - Both sides are computed here and both are passed to the resizer, whose own result can differ by a pixel if it derives one.
 */
import type { Fit } from "./size-option-types.ts"
import { type Box, DEFAULT_TRIM, type Dimensions } from "./size.ts"

/** A size, as far as its dimensions are concerned. */
export interface Fitted extends Box {
  /** @default "cover" */
  readonly fit?: Fit | undefined
  /** Degrees. @default 0 */
  readonly rotate?: number | undefined
}

const round = (x: number): number => Math.max(1, Math.floor(x + 0.5))

/** The dimensions of an original after the quarter turns of a size. */
const turned = ({ rotate = 0 }: Fitted, { width, height }: Dimensions): Dimensions =>
  rotate % 180 ? { width: height, height: width } : { width, height }

/**
 * Width and height in pixels of a rendition.
 * A crop of an original smaller than the box is the largest rectangle with the box's ratio that fits into the original.
 * @param original its dimensions after EXIF orientation, and after `trim` where the size has that option
 * @example
 * outputDimensions({ width: 640 }, { width: 4000, height: 3000 }) // { width: 640, height: 480 }
 * outputDimensions({ width: 640 }, { width: 100, height: 75 }) // { width: 100, height: 75 }
 * outputDimensions({ width: 600, height: 600, fit: "inside" }, { width: 4000, height: 3000 }) // { width: 600, height: 450 }
 */
export const outputDimensions = (size: Fitted, original: Dimensions): Dimensions => {
  const { width: w, height: h, fit } = size
  const { width, height } = turned(size, original)
  if (w && h) {
    if (fit === "contain") return { width: w, height: h }
    if (fit === "inside") {
      const scale = Math.min(1, w / width, h / height)
      return { width: round(width * scale), height: round(height * scale) }
    }
    const scale = Math.min(1, width / w, height / h)
    return { width: round(w * scale), height: round(h * scale) }
  }
  if (w && w < width) return { width: w, height: round((height * w) / width) }
  if (h && h < height) return { width: round((width * h) / height), height: h }
  return { width, height }
}

/** Known dimensions of an original; the result of `info` is one. */
export interface KnownDimensions extends Dimensions {
  /** After `trim`, by its tolerance. */
  readonly trimmed?: Readonly<Record<number, Dimensions>> | undefined
}

/** The part of an original that a size shows, before it is cropped. Undefined if unknown: `trim` depends on the pixels. */
export const sourceDimensions = (
  { trim }: { readonly trim?: number | boolean | undefined },
  info: KnownDimensions | undefined,
): Dimensions | undefined => (trim ? info?.trimmed?.[trim === true ? DEFAULT_TRIM : trim] : info)

/** Dimensions in the exact ratio of a rendition: those of its box, or of the original where it shows all of it. */
export const ratioOf = (size: Fitted, original: Dimensions | undefined): Box =>
  size.width && size.height && size.fit !== "inside" ? size : original ? turned(size, original) : {}
