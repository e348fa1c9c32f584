/**
 * Responsible for estimating the peak memory of a render, for admission and for the memory cap of render processes. A wrong estimate costs
 * speed or memory, never a wrong picture.
 *
 * Invariants:
 * - An estimate is an upper bound for every kind of original that `npm run bench -- --only factors` measures.
 */
import { type Container, outputFormat } from "../sizes/format.ts"
import type { ImageRecipe, Recipe } from "../sizes/recipe.ts"
import type { Inspected } from "./inspected.ts"
import { needsFinish } from "./steps/needs-finish.ts"
import { planPicture } from "./steps/plan.ts"

/** Bytes of a decoded pixel. */
const pixelBytes = ({ channels, bytesPerSample }: Inspected): number => channels * bytesPerSample

/** Memory for each decoded pixel, in bytes. */
const PER_DECODED_PIXEL: Record<Container, (original: Inspected) => number> = {
  // A baseline JPEG is scaled while it is decoded; a progressive one keeps all coefficients, of two bytes.
  jpeg: ({ isProgressive, samplesPerPixel }) => (isProgressive ? 0.8 + 2.1 * samplesPerPixel : 0.6),
  // An interlaced PNG keeps all rows.
  png: (original) => (original.isProgressive ? 1.3 : 0.45) * pixelBytes(original),
  // The canvas of an animation is RGBA, and so is a picture without loss; other pictures are scaled while they are decoded.
  webp: ({ isAnimation, isLossless, hasAlpha }) => (isAnimation ? 5.4 : isLossless ? 4.6 : hasAlpha ? 1.8 : 1),
  gif: () => 1,
  tiff: (original) => Math.max(2.5, 0.9 * pixelBytes(original)),
  // The whole picture, several times over.
  heif: ({ bytesPerSample }) => (bytesPerSample > 1 ? 27 : 20),
}

/** A GIF's decoder also keeps one RGBA frame, onto which it draws the next. */
const PER_GIF_FRAME_PIXEL = 5

/** Copies of the whole picture while its samples are corrected. */
const PREPARED_COPIES = 4

/** libvips processes strips of whole rows, at several stages at once: more than all pixels of a short and wide picture. */
const STRIP_ROWS = 32
const STRIP_COPIES = 24

/** Memory for each output pixel while it is encoded, in bytes. */
const PER_OUTPUT_PIXEL = { avif: 36, webpOfFourChannels: 22, other: 13 }

/** Decoded output pixels, twice while they are collected. */
const PER_KEPT_PIXEL = 8

/** Memory for each output pixel of each frame of an animation, in bytes. */
const PER_FRAME_PIXEL = { gif: 10, webp: 8 }

const FIXED_BYTES = 4_000_000

const SCALED_IN_DECODING: ReadonlySet<Container> = new Set(["jpeg", "webp"])

/** A picture that is scaled while it is decoded is at most twice as wide as it is needed. */
const stripWidth = ({ container, dimensions }: Inspected, scale: number): number =>
  SCALED_IN_DECODING.has(container) ? Math.min(dimensions.width, 2 * dimensions.width * scale) : dimensions.width

/** @param scale of the resize, 0 to 1 */
const stripBytes = (original: Inspected, scale: number): number => {
  const rows = Math.min(original.dimensions.height, STRIP_ROWS)
  return STRIP_COPIES * pixelBytes(original) * stripWidth(original, scale) * rows
}

/** Memory for each pixel of decoders in WebAssembly, in bytes: their own, and the pixels as they leave it. */
const PER_FOREIGN_PIXEL = { heic: 22, jxl: 48 }

/** The same for their code. */
const FOREIGN_BYTES = 60_000_000

const decodingBytes = (original: Inspected): number => {
  const { container, decoder, decodedPixels, dimensions, byteLength, isPrepared } = original
  if (decoder) return FOREIGN_BYTES + 2 * byteLength + PER_FOREIGN_PIXEL[decoder] * decodedPixels
  const canvas = container === "gif" ? PER_GIF_FRAME_PIXEL * dimensions.width * dimensions.height : 0
  const prepared = isPrepared ? PREPARED_COPIES * pixelBytes(original) * decodedPixels : 0
  return byteLength + PER_DECODED_PIXEL[container](original) * decodedPixels + canvas + prepared
}

const encodingBytes = (original: Inspected, recipe: ImageRecipe, pixels: number): number => {
  const { format, animated } = outputFormat(recipe.format, original)
  if (animated) return PER_FRAME_PIXEL[format === "gif" ? "gif" : "webp"] * pixels * original.frames
  const hasFourChannels = original.hasAlpha || original.isLossless
  const encoder = format === "avif" ? "avif" : format === "webp" && hasFourChannels ? "webpOfFourChannels" : "other"
  return (PER_OUTPUT_PIXEL[encoder] + PER_KEPT_PIXEL) * pixels
}

/** Bytes for each pixel decoded for several renditions: at most four channels, held twice while they are collected. */
const PER_HELD_PIXEL = 8

/** Expected peak memory of decoding an original whole, in bytes. The pixels that are kept afterwards take less. */
export const estimateDecode = (original: Inspected): number =>
  Math.round(FIXED_BYTES + decodingBytes(original) + stripBytes(original, 1) + PER_HELD_PIXEL * original.decodedPixels)

/** Pixels before and after a step, with alpha, and the image library's own. */
const PER_STEP_PIXEL = 20

/** Memory for each pixel of an original that is decoded whole to find its border, in bytes. */
const PER_TRIMMED_PIXEL = 8

const trimmingBytes = ({ decodedPixels }: Inspected, trim: unknown): number =>
  trim === undefined ? 0 : PER_TRIMMED_PIXEL * decodedPixels

/** Memory for the options of a size. All frames of an animation are held at once. */
const stepBytes = (original: Inspected, recipe: ImageRecipe): number => {
  const trimming = trimmingBytes(original, recipe.options?.trim)
  if (!needsFinish(recipe)) return trimming
  const { resized, output } = planPicture(recipe, original.dimensions)
  const frames = original.animated ? original.frames : 1
  return trimming + PER_STEP_PIXEL * frames * (resized.width * resized.height + output.width * output.height)
}

/** Expected peak memory of a render in bytes, above an idle process. @param isDecoded the pixels are decoded already */
export const estimatePeak = (original: Inspected, recipe: Recipe, isDecoded = false): number => {
  const decoding = FIXED_BYTES + (isDecoded ? 0 : decodingBytes(original))
  // The placeholder is tiny.
  if (recipe.kind === "info")
    return Math.round(decoding + stripBytes(original, 0) + trimmingBytes(original, recipe.trims))
  const { resized, output } = planPicture(recipe, original.dimensions)
  const { width, height } = original.dimensions
  const scale = Math.min(1, Math.max(resized.width / width, resized.height / height))
  const encoding = encodingBytes(original, recipe, output.width * output.height)
  return Math.round(decoding + stripBytes(original, scale) + encoding + stepBytes(original, recipe))
}

/** Expected peak memory of reading an original's header, in bytes. */
export const estimateOpen = (byteLength: number): number => FIXED_BYTES + byteLength
