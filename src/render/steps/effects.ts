/** Responsible for effects on the colours and sharpness of a picture. Each is a step; their order is that of finish.ts. */
import { toFrame, toImage } from "./frame.ts"
import type { FinishStep } from "./step.ts"

/** Blurs by a standard deviation in pixels. */
export const blur: FinishStep = async (frame, { options: { blur: sigma } }) =>
  sigma ? toFrame((await toImage(frame)).blur(sigma)) : frame

/** Sharpens mildly, or by a standard deviation in pixels. */
export const sharpen: FinishStep = async (frame, { options: { sharpen: sigma } }) => {
  if (!sigma) return frame
  const image = await toImage(frame)
  return toFrame(sigma === true ? image.sharpen() : image.sharpen({ sigma }))
}

/** Removes all colour. */
export const grayscale: FinishStep = async (frame, { options }) =>
  options.grayscale ? toFrame((await toImage(frame)).grayscale()) : frame

/** Replaces all colours by one, and keeps the lightness. */
export const tint: FinishStep = async (frame, { options: { tint: colour } }) =>
  colour ? toFrame((await toImage(frame)).tint(colour)) : frame
