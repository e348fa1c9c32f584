/**
 * Responsible for the strips and tiles of a TIFF page: whether the file has a place for each. The decoder takes a missing offset for the
 * beginning of the file, and shows the bytes there as pixels.
 *
 * Source: TIFF 6.0 §8 (RowsPerStrip, StripOffsets), §15 (tiles).
 */
import { TIFF_TAGS, type TiffDirectory, type TiffHeader, someTiffNumber, tiffNumbers } from "./tiff.ts"

/** Strips or tiles of a page. */
const countParts = (bytes: Uint8Array, header: TiffHeader, page: TiffDirectory): number => {
  const number = (tag: keyof typeof TIFF_TAGS, fallback: number): number =>
    tiffNumbers(bytes, header, page, tag)[0] || fallback
  const [width, height] = [number("width", 1), number("height", 1)]
  const planes = number("planarConfiguration", 1) === 2 ? number("samplesPerPixel", 1) : 1
  const [partWidth, partHeight] = page.has(TIFF_TAGS.tileWidth)
    ? [number("tileWidth", width), number("tileHeight", height)]
    : [width, number("rowsPerStrip", height)]
  return planes * Math.ceil(width / partWidth) * Math.ceil(height / partHeight)
}

/** A picture of 100 megapixels in tiles of 16 × 16 has 400 000. The offsets of more are not looked at. */
const MAX_PARTS = 1_000_000

/** Whether each strip or tile of a page has an offset. A page without any is left to the decoder. */
export const hasAllParts = (bytes: Uint8Array, header: TiffHeader, page: TiffDirectory): boolean => {
  const offsets = page.get(TIFF_TAGS.tileOffsets) ?? page.get(TIFF_TAGS.stripOffsets)
  if (!offsets) return true
  const count = countParts(bytes, header, page)
  if (offsets.count < count) return false
  return !someTiffNumber(bytes, header, { ...offsets, count: Math.min(count, MAX_PARTS) }, (offset) => offset === 0)
}
