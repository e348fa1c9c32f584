/**
 * Responsible for the part of a picture that a crop by content keeps: around the subject, or where the picture has most detail.
 *
 * Invariants:
 * - All frames of an animation are cropped alike, by the content of the first.
 */
import type { CropGravity } from "../../sizes/size-option-types.ts"
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

type Strategy = "entropy" | "attention"

/** Longer side of the copy that is searched. `attention` itself works at 32 pixels. */
const SEARCH_SIDE: Readonly<Record<Strategy, number>> = { attention: 64, entropy: 128 }

/** Each pixel of the copy averages at most this many samples across, and as many down. */
const SAMPLES = 4

/** The mean of evenly spaced samples of each cell, over black. */
const shrink = (frame: Frame, { width, height }: Dimensions): Frame => {
  const { data, channels } = frame
  const columns = sampledPlaces(frame.width, width).map((x) => x * channels)
  const rows = sampledPlaces(frame.height, height).map((y) => y * frame.width * channels)
  const [samplesAcross, samplesDown] = [columns.length / width, rows.length / height]
  const small = new Uint8Array(width * height * 3)
  for (let cell = 0; cell < width * height; cell++) {
    const [column, row] = [(cell % width) * samplesAcross, Math.floor(cell / width) * samplesDown]
    let [red, green, blue] = [0, 0, 0]
    for (let sample = 0; sample < samplesAcross * samplesDown; sample++) {
      const at =
        (columns[column + (sample % samplesAcross)] ?? 0) + (rows[row + Math.floor(sample / samplesAcross)] ?? 0)
      const alpha = channels === 4 ? (data[at + 3] ?? 0) / 255 : 1
      red += (data[at] ?? 0) * alpha
      green += (data[at + 1] ?? 0) * alpha
      blue += (data[at + 2] ?? 0) * alpha
    }
    small.set(
      [red, green, blue].map((sum) => sum / (samplesAcross * samplesDown)),
      cell * 3,
    )
  }
  return { data: small, width, height, channels: 3 }
}

/** Places along a side that are sampled, as many for each of the cells. */
const sampledPlaces = (side: number, cells: number): readonly number[] => {
  const samples = Math.min(SAMPLES, Math.max(1, Math.floor(side / cells)))
  return Array.from({ length: cells * samples }, (_, at) => Math.floor(((at + 0.5) * side) / (cells * samples)))
}

/** Searches for the crop with the most detail, or the most likely subject. */
const searchCrop = async (frame: Frame, crop: Dimensions, strategy: Strategy): Promise<Rectangle> => {
  const scale = Math.min(1, SEARCH_SIDE[strategy] / Math.max(frame.width, frame.height))
  const scaled = (side: number): number => Math.max(1, Math.round(side * scale))
  const small = shrink(frame, { width: scaled(frame.width), height: scaled(frame.height) })
  const box = { width: Math.min(small.width, scaled(crop.width)), height: Math.min(small.height, scaled(crop.height)) }
  const { info } = await (
    await toImage(small)
  )
    .resize(box.width, box.height, { fit: "cover", position: strategy })
    .raw()
    .toBuffer({ resolveWithObject: true })
  // sharp reports the offsets as negative numbers.
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

/** The part of a frame to keep. `smart` without a subject searches like `attention`. @param crop not larger than the frame */
export const findCrop = async (
  frame: Frame,
  crop: Dimensions,
  { gravity, subject }: CropChoice,
): Promise<Rectangle> => {
  if (crop.width === frame.width && crop.height === frame.height) return { left: 0, top: 0, ...crop }
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
