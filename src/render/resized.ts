/**
 * Responsible for the way from an original to its resized pixels: one list of steps, each of which decides itself whether it has anything to
 * do.
 */
import type { Sharp } from "sharp"

import { outputFormat } from "../sizes/format.ts"
import type { Dimensions, Gravity } from "../sizes/size.ts"
import type { Converter } from "./colour/converter.ts"
import { settleEdgeColours } from "./edge-colours.ts"
import type { Inspected } from "./inspected.ts"
import { readPixels, type SurveyedPixels, surveyed } from "./pixels.ts"
import { openImage, type Source } from "./source.ts"
import type { Frame, Pixels } from "./steps/frame.ts"
import type { Rectangle } from "./steps/plan.ts"
import type { GetAsset } from "./steps/step.ts"
import type { MarkedMetadata } from "./steps/subject.ts"
import { findTrim } from "./steps/trim.ts"

/** An original to render from. */
export interface RenderInput {
  readonly source: Source
  readonly convert: Converter | undefined
  readonly original: Inspected
  /** Metadata that can mark a subject. */
  readonly marks: MarkedMetadata
  /** Files of overlays. */
  readonly getAsset: GetAsset
  /** The original without its metadata; undefined where that is not a rendition. */
  readonly strip?: (() => Uint8Array | undefined) | undefined
  /** Opens resized pixels that other renditions use, too. @default they are made for this rendition */
  readonly openResized?: ((job: Job) => Promise<Sharp>) | undefined
}

/** Input of a step. */
export interface Job extends RenderInput {
  /** Upright pixels that the picture is resized to. */
  readonly resized: Dimensions
  /** The part that the resizer keeps; undefined where it shows the whole picture. */
  readonly position: Gravity | undefined
  /** The part of the original that is left of it; undefined for all of it. */
  readonly trimmed: Rectangle | undefined
  readonly animated: boolean
}

type Step = (image: Sharp, job: Job) => Sharp

/** Otherwise libvips works in another colour space and does not convert back. */
const workInSrgb: Step = (image, { original }) => (original.needsSrgbFirst ? image.pipelineColourspace("srgb") : image)

const orient: Step = (image, { animated }) => (animated ? image : image.autoOrient())

const cut: Step = (image, { trimmed }) => (trimmed ? image.extract(trimmed) : image)

const resize: Step = (image, { position, resized: { width, height } }) =>
  image.resize(width, height, position ? { fit: "cover", position } : { fit: "fill" })

/** Pixels that are converted afterwards keep their depth. */
const toRgb: Step = (image, { original }) => image.toColourspace(isConvertedDeep(original) ? "rgb16" : "srgb")

/** The steps up to the resized pixels. Those of options of a size follow in steps/finish.ts. */
const STEPS: readonly Step[] = [workInSrgb, orient, cut, resize, toRgb]

const isConvertedDeep = ({ isConverted, bytesPerSample }: Inspected): boolean => isConverted && bytesPerSample === 2

/** The resized image, upright and in sRGB unless it is converted afterwards; all frames of an animation. */
export const prepareImage = async (job: Job): Promise<Sharp> => {
  const image = await openImage(job.source, job.animated)
  return STEPS.reduce((stepped, step) => step(stepped, job), image)
}

const isResized = ({ original: { dimensions }, resized: { width, height } }: Job): boolean =>
  width !== dimensions.width || height !== dimensions.height

/** The resized pixels, all frames below each other. */
export const readResized = async (job: Job): Promise<Frame> => {
  const image = await prepareImage(job)
  const pixels = await readPixels(image, { convert: job.convert, is16Bit: isConvertedDeep(job.original) })
  return isResized(job) ? settleEdgeColours(pixels) : pixels
}

/** The pixels of an image that is not resized. @param animated all frames below each other */
const framesOf = async (image: Sharp, { original, convert }: Job, animated: boolean): Promise<Pixels> => {
  const pixels = await readPixels(image, { convert, is16Bit: isConvertedDeep(original) })
  const height = animated ? original.dimensions.height : pixels.height
  return { ...pixels, height, frames: Math.round(pixels.height / height) }
}

/** The picture without its border of one colour. @param animated all frames together */
export const trimOriginal = async (input: RenderInput, threshold: number, animated: boolean): Promise<Rectangle> => {
  const { original, source } = input
  const whole = original.dimensions
  const job: Job = { ...input, resized: whole, position: undefined, trimmed: undefined, animated }
  const image = [workInSrgb, orient, toRgb].reduce(
    (stepped, step) => step(stepped, job),
    await openImage(source, animated),
  )
  return findTrim(await framesOf(image, job, animated), threshold)
}

/** Dimensions of an original after `trim`. */
export const trimmedDimensions = async (input: RenderInput, threshold: number): Promise<Dimensions> => {
  const { animated } = outputFormat(undefined, input.original)
  const { width, height } = await trimOriginal(input, threshold, animated)
  return { width, height }
}

/** The whole picture in given dimensions. */
export const renderPixels = async (input: RenderInput, resized: Dimensions): Promise<SurveyedPixels> => {
  return surveyed(await readResized({ ...input, resized, position: undefined, trimmed: undefined, animated: false }))
}
