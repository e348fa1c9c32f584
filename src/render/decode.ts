/**
 * Responsible for decoding an original once for several renditions. Only for kinds whose decoder cannot scale: JPEG and WebP are scaled
 * while they are decoded, by a fraction that suits each size, which costs less than the whole picture and gives other pixels.
 *
 * Invariants:
 * - A rendition made from the shared pixels equals, byte for byte, one made from the original. Originals for which this does not hold are
 *   not shared: rotated ones (alpha is premultiplied in another order) and ones processed with more than eight bits.
 */
import { outputFormat } from "../sizes/format.ts"
import type { Recipe } from "../sizes/recipe.ts"
import type { Inspected } from "./inspect.ts"
import { pixelsPerMetre } from "./png.ts"
import { loadSharp } from "./sharp.ts"

const DECODED_WHOLE: ReadonlySet<Inspected["container"]> = new Set(["png", "gif", "tiff", "heif"])

/** Whether a rendition may be made from the pixels of {@link decodeWhole}. */
export const canShare = (original: Inspected, recipe: Recipe): boolean => {
  const { container, animated, isTurned, needsSrgbFirst } = original
  if (!DECODED_WHOLE.has(container) || animated || isTurned || needsSrgbFirst) return false
  if (recipe.kind === "info") return true
  const { format } = outputFormat(recipe.format, original)
  // GIF output reuses the palette of a GIF original. PNG stores the resolution with more digits than sharp reports for a TIFF.
  return format !== "gif" && !(container === "tiff" && format === "png")
}

/**
 * Decodes the first picture to sRGB.
 * @returns an uncompressed TIFF, which keeps the resolution that sharp passes on
 */
export const decodeWhole = async (bytes: Uint8Array, { container }: Inspected): Promise<Uint8Array> => {
  const makeImage = await loadSharp()
  const image = makeImage(bytes, { failOn: "error", limitInputPixels: false, pages: 1 })
  const perMetre = container === "png" ? pixelsPerMetre(bytes) : undefined
  const density = perMetre === undefined ? ((await image.metadata()).density ?? 25.4) / 25.4 : perMetre / 1000
  return image.toColourspace("srgb").tiff({ compression: "none", xres: density, yres: density }).toBuffer()
}
