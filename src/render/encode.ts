/**
 * How each format is encoded, in one table. Efforts are those that pay on a request path: the first visitor waits for them.
 * The measurements behind the numbers are in docs/encoders.md; changing one means raising PIPELINE_VERSION.
 */
import type { PngOptions, Sharp } from "sharp"

import type { Format, Quality } from "../sizes/format.ts"
import type { Inspected } from "./inspect.ts"

/** What an encoder needs to know besides the pixels. */
export interface EncodeJob {
  readonly quality: Quality
  /** Width of the output in pixels. */
  readonly width: number
  readonly original: Pick<Inspected, "isGrey" | "isPalette" | "colours">
}

type Encode = (image: Sharp, job: EncodeJob) => Sharp

interface Encoder {
  /** Largest side in pixels that the format can hold. */
  readonly maxSide: number
  readonly encode: Encode
  /** Ways to spend fewer bytes, in order, for the rare rendition that came out heavier than its own original. */
  readonly lighter: readonly Encode[]
}

/** Up to this width decoding dominates, and mozjpeg's 8-fold encoding time costs a third of the whole for a sixth of the bytes. */
const MOZJPEG_MAX_WIDTH = 480

/** Parts of the configured quality that are tried when bytes have to be saved; a picture of so few bytes had little to lose. */
const FACTORS = [0.85, 0.65, 0.45, 0.25, 0.1]

const part = (quality: number, factor: number): number => Math.max(1, Math.round(quality * factor))

/** Grey stays one channel, where the format has that. */
const inOwnChannels = (image: Sharp, { isGrey }: EncodeJob["original"]): Sharp =>
  isGrey ? image.toColourspace("b-w") : image

/** With fewer than these, the quantiser mixes colours that the original told apart. */
const gifColours = ({ colours }: EncodeJob["original"]): number => Math.max(16, colours)

const png =
  (options: PngOptions): Encode =>
  (image, { original }) =>
    inOwnChannels(image, original).png(options)

/** Each format's encoder; the effort grows only where bytes have to be saved. */
export const ENCODERS: Record<Format, Encoder> = {
  jpeg: {
    maxSide: 65_500,
    encode: (image, { quality, width }) => image.jpeg({ quality: quality.jpeg, mozjpeg: width <= MOZJPEG_MAX_WIDTH }),
    lighter: FACTORS.map(
      (factor) =>
        (image, { quality }) =>
          image.jpeg({ quality: part(quality.jpeg, factor), mozjpeg: true }),
    ),
  },
  webp: {
    maxSide: 16_383,
    encode: (image, { quality }) => image.webp({ quality: quality.webp, effort: 2 }),
    lighter: FACTORS.map(
      (factor) =>
        (image, { quality }) =>
          image.webp({ quality: part(quality.webp, factor), effort: 4 }),
    ),
  },
  avif: {
    maxSide: 16_384,
    encode: (image, { quality }) => image.avif({ quality: quality.avif, effort: 0 }),
    lighter: [
      ...FACTORS.map(
        (factor): Encode =>
          (image, { quality }) =>
            image.avif({ quality: part(quality.avif, factor), effort: 2 }),
      ),
      (image, { quality }) => image.avif({ quality: part(quality.avif, 0.1), effort: 4 }),
    ],
  },
  png: {
    maxSide: 1_000_000,
    encode: png({ compressionLevel: 6 }),
    lighter: [
      png({ compressionLevel: 9 }),
      png({ compressionLevel: 9, adaptiveFiltering: true }),
      (image, { original: { isPalette, colours } }) => image.png({ compressionLevel: 9, palette: isPalette, colours }),
    ],
  },
  gif: {
    maxSide: 65_535,
    encode: (image) => image.gif({ effort: 4 }),
    lighter: [
      (image, { original }) => image.gif({ effort: 10, colours: gifColours(original) }),
      (image, { original }) =>
        image.gif({ effort: 10, colours: gifColours(original), dither: 0, interFrameMaxError: 4 }),
    ],
  },
}
