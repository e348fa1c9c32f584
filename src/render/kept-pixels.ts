/**
 * Responsible for encoding one rendition several times without decoding its original each time.
 *
 * Invariants:
 * - An encoding of the kept pixels equals, byte for byte, one made from the original; except for a GIF, whose palette is computed again.
 */
import type { Sharp } from "sharp"

import type { Dimensions } from "../sizes/size.ts"
import type { MakeImage } from "./sharp.ts"

/** Raw frames of more output pixels than this would take more than 128 MB: such an animation is decoded again. */
const MAX_KEPT_PIXELS = 32_000_000

const MM_PER_INCH = 25.4

/** A prepared image. */
export interface Prepared {
  /** The image without an encoder; each call decodes the original. */
  readonly prepare: () => Sharp
  /** Output pixels of one frame. */
  readonly output: Dimensions
  readonly isAnimated: boolean
}

type Times = Pick<Awaited<ReturnType<Sharp["metadata"]>>, "delay" | "loop">

const keepStill = async (prepare: () => Sharp, makeImage: MakeImage): Promise<() => Sharp> => {
  const image = prepare()
  const { density = MM_PER_INCH } = await image.metadata()
  const perMillimetre = density / MM_PER_INCH
  const tiff = await image.tiff({ compression: "none", xres: perMillimetre, yres: perMillimetre }).toBuffer()
  return () => makeImage(tiff, { limitInputPixels: false }).toColourspace("srgb")
}

/** An encoder of animations takes times from the original's metadata, which raw frames do not have. */
const withTimes = (image: Sharp, { delay, loop }: Times): Sharp => {
  const times = { ...(delay && { delay }), ...(loop !== undefined && { loop }) }
  return image.gif(times).webp(times)
}

const keepFrames = async ({ prepare, output }: Prepared, makeImage: MakeImage): Promise<(() => Sharp) | undefined> => {
  const image = prepare()
  const metadata = await image.metadata()
  if (output.width * output.height * (metadata.pages ?? 1) > MAX_KEPT_PIXELS) return undefined
  const { data, info } = await image.raw().toBuffer({ resolveWithObject: true })
  const { width, height, channels } = info
  const raw = { width, height, channels, pageHeight: output.height }
  return () => withTimes(makeImage(data, { raw, limitInputPixels: false }), metadata)
}

/** @returns the image without an encoder, from pixels that are decoded once */
export const keepPixels = async (prepared: Prepared, makeImage: MakeImage): Promise<() => Sharp> => {
  const { prepare, isAnimated } = prepared
  if (!isAnimated) return keepStill(prepare, makeImage)
  return (await keepFrames(prepared, makeImage)) ?? prepare
}
