/**
 * Responsible for estimating the peak memory of a render, for admission and for the memory cap of render processes. A wrong estimate costs
 * speed or memory, never a wrong picture. The factors are the output of `npm run bench -- --only factors`, rounded up.
 */
import type { Container } from "../sizes/format.ts"
import type { ImageRecipe, Recipe } from "../sizes/recipe.ts"
import type { Inspected } from "./inspect.ts"
import { needsFinish } from "./steps/needs-finish.ts"
import { planPicture } from "./steps/plan.ts"

/**
 * Bytes per decoded pixel. A baseline JPEG and a still WebP are scaled while they are decoded; a progressive JPEG keeps its
 * coefficients, an interlaced PNG all its rows, an AVIF the whole picture several times over.
 */
const PER_DECODED_PIXEL: Record<Container, { readonly baseline: number; readonly progressive: number }> = {
  jpeg: { baseline: 0.6, progressive: 4 },
  png: { baseline: 1.3, progressive: 5 },
  webp: { baseline: 1, progressive: 1 },
  gif: { baseline: 1, progressive: 1 },
  tiff: { baseline: 2.5, progressive: 2.5 },
  heif: { baseline: 20, progressive: 20 },
}

/** A GIF's decoder also keeps one RGBA frame, onto which it draws the next. */
const PER_GIF_FRAME_PIXEL = 5

/**
 * libvips processes strips of whole rows, at several stages at once: more than all pixels of a short and wide picture. A picture that is
 * scaled while it is decoded is at most twice as wide as the output.
 */
const STRIP_ROWS = 32
const PER_STRIP_PIXEL = 60

/** Bytes per output pixel during encoding. */
const PER_OUTPUT_PIXEL = { avif: 36, other: 12 }

const FIXED_BYTES = 4_000_000

const SCALED_IN_DECODING: ReadonlySet<Container> = new Set(["jpeg", "webp"])

const stripBytes = ({ container, dimensions }: Inspected, outputWidth: number): number => {
  const width = SCALED_IN_DECODING.has(container) ? Math.min(dimensions.width, 2 * outputWidth) : dimensions.width
  return PER_STRIP_PIXEL * width * Math.min(dimensions.height, STRIP_ROWS)
}

const decodingBytes = ({ container, isProgressive, decodedPixels, dimensions, byteLength }: Inspected): number => {
  const perPixel = PER_DECODED_PIXEL[container][isProgressive ? "progressive" : "baseline"]
  const canvas = container === "gif" ? PER_GIF_FRAME_PIXEL * dimensions.width * dimensions.height : 0
  return byteLength + perPixel * decodedPixels + canvas
}

/** Bytes per pixel decoded for several renditions: at most four channels, held twice while they are collected. */
const PER_HELD_PIXEL = 8

/** Expected peak memory of decoding an original whole, in bytes. The pixels that are kept afterwards take less. */
export const estimateDecode = (original: Inspected): number =>
  Math.round(FIXED_BYTES + decodingBytes(original) + stripBytes(original, 0) + PER_HELD_PIXEL * original.decodedPixels)

/** Pixels before and after a step, with alpha, and the image library's own. */
const PER_STEP_PIXEL = 20

/** Bytes per pixel of an original that is decoded whole to find its border. */
const PER_TRIMMED_PIXEL = 8

/** Bytes for the options of a size. All frames of an animation are held at once. */
const stepBytes = (original: Inspected, recipe: ImageRecipe): number => {
  const trimming = recipe.options?.trim === undefined ? 0 : PER_TRIMMED_PIXEL * original.decodedPixels
  if (!needsFinish(recipe)) return trimming
  const { resized, output } = planPicture(recipe, original.dimensions)
  const frames = original.animated ? original.frames : 1
  return trimming + PER_STEP_PIXEL * frames * (resized.width * resized.height + output.width * output.height)
}

/** Expected peak memory of a render in bytes, above an idle process. @param isDecoded the pixels are decoded already */
export const estimatePeak = (original: Inspected, recipe: Recipe, isDecoded = false): number => {
  const decoding = isDecoded ? 0 : decodingBytes(original)
  // The placeholder is tiny.
  if (recipe.kind === "info") return Math.round(FIXED_BYTES + decoding + stripBytes(original, 0))
  const { output, resized } = planPicture(recipe, original.dimensions)
  const { width, height } = output
  const isAvif = recipe.format === "avif" || (recipe.format === undefined && original.container === "heif")
  const encoding = PER_OUTPUT_PIXEL[isAvif ? "avif" : "other"] * width * height
  return Math.round(
    FIXED_BYTES + decoding + stripBytes(original, resized.width) + encoding + stepBytes(original, recipe),
  )
}

/** Expected peak memory of reading an original's header, in bytes. */
export const estimateOpen = (byteLength: number): number => FIXED_BYTES + byteLength
