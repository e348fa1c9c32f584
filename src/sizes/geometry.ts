/**
 * Responsible for the dimensions of renditions. Rendering, `info` and clients all call this module, so they cannot disagree.
 *
 * Invariants:
 * - No side is larger than the original's.
 * - Both sides are computed here and both are passed to the resizer, whose own result can differ by a pixel if it derives one.
 */
import type { Box, Dimensions } from "./size.ts"

const round = (x: number): number => Math.max(1, Math.floor(x + 0.5))

/**
 * Width and height in pixels of a rendition.
 * A crop of an original smaller than the box is the largest rectangle with the box's ratio that fits into the original.
 * @param original its dimensions after EXIF orientation
 * @example
 * outputDimensions({ width: 640 }, { width: 4000, height: 3000 }) // { width: 640, height: 480 }
 * outputDimensions({ width: 640 }, { width: 100, height: 75 }) // { width: 100, height: 75 }
 */
export const outputDimensions = ({ width: w, height: h }: Box, original: Dimensions): Dimensions => {
  if (w && h) {
    const scale = Math.min(1, original.width / w, original.height / h)
    return { width: round(w * scale), height: round(h * scale) }
  }
  if (w && w < original.width) return { width: w, height: round((original.height * w) / original.width) }
  if (h && h < original.height) return { width: round((original.width * h) / original.height), height: h }
  return { width: original.width, height: original.height }
}
