/**
 * How each format is encoded, in one table. Efforts are those that pay on a request path: the first visitor waits for them.
 * The measurements behind the numbers are in docs/encoders.md; changing one means raising PIPELINE_VERSION.
 */
import type { Sharp } from "sharp"

import type { Format, Quality } from "../sizes/format.ts"

/** What an encoder needs to know besides the pixels. */
export interface EncodeJob {
  readonly quality: Quality
  /** Width of the output in pixels. */
  readonly width: number
  /** Whether the original has a palette of its own. */
  readonly isPalette: boolean
}

interface Encoder {
  /** Largest side in pixels that the format can hold. */
  readonly maxSide: number
  readonly encode: (image: Sharp, job: EncodeJob) => Sharp
  /** Ways to spend fewer bytes, in order, for the rare rendition that came out heavier than its own original. */
  readonly lighter: readonly ((image: Sharp, job: EncodeJob) => Sharp)[]
}

/** Up to this width decoding dominates, and mozjpeg's 8-fold encoding time costs a third of the whole for a sixth of the bytes. */
const MOZJPEG_MAX_WIDTH = 480

const jpeg = (image: Sharp, { quality, width }: EncodeJob, factor = 1): Sharp =>
  image.jpeg({ quality: Math.round(quality.jpeg * factor), mozjpeg: width <= MOZJPEG_MAX_WIDTH })
const webp = (image: Sharp, { quality }: EncodeJob, factor = 1): Sharp =>
  image.webp({ quality: Math.round(quality.webp * factor), effort: 2 })
const avif = (image: Sharp, { quality }: EncodeJob, factor = 1): Sharp =>
  image.avif({ quality: Math.round(quality.avif * factor), effort: 0 })

type Lossy = (image: Sharp, job: EncodeJob, factor?: number) => Sharp
const atLowerQuality = (encode: Lossy): Encoder["lighter"] =>
  [0.9, 0.8, 0.65, 0.5].map((factor) => (image: Sharp, job: EncodeJob) => encode(image, job, factor))

export const ENCODERS: Record<Format, Encoder> = {
  jpeg: { maxSide: 65_535, encode: jpeg, lighter: atLowerQuality(jpeg) },
  webp: { maxSide: 16_383, encode: webp, lighter: atLowerQuality(webp) },
  avif: { maxSide: 16_384, encode: avif, lighter: atLowerQuality(avif) },
  png: {
    maxSide: 1_000_000,
    encode: (image) => image.png({ compressionLevel: 6 }),
    lighter: [
      (image) => image.png({ compressionLevel: 9 }),
      (image) => image.png({ compressionLevel: 9, adaptiveFiltering: true }),
      (image, { isPalette }) => image.png({ compressionLevel: 9, palette: isPalette }),
    ],
  },
  gif: {
    maxSide: 65_535,
    encode: (image) => image.gif({ effort: 4 }),
    lighter: [(image) => image.gif({ effort: 7, interFrameMaxError: 4 })],
  },
}
