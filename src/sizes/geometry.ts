/**
 * How large a rendition becomes. The only place that knows: rendering, `info` and clients all ask it, so they cannot disagree.
 * Never enlarges. Both sides are computed here and both are handed to the resizer, which is a pixel off when it has to derive one.
 */
import type { Box, Dimensions } from "./size.ts"

const round = (x: number): number => Math.max(1, Math.floor(x + 0.5))

/**
 * Width and height in pixels of `box` made from an upright original.
 * A crop of an original smaller than the box is the largest rectangle of the box's ratio that fits into it.
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
