/**
 * Responsible for originals whose samples the image library would misread: they are decoded unconverted, corrected, and handed over again
 * as pixels. It costs memory for the whole picture, and few originals need it.
 *
 * Source: TIFF 6.0 §18 (associated alpha), §20 and §21 (YCbCr), §23 (CIE L*a*b*); ISO/IEC 23008-12 §6.10.1.2 (premultiplied items).
 */
import type { Metadata } from "sharp"

import { labToSrgb } from "./colour/lab.ts"
import type { PngFrame } from "./header/png.ts"
import type { TiffPixels } from "./normalise/tiff.ts"
import { type PixelFile, toTiff } from "./pixel-tiff.ts"
import { openImage, type Source } from "./source.ts"

/** Corrections of the decoded pixels. */
export type Preparation =
  | TiffPixels
  /** Only the depth changes. */
  | { readonly kind: "none" }
  /** Colours are multiplied by alpha. */
  | { readonly kind: "premultiplied" }
  /** The sample behind the colours is not alpha. */
  | { readonly kind: "opaque" }
  /** The decoded picture is a part of a transparent canvas. */
  | { readonly kind: "frame"; readonly frame: PngFrame; readonly width: number; readonly height: number }

/** Facts of an original that its pixels do not have. */
export interface PreparedMeta {
  readonly is16Bit: boolean
  /** Samples of 8 bits become 16. */
  readonly isDeepened: boolean
  readonly profile: Uint8Array | undefined
  readonly orientation: number
}

interface Samples {
  readonly data: Uint8Array | Uint16Array
  readonly width: number
  readonly height: number
  readonly channels: number
}

/** Samples as they are stored, of 8 or 16 bits. */
const decodeSamples = async (source: Source, is16Bit: boolean, preparation: Preparation): Promise<Samples> => {
  const image = (await openImage({ ...source, ignoresProfile: true })).toColourspace(is16Bit ? "rgb16" : "srgb")
  if (preparation.kind === "opaque") image.removeAlpha()
  if (preparation.kind === "frame") {
    const { frame, width, height } = preparation
    image.ensureAlpha().extend({
      left: frame.left,
      top: frame.top,
      right: width - frame.left - frame.width,
      bottom: height - frame.top - frame.height,
      background: { r: 0, g: 0, b: 0, alpha: 0 },
    })
  }
  const { data, info } = await image.raw({ depth: is16Bit ? "ushort" : "uchar" }).toBuffer({ resolveWithObject: true })
  const { width, height, channels } = info
  if (!is16Bit) return { data, width, height, channels }
  return { data: new Uint16Array(data.buffer, data.byteOffset, data.length / 2), width, height, channels }
}

/** Divides colours by alpha, in place. */
const unpremultiply = (data: Uint8Array | Uint16Array, channels: number, max: number): void => {
  const alphaAt = channels - 1
  for (let at = 0; at < data.length; at += channels) {
    const alpha = data[at + alphaAt] ?? 0
    if (alpha === max) continue
    for (let channel = 0; channel < alphaAt; channel++)
      data[at + channel] = alpha === 0 ? 0 : Math.min(max, Math.round(((data[at + channel] ?? 0) * max) / alpha))
  }
}

/** Changes the colours of a pixel in place: from samples as they are stored to those of the corrected file. */
type Correct = (pixel: Float64Array) => void

/** From 16 bits to 8. */
const DEEP = 257

/** Luma weights of BT.601, the default (§20). */
const BT601 = [0.299, 0.587, 0.114] as const

const yCbCrToRgb = ({ coefficients, referenceBlackWhite }: TiffPixels, scale: number): Correct => {
  const [red = BT601[0], green = BT601[1], blue = BT601[2]] = coefficients
  const [yBlack = 0, yWhite = 255, cbBlack = 128, cbWhite = 255, crBlack = 128, crWhite = 255] = referenceBlackWhite
  return (pixel) => {
    const [first = 0, second = 0, third = 0] = pixel
    const y = ((first / scale - yBlack) * 255) / (yWhite - yBlack || 1)
    const cb = ((second / scale - cbBlack) * 127) / (cbWhite - cbBlack || 1)
    const cr = ((third / scale - crBlack) * 127) / (crWhite - crBlack || 1)
    const r = cr * (2 - 2 * red) + y
    const b = cb * (2 - 2 * blue) + y
    pixel[0] = r
    pixel[1] = (y - blue * b - red * r) / green
    pixel[2] = b
  }
}

/** L*a*b* with signed a and b, or with the encoding of ICC profiles: an offset of 128, and of 16 bits with L* up to 0xFF00. */
const labToRgb = ({ isSigned }: TiffPixels, scale: number): Correct => {
  const unit = scale === 1 ? 1 : 256
  const white = scale === 1 ? 255 : isSigned ? 65_535 : 0xff_00
  const chroma = (value: number): number => {
    const level = value / unit
    return isSigned ? (level >= 128 ? level - 256 : level) : level - 128
  }
  return (pixel) => {
    const [l = 0, a = 0, b = 0] = pixel
    pixel.set(labToSrgb([(100 * l) / white, chroma(a), chroma(b)]))
  }
}

/** Greys from white to black are inverted. */
const invertGrey = ({ isInverted }: TiffPixels, scale: number): Correct => {
  const white = scale === 1 ? 255 : 65_535
  return (pixel) => {
    if (isInverted) pixel[0] = white - (pixel[0] ?? 0)
  }
}

const toDepth =
  (scale: number): Correct =>
  (pixel) => {
    for (let at = 0; at < pixel.length; at++) pixel[at] = (pixel[at] ?? 0) / scale
  }

/** How samples of each model are corrected, and how many of them are colours. Grey and RGB keep their depth. */
const MODELS = {
  grey: { colours: 1, isKept: true, correct: invertGrey },
  rgb: { colours: 3, isKept: true, correct: () => toDepth(1) },
  cmyk: { colours: 4, isKept: false, correct: (_: TiffPixels, scale: number) => toDepth(scale) },
  yCbCr: { colours: 3, isKept: false, correct: yCbCrToRgb },
  lab: { colours: 3, isKept: false, correct: labToRgb },
} satisfies Record<
  TiffPixels["model"],
  {
    readonly colours: number
    readonly isKept: boolean
    readonly correct: (pixels: TiffPixels, scale: number) => Correct
  }
>

/** Keeps the colours and the alpha of each pixel. */
const selectSamples = (samples: Samples, pixels: TiffPixels, alphaAt: number | undefined): Uint8Array | Uint16Array => {
  const { data, width, height, channels } = samples
  const { colours, isKept, correct } = MODELS[pixels.model]
  const scale = data.BYTES_PER_ELEMENT === 2 ? DEEP : 1
  const change = correct(pixels, scale)
  const kept = colours + (alphaAt === undefined ? 0 : 1)
  const length = width * height * kept
  const isDeep = isKept && scale === DEEP
  const output = isDeep ? new Uint16Array(length) : new Uint8ClampedArray(length)
  const alphaScale = isDeep ? 1 : scale
  const pixel = new Float64Array(colours)
  for (let from = 0, to = 0; to < length; from += channels, to += kept) {
    for (let at = 0; at < colours; at++) pixel[at] = data[from + at] ?? 0
    change(pixel)
    output.set(pixel, to)
    if (alphaAt !== undefined) output[to + colours] = (data[from + alphaAt] ?? 0) / alphaScale
  }
  return output instanceof Uint16Array ? output : new Uint8Array(output.buffer)
}

const prepareTiff = (samples: Samples, pixels: TiffPixels, meta: PreparedMeta): PixelFile => {
  const { alphaAt, isPremultiplied } = pixels
  const hasAlpha = alphaAt !== undefined && alphaAt < samples.channels
  const data = selectSamples(samples, pixels, hasAlpha ? alphaAt : undefined)
  if (hasAlpha && isPremultiplied)
    unpremultiply(data, MODELS[pixels.model].colours + 1, data.BYTES_PER_ELEMENT === 2 ? 65_535 : 255)
  const { width, height } = samples
  const profile = pixels.model === "lab" ? undefined : meta.profile
  return { data, width, height, model: modelOf(pixels), hasAlpha, profile, orientation: meta.orientation }
}

const SPACES = {
  grey: { uchar: "b-w", ushort: "grey16" },
  rgb: { uchar: "srgb", ushort: "rgb16" },
  cmyk: { uchar: "cmyk", ushort: "cmyk" },
} as const

/** Metadata of the source that {@link prepareSource} returns, from those of the misread original. */
export const preparedMetadata = (metadata: Metadata, preparation: Preparation | undefined): Metadata => {
  if (preparation?.kind === "frame") return { ...metadata, hasAlpha: true }
  if (preparation?.kind === "opaque") return { ...metadata, hasAlpha: false, space: "srgb", depth: "uchar" }
  if (preparation?.kind !== "tiff") return metadata
  const depth = MODELS[preparation.model].isKept && metadata.depth === "ushort" ? "ushort" : "uchar"
  const space = SPACES[modelOf(preparation)][depth]
  return { ...metadata, space, depth, hasAlpha: preparation.alphaAt !== undefined }
}

/** Metadata of a source whose samples of 8 bits become 16. */
export const deepenedMetadata = (metadata: Metadata): Metadata => ({ ...metadata, depth: "ushort", channels: 4 })

const deepen = (data: Uint8Array | Uint16Array): Uint16Array => {
  const deep = new Uint16Array(data.length)
  for (let at = 0; at < deep.length; at++) deep[at] = (data[at] ?? 0) * DEEP
  return deep
}

const modelOf = ({ model }: TiffPixels): PixelFile["model"] => (model === "grey" || model === "cmyk" ? model : "rgb")

/** @returns a source with the corrected pixels of a misread original */
export const prepareSource = async (source: Source, preparation: Preparation, meta: PreparedMeta): Promise<Source> => {
  const samples = await decodeSamples(source, meta.is16Bit, preparation)
  const { data, width, height, channels } = samples
  if (preparation.kind === "premultiplied") unpremultiply(data, channels, meta.is16Bit ? 65_535 : 255)
  const file: PixelFile =
    preparation.kind === "tiff"
      ? prepareTiff(samples, preparation, meta)
      : {
          data,
          width,
          height,
          model: "rgb",
          hasAlpha: channels === 4,
          profile: meta.profile,
          orientation: meta.orientation,
        }
  const deep = meta.isDeepened ? { ...file, data: deepen(file.data) } : file
  return { ...source, bytes: toTiff(deep), page: undefined, failsOnWarnings: false }
}
