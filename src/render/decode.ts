/**
 * Decoding once for several renditions. Only for containers whose decoder can scale nothing: of a JPEG or a WebP each rendition takes a
 * fraction that suits its size, which costs less than the whole and gives other pixels.
 *
 * Holds: what is made of the pixels equals, byte for byte, what is made of the original. What cannot hold that is not shared: an
 * original that has to be turned (its alpha is weighed in another order), and one that is worked on in more than eight bits.
 */
import { outputFormat } from "../sizes/format.ts"
import type { Recipe } from "../sizes/recipe.ts"
import type { Inspected } from "./inspect.ts"
import { pixelsPerMetre } from "./png.ts"
import { loadSharp } from "./sharp.ts"

const WHOLE: ReadonlySet<Inspected["container"]> = new Set(["png", "gif", "tiff", "heif"])

/** Whether renditions may be made of {@link decodeWhole}'s pixels. */
export const canShare = (original: Inspected, recipe: Recipe): boolean => {
  const { container, animated, isTurned, needsSrgbFirst } = original
  if (!WHOLE.has(container) || animated || isTurned || needsSrgbFirst) return false
  if (recipe.kind === "info") return true
  const { format } = outputFormat(recipe.format, original)
  // A GIF takes over the palette of its original; PNG keeps the resolution to more digits than is known of a TIFF's.
  return format !== "gif" && !(container === "tiff" && format === "png")
}

/** An original's first picture in sRGB, uncompressed, as a TIFF: a container that keeps its resolution, which sharp passes on. */
export const decodeWhole = async (bytes: Uint8Array, { container }: Inspected): Promise<Uint8Array> => {
  const makeImage = await loadSharp()
  const image = makeImage(bytes, { failOn: "error", limitInputPixels: false, pages: 1 })
  const perMetre = container === "png" ? pixelsPerMetre(bytes) : undefined
  const density = perMetre === undefined ? ((await image.metadata()).density ?? 25.4) / 25.4 : perMetre / 1000
  return image.toColourspace("srgb").tiff({ compression: "none", xres: density, yres: density }).toBuffer()
}
