/** Responsible for the `info` of an original: upright dimensions, a placeholder and the dominant colour. */
import { outputFormat } from "../sizes/format.ts"
import { outputDimensions } from "../sizes/geometry.ts"
import type { Info } from "../sizes/info.ts"
import type { InfoRecipe } from "../sizes/recipe.ts"
import type { Dimensions } from "../sizes/size.ts"
import { imageOf } from "./pixels.ts"
import { type RenderInput, renderPixels, trimmedDimensions } from "./resized.ts"
import { loadSharp } from "./sharp.ts"

const PLACEHOLDER_SIDE = 16

const hex = (channel: number): string => channel.toString(16).padStart(2, "0")

const trimmedBy = async (input: RenderInput, trims: readonly number[]): Promise<Record<number, Dimensions>> => {
  const trimmed: Record<number, Dimensions> = {}
  for (const threshold of trims) trimmed[threshold] = await trimmedDimensions(input, threshold)
  return trimmed
}

/** Describes an original. It is decoded once, for the placeholder. */
export const describeOriginal = async (input: RenderInput, { settings, trims }: InfoRecipe): Promise<Info> => {
  const { original } = input
  const { width, height } = original.dimensions
  const box = width >= height ? { width: PLACEHOLDER_SIDE } : { height: PLACEHOLDER_SIDE }
  const surveyed = await renderPixels(input, outputDimensions(box, original.dimensions))
  const placeholder = await (
    await imageOf(surveyed, "webp", settings.background)
  )
    .webp({ quality: 50, effort: 2 })
    .toBuffer()
  const flat = await (await imageOf(surveyed, "jpeg", settings.background)).toColourspace("srgb").png().toBuffer()
  const { dominant } = await (await loadSharp())(flat, {}).stats()
  return {
    width,
    height,
    ...(trims && { trimmed: await trimmedBy(input, trims) }),
    format: original.decoder ?? (original.format === "other" ? "tiff" : original.format),
    byteLength: original.byteLength,
    animated: outputFormat(undefined, original).animated,
    placeholder: `data:image/webp;base64,${placeholder.toString("base64")}`,
    dominantColour: `#${hex(dominant.r)}${hex(dominant.g)}${hex(dominant.b)}`,
  }
}
