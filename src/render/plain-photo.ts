/**
 * Responsible for the question whether an original is like most photos. Their pixels are encoded while they are decoded, and their base URL
 * has one format.
 */
import type { Inspected } from "./inspected.ts"

/** True for opaque sRGB with chroma in half the resolution. */
export const isPlainPhoto = ({ container, isLossless, hasAlpha, hasFullChroma, isConverted }: Inspected): boolean =>
  !isLossless && !hasAlpha && !hasFullChroma && !isConverted && container !== "heif"
