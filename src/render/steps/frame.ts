/** Responsible for pixels between the resizer and the encoder: their layout, and how they get into the image library and out again. */
import type { OverlayOptions, Sharp } from "sharp"

import { expandColour } from "../../sizes/option-values.ts"
import type { Dimensions } from "../../sizes/size.ts"
import { loadSharp } from "../sharp.ts"
import type { Place } from "./place.ts"

/** Pixels of one frame: 8-bit sRGB, straight alpha, row-major. */
export interface Frame {
  readonly data: Uint8Array
  readonly width: number
  readonly height: number
  readonly channels: 3 | 4
}

/** Pixels of all frames, one below the other. */
export interface Pixels extends Omit<Frame, "channels"> {
  /** Height of one frame. */
  readonly height: number
  readonly frames: number
  /** 1 and 2 are grey. */
  readonly channels: 1 | 2 | 3 | 4
}

/** A frame as an image. */
export const toImage = async ({ data, width, height, channels }: Frame): Promise<Sharp> => {
  const makeImage = await loadSharp()
  return makeImage(data, { raw: { width, height, channels }, limitInputPixels: false })
}

/** A frame as a layer of a composite. */
export const asInput = ({ data, width, height, channels }: Frame): Pick<OverlayOptions, "input" | "raw"> => ({
  input: Buffer.from(data.buffer, data.byteOffset, data.length),
  raw: { width, height, channels },
})

/** An image as a frame. Its colours must be sRGB. */
export const toFrame = async (image: Sharp): Promise<Frame> => {
  const { data, info } = await image.toColourspace("srgb").raw({ depth: "uchar" }).toBuffer({ resolveWithObject: true })
  const { width, height, channels } = info
  if (channels === 3 || channels === 4) return { data, width, height, channels }
  return expandGrey(data, { width, height, channels })
}

const expandGrey = (
  data: Uint8Array,
  { width, height, channels }: { readonly width: number; readonly height: number; readonly channels: number },
): Frame => {
  const to = channels === 1 ? 3 : 4
  const expanded = new Uint8Array(width * height * to)
  for (let pixel = 0; pixel < width * height; pixel++) {
    const grey = data[pixel * channels] ?? 0
    expanded.fill(grey, pixel * to, pixel * to + 3)
    if (to === 4) expanded[pixel * to + 3] = data[pixel * channels + 1] ?? 0
  }
  return { data: expanded, width, height, channels: to }
}

/** Each frame of an animation, or the only one. */
export const splitFrames = ({ data, width, height, frames, channels }: Pixels): readonly Frame[] => {
  const length = width * height * channels
  return Array.from({ length: frames }, (_, at) => {
    const part = data.subarray(at * length, (at + 1) * length)
    if (channels === 3 || channels === 4) return { data: part, width, height, channels }
    return expandGrey(part, { width, height, channels })
  })
}

/** The inverse of {@link splitFrames}. Frames with alpha make all have it. */
export const joinFrames = (frames: readonly [Frame, ...Frame[]]): Pixels & Pick<Frame, "channels"> => {
  const [{ width, height }] = frames
  const channels = frames.some((frame) => frame.channels === 4) ? 4 : 3
  const parts = frames.map((frame) => (channels === 4 ? withAlpha(frame) : frame).data)
  const data = parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts)
  return { data, width, height, frames: frames.length, channels }
}

/** The same frame with an alpha channel. */
export const withAlpha = (frame: Frame): Frame => {
  if (frame.channels === 4) return frame
  const { width, height, data } = frame
  const wide = new Uint8Array(width * height * 4)
  for (let pixel = 0; pixel < width * height; pixel++) {
    wide[pixel * 4] = data[pixel * 3] ?? 0
    wide[pixel * 4 + 1] = data[pixel * 3 + 1] ?? 0
    wide[pixel * 4 + 2] = data[pixel * 3 + 2] ?? 0
    wide[pixel * 4 + 3] = 255
  }
  return { data: wide, width, height, channels: 4 }
}

/** A transparent frame. */
export const clearFrame = ({ width, height }: Dimensions): Frame => ({
  data: new Uint8Array(width * height * 4),
  width,
  height,
  channels: 4,
})

/** An opaque frame of one colour. */
export const colouredFrame = ({ width, height }: Dimensions, colour: string): Frame => {
  const hex = expandColour(colour)
  const samples = [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16))
  const row = Uint8Array.from({ length: width * 3 }, (_, at) => samples[at % 3] ?? 0)
  const data = new Uint8Array(row.length * height)
  for (let y = 0; y < height; y++) data.set(row, y * row.length)
  return { data, width, height, channels: 3 }
}

/** Copies the pixels of a frame into a larger one with as many channels, which is changed by that. */
export const copyInto = (target: Frame, { data, width, height, channels }: Frame, { left, top }: Place): void => {
  const rowLength = width * channels
  for (let row = 0; row < height; row++) {
    const to = ((top + row) * target.width + left) * channels
    target.data.set(data.subarray(row * rowLength, (row + 1) * rowLength), to)
  }
}
