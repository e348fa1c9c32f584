/**
 * Responsible for turning an original into a rendition: the order of the work is one list of steps, and each step decides itself whether
 * it has anything to do.
 *
 * Invariants:
 * - The output is upright, 8-bit sRGB, and has no EXIF, GPS, XMP, IPTC, profile, gain map or second picture. sharp writes metadata only
 *   when asked to, and converts colours by the embedded profile before dropping it.
 * - Several attempts to encode a rendition share one decode.
 */
import type { Sharp } from "sharp"

import { originalTooLarge } from "../errors.ts"
import { type Format, outputFormat } from "../sizes/format.ts"
import { outputDimensions } from "../sizes/geometry.ts"
import type { ImageRecipe } from "../sizes/recipe.ts"
import type { Dimensions } from "../sizes/size.ts"
import type { Converter } from "./colour/converter.ts"
import { type EncodeJob, ENCODERS, type Traits } from "./encode.ts"
import type { Inspected } from "./inspect.ts"
import { encoderTraits, type SurveyedPixels, surveyPixels } from "./pixels.ts"
import { openImage, type Source } from "./source.ts"
import { encodeLightestAnimation } from "./weight-animation.ts"
import { encodeLightest, encodeOwn, type Encoded, encodeWithin, inputOf, type WeightJob } from "./weight.ts"

/** An original to render from. */
export interface RenderInput {
  readonly source: Source
  readonly convert: Converter | undefined
  readonly original: Inspected
}

/** Input of a step. */
interface Job extends RenderInput {
  /** Upright pixels of the output. */
  readonly output: Dimensions
  /** The part that is kept of a crop; undefined where the whole picture is shown. */
  readonly gravity: ImageRecipe["gravity"] | undefined
  readonly animated: boolean
}

/** A rendition to be made. */
interface ImageJob extends Job {
  readonly recipe: ImageRecipe
}

type Step = (image: Sharp, job: Job) => Sharp

/** Otherwise libvips works in another colour space and does not convert back. */
const workInSrgb: Step = (image, { original }) => (original.needsSrgbFirst ? image.pipelineColourspace("srgb") : image)

const orient: Step = (image, { animated }) => (animated ? image : image.autoOrient())

const resize: Step = (image, { gravity, output }) =>
  image.resize(output.width, output.height, gravity ? { fit: "cover", position: gravity } : { fit: "fill" })

/** Pixels that are converted afterwards keep their depth. */
const toRgb: Step = (image, { original }) => image.toColourspace(isConvertedDeep(original) ? "rgb16" : "srgb")

const STEPS: readonly Step[] = [workInSrgb, orient, resize, toRgb]

const isConvertedDeep = ({ isConverted, bytesPerSample }: Inspected): boolean => isConverted && bytesPerSample === 2

/** The resized image, upright and in sRGB unless it is converted afterwards; all frames of an animation. */
const prepareImage = async (job: Job): Promise<Sharp> => {
  const image = await openImage(job.source, job.animated)
  return STEPS.reduce((stepped, step) => step(stepped, job), image)
}

const checkSide = (format: Format, { width, height }: Dimensions): void => {
  const { maxSide } = ENCODERS[format]
  const side = Math.max(width, height)
  if (side > maxSide) throw originalTooLarge(`a side that would become ${side} pixels`, `${maxSide} for ${format}`)
}

const planJob = (input: RenderInput, recipe: ImageRecipe): ImageJob => {
  const { original } = input
  const { width, height } = recipe.box
  const gravity = width !== undefined && height !== undefined ? recipe.gravity : undefined
  const output = outputDimensions(recipe.box, original.dimensions)
  const { format, animated } = outputFormat(recipe.format, original)
  checkSide(format, output)
  return { ...input, recipe, output, gravity, animated }
}

/** Whether pixels are surveyed before they are encoded. Those of most photos are encoded while they are decoded. */
const isSurveyed = ({ original, animated }: ImageJob): boolean => {
  const { container, isLossless, hasAlpha, hasFullChroma, isConverted } = original
  return !animated && (isLossless || hasAlpha || hasFullChroma || isConverted || container === "heif")
}

const encodeJobOf = ({ recipe, output, original }: ImageJob, traits: Traits): EncodeJob => ({
  quality: recipe.settings.quality,
  width: output.width,
  height: output.height,
  originalColours: original.colours,
  ...traits,
})

/** Traits of pixels that were not surveyed. */
const UNKNOWN: Traits = { isGrey: false, colours: undefined, hasFineChroma: false, isGraphic: false }

const scaleOf = ({ original, output }: Job): number =>
  (output.width * output.height) / (original.dimensions.width * original.dimensions.height)

const readSurveyed = async (job: Job): Promise<SurveyedPixels> =>
  surveyPixels(await prepareImage(job), { convert: job.convert, is16Bit: isConvertedDeep(job.original) })

/** Encodes an animation, whose frames are decoded while they are encoded. */
const encodeAnimation = async (job: ImageJob): Promise<Encoded> => {
  const { original, recipe, output, source } = job
  const encode = encodeJobOf(job, UNKNOWN)
  return encodeLightestAnimation({
    prepare: () => prepareImage(job),
    delays: source.delays,
    frames: original.frames,
    output,
    format: outputFormat(recipe.format, original).format,
    own: outputFormat(undefined, original).format,
    encode,
    originalBytes: original.byteLength,
    scale: scaleOf(job),
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
    encode: encodeJobOf(job, encoderTraits(surveyed)),
    background: recipe.settings.background,
    originalBytes: original.byteLength,
    scale: scaleOf(job),
  }
  const makeInput = inputOf(surveyed, recipe.settings.background)
  if (recipe.format === undefined) return encodeOwn(makeInput, weight, format, own.canChange)
  if (original.isLossless && (format === "avif" || format === "webp")) return encodeLightest(surveyed, weight, own)
  // Explicit PNG and GIF are for pixels, not for weight.
  const isWeighed = format === original.format && format !== "png" && format !== "gif"
  return encodeWithin(makeInput, weight, isWeighed ? original.byteLength : Infinity)
}

/** Encodes while the original is decoded; only where that is heavier than the original, its pixels are kept for further attempts. */
const encodeStreamed = async (job: ImageJob): Promise<Encoded> => {
  const { original, recipe } = job
  const { format } = outputFormat(recipe.format, original)
  const encode = encodeJobOf(job, { ...UNKNOWN, isGrey: original.isGrey })
  const limit = format === original.format ? original.byteLength : Infinity
  const bytes = await ENCODERS[format].encode({ image: await prepareImage(job) }, encode)
  if (bytes.length <= limit) return { bytes, format }
  return encodeSurveyed(job, await readSurveyed(job))
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
  const job = planJob(input, recipe)
  const encoded = job.animated
    ? await encodeAnimation(job)
    : isSurveyed(job)
      ? await encodeSurveyed(job, await readSurveyed(job))
      : await encodeStreamed(job)
  checkSide(encoded.format, job.output)
  return { ...encoded, dimensions: job.output }
}

/** The whole picture in given dimensions. */
export const renderPixels = (input: RenderInput, output: Dimensions): Promise<SurveyedPixels> =>
  readSurveyed({ ...input, output, gravity: undefined, animated: false })
