/**
 * Responsible for the encoder settings of each format, in one table. Efforts are chosen for a request path, since the first visitor waits.
 * docs/encoders.md has the measurements behind the numbers. A change of a setting must raise the format's entry in OUTPUT_VERSIONS.
 */
import type { PngOptions, Sharp } from "sharp"

import type { Format, Quality } from "../sizes/format.ts"
import type { Inspected } from "./inspect.ts"

/** Input of an encoder besides the pixels. */
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
  /** Lighter settings in order, for the rare rendition that is heavier than its original. */
  readonly lighter: readonly Encode[]
}

/** Up to this width decoding dominates: mozjpeg encodes 8 times slower, which adds a third to the whole and saves a sixth of the bytes. */
const MOZJPEG_MAX_WIDTH = 480

/** Factors of the configured quality for lighter settings. An original of so few bytes has little detail to lose. */
const QUALITY_FACTORS = [0.85, 0.65, 0.45, 0.25, 0.1]

const lower = (quality: number, factor: number): number => Math.max(1, Math.round(quality * factor))

/** Keeps grey originals in one channel, for formats that support it. */
const keepGrey = (image: Sharp, { isGrey }: EncodeJob["original"]): Sharp =>
  isGrey ? image.toColourspace("b-w") : image

/** With fewer colours the quantiser merges colours that the original keeps apart. */
const gifColours = ({ colours }: EncodeJob["original"]): number => Math.max(16, colours)

const png =
  (options: PngOptions): Encode =>
  (image, { original }) =>
    keepGrey(image, original).png(options)

/** The encoder of each format. Lighter settings use more effort. */
export const ENCODERS: Record<Format, Encoder> = {
  jpeg: {
    maxSide: 65_500,
    encode: (image, { quality, width }) => image.jpeg({ quality: quality.jpeg, mozjpeg: width <= MOZJPEG_MAX_WIDTH }),
    lighter: QUALITY_FACTORS.map(
      (factor) =>
        (image, { quality }) =>
          image.jpeg({ quality: lower(quality.jpeg, factor), mozjpeg: true }),
    ),
  },
  webp: {
    maxSide: 16_383,
    encode: (image, { quality }) => image.webp({ quality: quality.webp, effort: 2 }),
    lighter: QUALITY_FACTORS.map(
      (factor) =>
        (image, { quality }) =>
          image.webp({ quality: lower(quality.webp, factor), effort: 4 }),
    ),
  },
  avif: {
    maxSide: 16_384,
    encode: (image, { quality }) => image.avif({ quality: quality.avif, effort: 0 }),
    lighter: [
      ...QUALITY_FACTORS.map(
        (factor): Encode =>
          (image, { quality }) =>
            image.avif({ quality: lower(quality.avif, factor), effort: 2 }),
      ),
      (image, { quality }) => image.avif({ quality: lower(quality.avif, 0.1), effort: 4 }),
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
