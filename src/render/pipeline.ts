/**
 * Responsible for turning an original into a rendition: resized (resized.ts), changed by the options of its size (steps/finish.ts), and
 * encoded.
 *
 * Invariants:
 * - The output is upright, 8-bit sRGB, and has no EXIF, GPS, XMP, IPTC, profile, gain map or second picture. sharp writes metadata only
 *   when asked to, and converts colours by the embedded profile before dropping it.
 * - Several attempts to encode a rendition share one decode.
 */
import { outputFormat } from "../sizes/format.ts"
import type { ImageRecipe } from "../sizes/recipe.ts"
import type { Dimensions } from "../sizes/size.ts"
import { checkSide } from "./check-side.ts"
import { type EncodeJob, ENCODERS, type Traits } from "./encode.ts"
import { encodeToFit } from "./max-bytes.ts"
import { encoderTraits, SPARSE_BYTES, surveyed as surveyedOf, type SurveyedPixels } from "./pixels.ts"
import { isPlainPhoto } from "./plain-photo.ts"
import { type Job, prepareImage, readResized, type RenderInput, trimOriginal } from "./resized.ts"
import { cutFrame } from "./steps/crop.ts"
import { type FinishedPixels, finishPixels } from "./steps/finish.ts"
import { needsFinish } from "./steps/needs-finish.ts"
import { type Plan, planPicture } from "./steps/plan.ts"
import { subjectOf } from "./steps/subject.ts"
import { encodeLightestAnimation } from "./weight-animation.ts"
import { encodeLightest, encodeOwn, type Encoded, encodeWithin, inputOf, type WeightJob } from "./weight.ts"

/** A rendition to be made. */
interface ImageJob extends Job {
  readonly recipe: ImageRecipe
  readonly plan: Plan
  /** Dimensions of the rendition. */
  readonly output: Dimensions
}

const isSmaller = (part: Dimensions, whole: Dimensions): boolean =>
  part.width < whole.width || part.height < whole.height

const planJob = async (input: RenderInput, recipe: ImageRecipe): Promise<ImageJob> => {
  const { original } = input
  const { format, animated } = outputFormat(recipe.format, original)
  const threshold = recipe.options?.trim
  const part = threshold === undefined ? undefined : await trimOriginal(input, threshold, animated)
  // A picture without a border can be scaled while it is decoded.
  const trimmed = part && isSmaller(part, original.dimensions) ? part : undefined
  const plan = planPicture(recipe, trimmed ?? original.dimensions)
  checkSide(format, plan.output)
  return {
    ...input,
    recipe,
    plan,
    output: plan.output,
    resized: plan.resized,
    position: plan.position,
    trimmed,
    animated,
  }
}

/** Whether pixels are surveyed before they are encoded. Those of most photos are encoded while they are decoded. */
const isSurveyed = ({ original, recipe, animated }: ImageJob): boolean =>
  !animated && (!isPlainPhoto(original) || needsFinish(recipe))

/** A picture with an overlay or a border may be heavier than the original. */
const originalBytesOf = ({ original, recipe }: ImageJob): number =>
  needsFinish(recipe) ? Infinity : original.byteLength

const encodeJobOf = ({ recipe, output, original }: ImageJob, traits: Traits): EncodeJob => ({
  quality: recipe.settings.quality,
  width: output.width,
  height: output.height,
  // A losslessly saved photo need not have coloured edges. A photo that was encoded with full chroma has them on purpose.
  hasFullChroma: original.hasFullChroma && !(original.isLossless && traits.content === "photo"),
  originalColours: needsFinish(recipe) ? undefined : original.colours,
  ...traits,
})

/** Traits of pixels that were not surveyed. */
const UNKNOWN: Traits = { isGrey: false, colours: undefined, hasFineChroma: false, content: "photo" }

/** Bytes a pixel of an original that was coded without loss. */
const densityOf = ({ original: { isLossless, byteLength, frames, dimensions } }: ImageJob): number =>
  isLossless ? byteLength / (frames * dimensions.width * dimensions.height) : Infinity

const scaleOf = ({ original, output }: ImageJob): number =>
  (output.width * output.height) / (original.dimensions.width * original.dimensions.height)

/** The pixels of a rendition: resized, and changed by the options of its size. */
const readFinished = async (job: ImageJob): Promise<FinishedPixels> => {
  const { recipe, plan, original, marks, trimmed, getAsset } = job
  const { data, width, height, channels } = await readResized(job)
  const frames = Math.round(height / plan.resized.height)
  const subject = subjectOf(recipe, marks, original.dimensions, trimmed)
  return finishPixels(
    { data, width, height: plan.resized.height, frames, channels },
    { recipe, plan, subject, getAsset },
  )
}

/** The stripped original, for a rendition with all its pixels. */
const stripWhole = ({ original: { dimensions }, recipe, output, strip }: ImageJob): Uint8Array | undefined => {
  const isWhole = output.width === dimensions.width && output.height === dimensions.height && !recipe.options
  return isWhole ? strip?.() : undefined
}

const readSurveyed = async (job: ImageJob): Promise<SurveyedPixels> => {
  const { recipe, original } = job
  if (!needsFinish(recipe)) return surveyedOf(await readResized(job))
  const pixels = await readFinished(job)
  const isPhoto = isPlainPhoto(original) && recipe.options?.maxBytes === undefined
  return surveyedOf(pixels, { isPhoto, drawn: pixels.drawn && cutFrame(pixels, pixels.drawn) })
}

/** Encodes an animation, whose frames are decoded while they are encoded. */
const encodeAnimation = async (job: ImageJob): Promise<Encoded> => {
  const { original, recipe, output, source } = job
  const encode = encodeJobOf(job, { ...UNKNOWN, content: densityOf(job) < SPARSE_BYTES ? "mixed" : "photo" })
  return encodeLightestAnimation({
    prepare: () => prepareImage(job),
    delays: source.delays,
    ...(needsFinish(recipe) && { finish: () => readFinished(job) }),
    frames: original.frames,
    output,
    format: outputFormat(recipe.format, original).format,
    own: outputFormat(recipe.options?.format, original).format,
    encode,
    originalBytes: originalBytesOf(job),
    strip: () => stripWhole(job),
    scale: scaleOf(job),
    maxBytes: recipe.options,
  })
}

/** Encodes pixels whose traits are known. */
const encodeSurveyed = async (job: ImageJob, surveyed: SurveyedPixels): Promise<Encoded> => {
  const { original, recipe } = job
  const traits = { ...original, hasAlpha: !surveyed.traits.isOpaque }
  const { format } = outputFormat(recipe.format, traits)
  const own = { format: outputFormat(undefined, traits).format, canChange: original.format === "other" }
  const weight: WeightJob = {
    format,
    encode: encodeJobOf(job, encoderTraits(surveyed, densityOf(job), format)),
    background: recipe.settings.background,
    originalBytes: originalBytesOf(job),
    strip: () => stripWhole(job),
    scale: scaleOf(job),
  }
  const makeInput = inputOf(surveyed, recipe.settings.background)
  const isLosslessWebp = original.isLossless && original.format === "webp"
  if (recipe.format === undefined && !isLosslessWebp) return encodeOwn(makeInput, weight, format, own.canChange)
  // A forced format is true to its extension.
  const mayChange = original.isLossless && recipe.options?.format === undefined
  if (mayChange && (format === "avif" || format === "webp")) return encodeLightest(surveyed, weight, own)
  // Explicit PNG and GIF are for pixels, not for weight.
  const isWeighed = format === original.format && format !== "png" && format !== "gif"
  return encodeWithin(makeInput, weight, isWeighed ? originalBytesOf(job) : Infinity)
}

/** Encodes while the original is decoded; only where that is heavier than the original, its pixels are kept for further attempts. */
const encodeStreamed = async (job: ImageJob): Promise<Encoded> => {
  const { original, recipe } = job
  const { format } = outputFormat(recipe.format, original)
  const encode = encodeJobOf(job, { ...UNKNOWN, isGrey: original.isGrey })
  const limit = format === original.format ? original.byteLength : Infinity
  const image = await (job.openResized ?? prepareImage)(job)
  const bytes = await ENCODERS[format].encode({ image }, encode)
  if (bytes.length <= limit) return { bytes, format }
  return encodeSurveyed(job, await readSurveyed(job))
}

/** Encodes a still that is heavier than its size allows again, in lower quality. */
const fitStill = async (job: ImageJob, encoded: Encoded): Promise<Encoded> => {
  const { maxBytes, minQuality } = job.recipe.options ?? {}
  if (maxBytes === undefined || encoded.bytes.length <= maxBytes || job.animated) return encoded
  const surveyed = await readSurveyed(job)
  const format = outputFormat(job.recipe.format, { ...job.original, hasAlpha: !surveyed.traits.isOpaque }).format
  const encode = encodeJobOf(job, encoderTraits(surveyed, densityOf(job), format))
  return encodeToFit(inputOf(surveyed, job.recipe.settings.background), { format, encode }, { maxBytes, minQuality })
}

/** An encoded rendition. */
export interface RenderedImage extends Encoded {
  readonly dimensions: Dimensions
}

/**
 * Renders an original by a recipe.
 * @throws {original-too-large} the output would not fit its format
 */
export const renderImage = async (input: RenderInput, recipe: ImageRecipe): Promise<RenderedImage> => {
  const job = await planJob(input, recipe)
  const encoded = job.animated
    ? await encodeAnimation(job)
    : isSurveyed(job)
      ? await encodeSurveyed(job, await readSurveyed(job))
      : await encodeStreamed(job)
  const fitted = await fitStill(job, encoded)
  checkSide(fitted.format, job.output)
  return { ...fitted, dimensions: job.output }
}
