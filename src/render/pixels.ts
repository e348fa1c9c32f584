/** Responsible for the pixels of a rendition: decoded, resized and converted to sRGB once, for all attempts to encode them. */
import type { Sharp } from "sharp"

import type { Format } from "../sizes/format.ts"
import type { Converter } from "./colour/converter.ts"
import type { Content, Traits } from "./encode.ts"
import { loadSharp } from "./sharp.ts"
import { type Frame, toImage } from "./steps/frame.ts"
import { type Survey, survey, type SurveyOptions } from "./survey.ts"

/** Pixels and their traits. */
export interface SurveyedPixels {
  readonly pixels: Frame
  readonly traits: Survey
}

const asRgb = (channels: number): 3 | 4 => {
  if (channels === 3 || channels === 4) return channels
  throw new TypeError(`Expected 3 or 4 channels, got ${channels}.`)
}

/**
 * The pixels of a resized image.
 * @param image before an encoder; 16 bits if they are to be converted from 16 bits
 * @param convert to sRGB; undefined for pixels that are sRGB of 8 bits
 */
export const readPixels = async (
  image: Sharp,
  { convert, is16Bit }: { readonly convert: Converter | undefined; readonly is16Bit: boolean },
): Promise<Frame> => {
  const raw = image.raw({ depth: is16Bit ? "ushort" : "uchar" })
  const { data, info } = await raw.toBuffer({ resolveWithObject: true })
  const { width, height } = info
  const channels = asRgb(info.channels)
  if (!convert) return { data, width, height, channels }
  const samples = is16Bit ? new Uint16Array(data.buffer, data.byteOffset, data.length / 2) : data
  return { data: convert(samples, channels), width, height, channels }
}

/** One channel of grey, with alpha if there is any. */
const toGrey = ({ data, width, height, channels }: Frame, hasAlpha: boolean): Uint8Array => {
  const kept = hasAlpha ? 2 : 1
  const grey = new Uint8Array(width * height * kept)
  for (let from = 0, to = 0; to < grey.length; from += channels, to += kept) {
    grey[to] = data[from] ?? 0
    if (hasAlpha) grey[to + 1] = data[from + 3] ?? 0
  }
  return grey
}

/** Formats that can have one channel. */
const GREY_FORMATS: ReadonlySet<Format> = new Set(["png", "jpeg"])

/**
 * An image of pixels, without an alpha that is opaque.
 * @param background for formats without alpha
 */
export const imageOf = async (
  { pixels, traits }: SurveyedPixels,
  format: Format,
  background: string,
): Promise<Sharp> => {
  const { width, height, channels } = pixels
  const hasAlpha = !traits.isOpaque
  const isFlattened = hasAlpha && format === "jpeg"
  if (traits.isGrey && GREY_FORMATS.has(format) && !isFlattened) {
    const raw = { width, height, channels: hasAlpha ? 2 : 1 } as const
    const makeImage = await loadSharp()
    return makeImage(toGrey(pixels, hasAlpha), { raw, limitInputPixels: false })
  }
  const image = await toImage(pixels)
  if (channels === 3) return image
  if (!hasAlpha) return image.removeAlpha()
  return isFlattened ? image.flatten({ background }) : image
}

/** A lossless encoding of fewer bytes a pixel is that of a graphic: photos need more than one for each channel. */
const GRAPHIC_BYTES = 0.75

/** Share of even areas above which a picture is no photo as a whole. */
const MIXED_SHARE = 0.2

/** A lossless original of fewer bytes a pixel is a graphic, however its pixels look: even a photo of 256 colours has more than half. */
export const SPARSE_BYTES = 0.35

/** A photo of all colours has more than this. */
const MIXED_BYTES = 0.9

const contentOf = ({ traits, pixels: { width, height } }: SurveyedPixels, originalDensity: number): Content => {
  if (
    originalDensity < SPARSE_BYTES ||
    traits.colours !== undefined ||
    traits.losslessBytes < GRAPHIC_BYTES * width * height
  )
    return "graphic"
  return originalDensity < MIXED_BYTES || traits.evenShare > MIXED_SHARE ? "mixed" : "photo"
}

/** Formats that keep the colour of every pixel. */
const FULL_CHROMA_FORMATS: ReadonlySet<Format> = new Set(["png", "gif"])

/**
 * Properties of pixels that the encoders of a format need, and those of lighter attempts.
 * @param originalDensity bytes a pixel of an original that was coded without loss, else Infinity
 */
export const encoderTraits = (surveyed: SurveyedPixels, originalDensity: number, format: Format): Traits => ({
  isGrey: surveyed.traits.isGrey,
  colours: surveyed.traits.colours,
  hasFineChroma: !FULL_CHROMA_FORMATS.has(format) && surveyed.traits.hasFineChroma,
  content: contentOf(surveyed, originalDensity),
})

/** Pixels with their traits. */
export const surveyed = (pixels: Frame, options?: SurveyOptions): SurveyedPixels => ({
  pixels,
  traits: survey(pixels, options),
})
