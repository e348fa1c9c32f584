/**
 * Responsible for the question whether an original is decoded once for several renditions. Only for kinds whose decoder cannot scale: JPEG
 * and WebP are scaled while they are decoded, by a fraction that suits each size, which costs less than the whole picture and gives other
 * pixels.
 *
 * Invariants:
 * - A rendition made from the shared pixels equals, byte for byte, one made from the original. Originals for which this does not hold are
 *   not shared: rotated ones (alpha is premultiplied in another order) and ones processed with more than eight bits.
 */
import { outputFormat } from "../sizes/format.ts"
import type { Recipe } from "../sizes/recipe.ts"
import type { Inspected } from "./inspected.ts"

const DECODED_WHOLE: ReadonlySet<Inspected["container"]> = new Set(["png", "gif", "tiff", "heif"])

/** Whether a rendition may be made from the pixels of `decodeWhole`. */
export const canShare = (original: Inspected, recipe: Recipe): boolean => {
  const { container, isTurned, needsSrgbFirst, bytesPerSample, isPrepared } = original
  if (!DECODED_WHOLE.has(container) || isTurned || needsSrgbFirst || bytesPerSample > 1 || isPrepared) return false
  return recipe.kind === "info" || !outputFormat(recipe.format, original).animated
}
