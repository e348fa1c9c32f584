/**
 * Responsible for turning an original into a rendition: the order of the work is one list of steps, and each step decides itself whether
 * it has anything to do.
 *
 * Invariants:
 * - The output is upright, 8-bit sRGB, and has no EXIF, GPS, XMP, IPTC, profile, gain map or second picture. sharp writes metadata only
 *   when asked to, and converts colours by the embedded profile before dropping it.
 */
import type { Sharp } from "sharp"

import { originalTooLarge } from "../errors.ts"
import { type Format, outputFormat } from "../sizes/format.ts"
import { outputDimensions } from "../sizes/geometry.ts"
import type { ImageRecipe } from "../sizes/recipe.ts"
import type { Dimensions } from "../sizes/size.ts"
import { ENCODERS } from "./encode.ts"
import type { Inspected } from "./inspect.ts"
import { keepPixels } from "./kept-pixels.ts"
import { loadSharp } from "./sharp.ts"

/** Input of a step. */
interface Job {
  readonly recipe: ImageRecipe
  readonly original: Inspected
  /** Upright pixels of the output. */
  readonly output: Dimensions
  readonly format: Format
  readonly animated: boolean
}

type Step = (image: Sharp, job: Job) => Sharp

const orient: Step = (image, { animated }) => (animated ? image : image.autoOrient())

const resize: Step = (image, { recipe, output }) => {
  const isCrop = recipe.box.width !== undefined && recipe.box.height !== undefined
  return image.resize(
    output.width,
    output.height,
    isCrop ? { fit: "cover", position: recipe.gravity } : { fit: "fill" },
  )
}

const toSrgb: Step = (image) => image.toColourspace("srgb")

const flatten: Step = (image, { format, original, recipe }) =>
  format === "jpeg" && original.hasAlpha ? image.flatten({ background: recipe.settings.background }) : image

/** Otherwise libvips works in another colour space and does not convert back. */
const workInSrgb: Step = (image, { original }) => (original.needsSrgbFirst ? image.pipelineColourspace("srgb") : image)

const STEPS: readonly Step[] = [workInSrgb, orient, resize, toSrgb, flatten]

const planJob = (original: Inspected, recipe: ImageRecipe): Job => {
  const output = outputDimensions(recipe.box, original.dimensions)
  const job = { recipe, original, output, ...outputFormat(recipe.format, original) }
  const { maxSide } = ENCODERS[job.format]
  if (Math.max(output.width, output.height) > maxSide) {
    throw originalTooLarge(
      `a side that would become ${Math.max(output.width, output.height)} pixels`,
      `${maxSide} for ${job.format}`,
    )
  }
  return job
}

/** An encoded rendition. */
export interface RenderedImage {
  readonly bytes: Uint8Array
  readonly format: Format
  readonly dimensions: Dimensions
}

/**
 * Renders an original by a recipe. A rendition that is heavier than an original of its own format is encoded again at lower quality,
 * since a picture of no more pixels should not cost more bytes. (A lossless one can, where resizing created new colours.)
 * @param bytes the original's bytes, or its pixels from `decodeWhole`
 * @throws {original-too-large} the output would not fit its format
 */
export const renderImage = async (
  bytes: Uint8Array,
  original: Inspected,
  recipe: ImageRecipe,
): Promise<RenderedImage> => {
  const job = planJob(original, recipe)
  const makeImage = await loadSharp()
  const prepare = (): Sharp => {
    const opened = makeImage(bytes, { failOn: "error", limitInputPixels: false, pages: job.animated ? -1 : 1 })
    return STEPS.reduce((image, step) => step(image, job), opened)
  }
  const { encode, lighter } = ENCODERS[job.format]
  const encoding = { quality: recipe.settings.quality, width: job.output.width, original }
  let best = await encode(prepare(), encoding).toBuffer()
  if (job.format === original.format && best.length > original.byteLength) {
    const fromPixels = await keepPixels({ prepare, output: job.output, isAnimated: job.animated }, makeImage)
    for (const encodeLighter of lighter) {
      const attempt = await encodeLighter(fromPixels(), encoding).toBuffer()
      if (attempt.length < best.length) best = attempt
      if (best.length <= original.byteLength) break
    }
  }
  return { bytes: best, format: job.format, dimensions: job.output }
}
