/**
 * Responsible for the part of a picture that a crop by content keeps: around the subject, or where the picture has most detail.
 *
 * Invariants:
 * - All frames of an animation are cropped alike, by the content of the first.
 */
import type { CropGravity } from "../../sizes/size-options.ts"
import type { Dimensions } from "../../sizes/size.ts"
import { type Frame, toImage } from "./frame.ts"
import type { Rectangle } from "./plan.ts"

/** A part of a picture: its corner and sides as shares of the whole, 0 to 1. A point has no sides. */
export interface Region {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

const clamp = (value: number, max: number): number => Math.max(0, Math.min(max, Math.round(value)))

/** The crop whose middle is nearest to that of a region. */
export const cropAround = (region: Region, { width, height }: Dimensions, crop: Dimensions): Rectangle => ({
  ...crop,
  left: clamp((region.left + region.width / 2) * width - crop.width / 2, width - crop.width),
  top: clamp((region.top + region.height / 2) * height - crop.height / 2, height - crop.height),
})

/** Longer side of the copy that is searched. More finds the same places, and takes longer. */
const SEARCH_SIDE = 256

/** Searches for the crop with the most detail, or the most likely subject. */
const searchCrop = async (frame: Frame, crop: Dimensions, strategy: "entropy" | "attention"): Promise<Rectangle> => {
  const scale = Math.min(1, SEARCH_SIDE / Math.max(frame.width, frame.height))
  const scaled = (side: number): number => Math.max(1, Math.round(side * scale))
  const small = await (
    await toImage(frame)
  )
    .resize(scaled(frame.width), scaled(frame.height), { fit: "fill" })
    .raw()
    .toBuffer({ resolveWithObject: true })
  const { width, height, channels } = small.info
  const searched = await toImage({ data: small.data, width, height, channels: channels === 4 ? 4 : 3 })
  const box = { width: Math.min(width, scaled(crop.width)), height: Math.min(height, scaled(crop.height)) }
  const { info } = await searched
    .resize(box.width, box.height, { fit: "cover", position: strategy })
    .raw()
    .toBuffer({ resolveWithObject: true })
  return {
    ...crop,
    left: clamp(-(info.cropOffsetLeft ?? 0) / scale, frame.width - crop.width),
    top: clamp(-(info.cropOffsetTop ?? 0) / scale, frame.height - crop.height),
  }
}

/** A subject, with its main part: a crop that cannot hold all faces keeps the largest. */
export interface Subject {
  readonly whole: Region
  readonly main: Region
}

/** How a crop is chosen. */
export interface CropChoice {
  readonly gravity: CropGravity
  /** The focal point, or the subject that the file marks. */
  readonly subject: Subject | undefined
}

const canHold = (crop: Dimensions, frame: Dimensions, { width, height }: Region): boolean =>
  width * frame.width <= crop.width && height * frame.height <= crop.height

/** The part of a frame to keep. @param crop not larger than the frame */
export const findCrop = async (
  frame: Frame,
  crop: Dimensions,
  { gravity, subject }: CropChoice,
): Promise<Rectangle> => {
  if (gravity === "smart" && subject)
    return cropAround(canHold(crop, frame, subject.whole) ? subject.whole : subject.main, frame, crop)
  return searchCrop(frame, crop, gravity === "entropy" ? "entropy" : "attention")
}

/** A part of a frame. */
export const cutFrame = (frame: Frame, { left, top, width, height }: Rectangle): Frame => {
  if (width === frame.width && height === frame.height) return frame
  const { channels, data } = frame
  const rowLength = width * channels
  const cut = new Uint8Array(rowLength * height)
  for (let row = 0; row < height; row++) {
    const from = ((top + row) * frame.width + left) * channels
    cut.set(data.subarray(from, from + rowLength), row * rowLength)
  }
  return { data: cut, width, height, channels }
}
