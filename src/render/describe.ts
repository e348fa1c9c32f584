/** Responsible for the `info` of an original: upright dimensions, a placeholder and the dominant colour. */
import { outputFormat } from "../sizes/format.ts"
import { outputDimensions } from "../sizes/geometry.ts"
import type { Info } from "../sizes/info.ts"
import type { InfoRecipe } from "../sizes/recipe.ts"
import type { Inspected } from "./inspect.ts"
import { loadSharp } from "./sharp.ts"

const PLACEHOLDER_SIDE = 16

const hex = (channel: number): string => channel.toString(16).padStart(2, "0")

/**
 * Describes an original. It is decoded once, for the placeholder.
 * @param bytes the original's bytes, or its pixels from `decodeWhole`
 */
export const describeOriginal = async (
  bytes: Uint8Array,
  original: Inspected,
  { settings }: InfoRecipe,
): Promise<Info> => {
  const makeImage = await loadSharp()
  const { width, height } = original.dimensions
  const box = width >= height ? { width: PLACEHOLDER_SIDE } : { height: PLACEHOLDER_SIDE }
  const tiny = outputDimensions(box, original.dimensions)
  const opened = makeImage(bytes, { failOn: "error", limitInputPixels: false, pages: 1 })
  const tinyImage = await (original.needsSrgbFirst ? opened.pipelineColourspace("srgb") : opened)
    .autoOrient()
    .resize(tiny.width, tiny.height, { fit: "fill" })
    .toColourspace("srgb")
    .png({ compressionLevel: 0 })
    .toBuffer()
  const placeholder = await makeImage(tinyImage, {}).webp({ quality: 50, effort: 2 }).toBuffer()
  const flat = await makeImage(tinyImage, {}).flatten({ background: settings.background }).png().toBuffer()
  const { dominant } = await makeImage(flat, {}).stats()
  return {
    width,
    height,
    format: original.format === "other" ? "tiff" : original.format,
    byteLength: original.byteLength,
    animated: outputFormat(undefined, original).animated,
    placeholder: `data:image/webp;base64,${placeholder.toString("base64")}`,
    dominantColour: `#${hex(dominant.r)}${hex(dominant.g)}${hex(dominant.b)}`,
  }
}
