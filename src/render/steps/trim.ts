/** Responsible for `trim`: the rectangle that is left of an upright picture without its border of one colour. */
import type { Sharp } from "sharp"

import type { Dimensions } from "../../sizes/size.ts"
import { type Frame, type Pixels, splitFrames, toImage } from "./frame.ts"
import type { Rectangle } from "./plan.ts"

const rectangleIn = async (image: Sharp, threshold: number, whole: Dimensions): Promise<Rectangle> => {
  const { info } = await image.trim({ threshold }).raw().toBuffer({ resolveWithObject: true })
  const { width, height, trimOffsetLeft = 0, trimOffsetTop = 0 } = info
  const rectangle = { left: -trimOffsetLeft, top: -trimOffsetTop, width, height }
  const isInside = rectangle.left + width <= whole.width && rectangle.top + height <= whole.height
  return isInside ? rectangle : { left: 0, top: 0, ...whole }
}

/** The smallest rectangle that contains two others. */
const union = (a: Rectangle, b: Rectangle): Rectangle => {
  const left = Math.min(a.left, b.left)
  const top = Math.min(a.top, b.top)
  return {
    left,
    top,
    width: Math.max(a.left + a.width, b.left + b.width) - left,
    height: Math.max(a.top + a.height, b.top + b.height) - top,
  }
}

/**
 * The part of a picture that `trim` leaves. Frames of an animation are trimmed alike.
 * @param threshold difference from the colour of the first pixel that still counts as border
 */
export const findTrim = async (upright: Sharp, threshold: number, whole: Dimensions): Promise<Rectangle> =>
  rectangleIn(upright, threshold, whole)

/** The same for the frames of an animation. */
export const findTrimOfFrames = async (pixels: Pixels, threshold: number): Promise<Rectangle> => {
  const trimmed = async (frame: Frame): Promise<Rectangle> => rectangleIn(await toImage(frame), threshold, frame)
  const [first, ...others] = splitFrames(pixels)
  let all = await trimmed(first as Frame)
  for (const frame of others) all = union(all, await trimmed(frame))
  return all
}
