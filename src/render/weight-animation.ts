/**
 * Responsible for the lightest encoding of an animation.
 *
 * Invariants:
 * - As for stills (weight.ts): no rendition is heavier than the original of its format, nor an animated WebP than the GIF of the same size.
 */
import type { Sharp } from "sharp"

import type { Format } from "../sizes/format.ts"
import type { Dimensions } from "../sizes/size.ts"
import { encodeLossless, type EncodeJob } from "./encode.ts"
import { type ByteLimit, encodeToFit } from "./max-bytes.ts"
import { loadSharp } from "./sharp.ts"
import type { Pixels } from "./steps/frame.ts"
import { type Encoded, encodeWithin, type MakeInput } from "./weight.ts"

/** An animation to be encoded. */
export interface AnimationJob {
  /** The resized frames without an encoder; each call decodes the original. */
  readonly prepare: () => Promise<Sharp>
  /** Frames that options of a size changed, instead of the resized ones. */
  readonly finish?: () => Promise<Pixels>
  /** Limit in bytes. */
  readonly maxBytes?: { readonly [name in keyof ByteLimit]?: number | undefined } | undefined
  /** How long each frame is shown, in milliseconds, where the library would tell it wrongly. */
  readonly delays: readonly number[] | undefined
  readonly frames: number
  /** Pixels of one frame. */
  readonly output: Dimensions
  readonly format: Format
  /** Format of the base URL's rendition. */
  readonly own: Format
  readonly encode: EncodeJob
  /** Length of the original. */
  readonly originalBytes: number
  /** The original without its metadata, where the rendition has all its pixels. */
  readonly strip?: (() => Uint8Array | undefined) | undefined
  /** Pixels of the rendition over those of the original. */
  readonly scale: number
}

/** Raw frames of more output pixels than this would take more than 128 MB: such an animation is decoded again. */
const MAX_KEPT_PIXELS = 32_000_000

interface Times {
  readonly delay?: readonly number[] | undefined
  readonly loop?: number | undefined
}

const withTimes = (image: Sharp, { delay, loop }: Times): Sharp => {
  const times = { ...(delay && { delay: [...delay] }), ...(loop !== undefined && { loop }) }
  return image.gif(times).webp(times)
}

type Roll = Pick<Pixels, "data" | "width" | "height" | "channels">

const readRoll = async (image: Sharp): Promise<Roll> => {
  const { data, info } = await image.raw().toBuffer({ resolveWithObject: true })
  return { data, width: info.width, height: info.height, channels: info.channels }
}

/** All frames as one tall picture. */
const wholeRoll = ({ data, width, height, frames, channels }: Pixels): Roll => ({
  data,
  width,
  height: height * frames,
  channels,
})

/** @returns a function that creates images of frames that were decoded once */
const keepFrames = async ({ prepare, finish, output, delays }: AnimationJob): Promise<() => Promise<Sharp>> => {
  const makeImage = await loadSharp()
  const image = await prepare()
  const { delay, loop } = await image.metadata()
  const { data, width, height, channels } = finish ? wholeRoll(await finish()) : await readRoll(image)
  const raw = { width, height, channels, pageHeight: output.height }
  return async () => withTimes(makeImage(data, { raw, limitInputPixels: false }), { delay: delays ?? delay, loop })
}

/** The first image of each format is encoded while it is decoded, which keeps the palette of a GIF; further ones from kept frames. */
const createInput = (job: AnimationJob): MakeInput => {
  const { prepare, delays, frames, output, finish } = job
  const prepareTimed = async (): Promise<Sharp> => withTimes(await prepare(), { delay: delays })
  const decoded = new Set<Format>()
  let kept: Promise<() => Promise<Sharp>> | undefined
  return async (format) => {
    const isKept = finish !== undefined || output.width * output.height * frames <= MAX_KEPT_PIXELS
    if (!finish && (!decoded.has(format) || !isKept)) {
      decoded.add(format)
      return { image: await prepareTimed() }
    }
    kept ??= keepFrames(job)
    return { image: await (await kept)() }
  }
}

/** An animated WebP of less than this share of a GIF's bytes is lighter than any GIF of it. */
const SURELY_LIGHTER = 0.5

/** Encodes an animation. */
export const encodeLightestAnimation = async (job: AnimationJob): Promise<Encoded> => {
  const makeInput = createInput(job)
  const encoded = await encodeLightest(job, makeInput)
  const { maxBytes, minQuality } = job.maxBytes ?? {}
  if (maxBytes === undefined || encoded.bytes.length <= maxBytes) return encoded
  return encodeToFit(makeInput, job, { maxBytes, minQuality })
}

/**
 * The rendition of the base URL. A GIF with all pixels of the original is the stripped original: one that is encoded again takes a second
 * for 16 frames of a megapixel, has other colours, and is mostly heavier.
 */
const encodeBase = async (
  { own, encode, strip, originalBytes }: AnimationJob,
  makeInput: MakeInput,
): Promise<Encoded> => {
  const stripped = own === "gif" ? strip?.() : undefined
  if (stripped) return { bytes: stripped, format: own }
  return encodeWithin(makeInput, { format: own, encode, strip }, originalBytes)
}

const encodeLightest = async (job: AnimationJob, makeInput: MakeInput): Promise<Encoded> => {
  const { format, own, encode, originalBytes, scale } = job
  if (format === own) return encodeBase(job, makeInput)
  const lossy = await encodeWithin(makeInput, { format, encode }, Infinity)
  const isLight = lossy.bytes.length <= SURELY_LIGHTER * Math.min(scale, 1) * originalBytes
  if (own !== "gif" || isLight) return lossy
  const lossless: Encoded = { bytes: await encodeLossless(await makeInput(format)), format: "webp" }
  const best = lossless.bytes.length < lossy.bytes.length ? lossless : lossy
  const base = await encodeBase(job, makeInput)
  return best.bytes.length <= base.bytes.length ? best : base
}
