/**
 * Responsible for `contain`: the picture in its box, over a colour, over nothing, or over a blurred copy of itself.
 *
 * Invariants:
 * - The picture is never enlarged. Only the blurred background is.
 */
import type { Sharp } from "sharp"

import type { RecipeOptions } from "../../sizes/recipe.ts"
import { asInput, clearFrame, colouredFrame, copyInto, type Frame, toFrame, toImage, withAlpha } from "./frame.ts"
import { type Place, placeAt } from "./place.ts"
import { innerBox } from "./plan.ts"
import type { FinishJob, FinishStep } from "./step.ts"

/** The blurred background is computed at this side and enlarged, which blurs it again and costs a hundredth. */
const BLURRED_SIDE = 48
/** Standard deviation in its pixels. */
const BLURRED_SIGMA = 2

const opaque = async (frame: Frame, background: string): Promise<Frame> =>
  frame.channels === 4 ? toFrame((await toImage(frame)).flatten({ background })) : frame

const blurredBackdrop = async (frame: Frame, { output, background }: FinishJob): Promise<Sharp> => {
  const scale = Math.min(1, BLURRED_SIDE / Math.max(output.width, output.height))
  const small = await toFrame(
    (await toImage(await opaque(frame, background))).resize(
      Math.max(1, Math.round(output.width * scale)),
      Math.max(1, Math.round(output.height * scale)),
      { fit: "cover" },
    ),
  )
  const blurred = await toFrame((await toImage(small)).blur(BLURRED_SIGMA))
  return (await toImage(blurred)).resize(output.width, output.height, { fit: "fill", kernel: "cubic" })
}

const overBlurred = async (frame: Frame, job: FinishJob, at: Place): Promise<Frame> => {
  const backdrop = await toFrame(await blurredBackdrop(frame, job))
  if (frame.channels === 3) return framed(frame, backdrop, at)
  const image = (await toImage(backdrop)).composite([{ ...asInput(frame), ...at }])
  return toFrame(image.removeAlpha())
}

/** The frame on a larger one. */
const framed = (frame: Frame, canvas: Frame, at: Place): Frame => {
  copyInto(canvas, frame, at)
  return canvas
}

/** The most frequent colour of a frame, with transparent pixels over the background. */
const dominantColour = async (frame: Frame): Promise<string> => {
  const { dominant } = await (await toImage(frame)).stats()
  return `#${[dominant.r, dominant.g, dominant.b].map((channel) => channel.toString(16).padStart(2, "0")).join("")}`
}

const place = (frame: Frame, { output, gravity, options }: FinishJob): Place => {
  const inner = innerBox(output, options)
  const { left, top } = placeAt(gravity, frame, inner)
  return {
    left: left + Math.floor((output.width - inner.width) / 2),
    top: top + Math.floor((output.height - inner.height) / 2),
  }
}

type Fill = (frame: Frame, job: FinishJob, at: Place) => Frame | Promise<Frame>

const FILLS: Readonly<Record<NonNullable<RecipeOptions["background"]>, Fill>> = {
  transparent: (frame, { output }, at) => framed(withAlpha(frame), clearFrame(output), at),
  blur: overBlurred,
  dominant: async (frame, { output, background }, at) => {
    const flat = await opaque(frame, background)
    return framed(flat, colouredFrame(output, await dominantColour(flat)), at)
  },
}

/** Puts the picture into its box. */
export const pad: FinishStep = async (frame, job) => {
  const { options, output, background } = job
  if (options.fit !== "contain") return frame
  const at = place(frame, job)
  if (options.background !== undefined) return FILLS[options.background](frame, job, at)
  const flat = await opaque(frame, background)
  const isFull = frame.width === output.width && frame.height === output.height
  return isFull ? flat : framed(flat, colouredFrame(output, background), at)
}
