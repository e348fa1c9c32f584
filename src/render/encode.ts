/**
 * Responsible for the encoder settings of each format, in one table. Efforts are chosen for a request path, since the first visitor waits.
 * docs/encoders.md has the measurements behind the numbers. A change of a setting must raise the format's entry in OUTPUT_VERSIONS.
 */
import type { Sharp } from "sharp"

import type { Format, Quality } from "../sizes/format.ts"
import { encodeIndexedPng, withoutResolution } from "./indexed-png.ts"
import { keepMainColours } from "./main-colours.ts"
import { loadSharp } from "./sharp.ts"
import { toImage } from "./steps/frame.ts"
import type { Frame } from "./steps/frame.ts"

/** Traits of pixels that matter to encoders. */
export interface Traits {
  /** All pixels are grey. */
  readonly isGrey: boolean
  /** Distinct colours, at most 256; undefined for more, and where they are not known. */
  readonly colours: number | undefined
  /** Details of one pixel would lose their colour with chroma in half the resolution. */
  readonly hasFineChroma: boolean
  readonly content: Content
}

/** A graphic has few colours or even areas; a mixed picture is a photo beside even areas: a screenshot, or a product on white. */
export type Content = "graphic" | "mixed" | "photo"

/** Input of an encoder besides the pixels. */
export interface EncodeJob extends Traits {
  readonly quality: Quality
  /** Width and height of one frame of the output in pixels. */
  readonly width: number
  readonly height: number
  /** The original has chroma in full resolution, and it matters. */
  readonly hasFullChroma: boolean
  /** Entries of the original's palette or its greys, 2 to 256; undefined where it may have more colours. */
  readonly originalColours: number | undefined
}

/** Input of an encoder. */
export interface EncodeInput {
  readonly image: Sharp
  /** The same pixels, where they were read and are all of one frame. */
  readonly pixels?: Frame | undefined
}

type Encode = (input: EncodeInput, job: EncodeJob) => Promise<Uint8Array>

interface Encoder {
  /** Largest side in pixels that the format can hold. */
  readonly maxSide: number
  readonly encode: Encode
  /** Lighter settings in order, for a rendition that is heavier than its original. */
  readonly lighter: (job: EncodeJob) => readonly Encode[]
}

/** Up to this width a progressive JPEG costs less than a thirtieth of a render, and saves 2 % of the bytes. */
const PROGRESSIVE_MAX_WIDTH = 480

/** Factors of the configured quality for lighter settings. An original of so few bytes has little detail to lose. */
const QUALITY_FACTORS = [0.85, 0.65, 0.45, 0.25, 0.1]

const lower = (quality: number, factor: number): number => Math.max(1, Math.round(quality * factor))

/** Keeps a grey original in one channel. Pixels that were read have one already. */
const keepGrey = ({ image, pixels }: EncodeInput, { isGrey }: EncodeJob): Sharp =>
  isGrey && !pixels ? image.toColourspace("b-w") : image

/** Larger pictures lose more to WebP at the same number, by SSIMULACRA 2: they look alike with 2 or 4 more. */
const LARGER_WEBP: readonly (readonly [pixels: number, more: number])[] = [
  [800_000, 4],
  [250_000, 2],
]

const webpQuality = ({ quality: { webp }, width, height }: EncodeJob): number => {
  const [, more = 0] = LARGER_WEBP.find(([pixels]) => width * height >= pixels) ?? []
  return Math.min(100, webp + more)
}

type Chroma = "4:4:4" | "4:2:0"

/** A JPEG with chroma in full resolution has a sixth more bytes. */
const jpegChroma = ({ hasFineChroma }: EncodeJob): Chroma => (hasFineChroma ? "4:4:4" : "4:2:0")

/** An AVIF with it has 3 % more, at equal quality by SSIMULACRA 2 as many, and takes a sixth longer. Coloured edges stay sharp. */
const avifChroma = ({ hasFullChroma }: EncodeJob): Chroma => (hasFullChroma ? "4:4:4" : "4:2:0")

const jpeg: Encode = (input, job) =>
  keepGrey(input, job)
    .jpeg({
      quality: job.quality.jpeg,
      progressive: job.width <= PROGRESSIVE_MAX_WIDTH,
      chromaSubsampling: jpegChroma(job),
    })
    .toBuffer()

const lighterJpeg =
  (factor: number): Encode =>
  (input, job) =>
    keepGrey(input, job)
      .jpeg({ quality: lower(job.quality.jpeg, factor), mozjpeg: true })
      .toBuffer()

const webp =
  (factor: number, effort: number): Encode =>
  ({ image }, job) =>
    image.webp({ quality: lower(webpQuality(job), factor), effort, smartSubsample: job.hasFineChroma }).toBuffer()

/** Lossless WebP, for graphics: effort 4 takes a quarter longer and saves 1 %. */
export const encodeLossless = ({ image }: Pick<EncodeInput, "image">): Promise<Uint8Array> =>
  image.webp({ lossless: true, effort: 2 }).toBuffer()

const avif =
  (factor: number, effort: number): Encode =>
  ({ image }, job) =>
    image.avif({ quality: lower(job.quality.avif, factor), effort, chromaSubsampling: avifChroma(job) }).toBuffer()

/** Up to this many greys, a palette of 1, 2 or 4 bits is lighter than one channel of 8 bits. */
const MAX_PALETTE_GREYS = 16

const MAX_PALETTE = 256

/** At most 256 colours lose nothing by a palette. */
const png =
  ({ level, isFiltered }: { readonly level: number; readonly isFiltered: boolean }): Encode =>
  async (input, job) => {
    const { colours = Infinity, isGrey } = job
    const { pixels } = input
    if (pixels && colours <= (isGrey ? MAX_PALETTE_GREYS : MAX_PALETTE)) return encodeIndexedPng(pixels)
    const options = { compressionLevel: level, adaptiveFiltering: isFiltered }
    return withoutResolution(await keepGrey(input, job).png(options).toBuffer())
  }

/** Fewest colours of each content. */
const MIN_COLOURS: Readonly<Record<Content, number>> = { graphic: 2, mixed: 256, photo: Infinity }

/**
 * Numbers of colours to try for a rendition that is heavier than its original. Resizing has made new colours between those of the original;
 * a graphic of so few bytes has large areas, and loses little but smooth edges. In a photo one would see the loss, unless it had a palette
 * before. Above 8, sharp rounds a number up to 16 or 256.
 */
const fewerColours = ({ content, originalColours = Infinity }: EncodeJob): readonly number[] => {
  const least = Math.min(MIN_COLOURS[content], originalColours)
  return [256, 16, 8, 4, 2].filter((count) => count >= least)
}

/** Up to so many colours, those that cover most are kept. */
const MAX_MAIN_COLOURS = 8

const reduceToMain = ({ pixels }: EncodeInput, colours: number): Frame | undefined =>
  pixels && colours <= MAX_MAIN_COLOURS ? keepMainColours(pixels, colours) : undefined

const reducedPng =
  (colours: number): Encode =>
  async (input) => {
    const main = reduceToMain(input, colours)
    if (main) return encodeIndexedPng(main)
    const options = { palette: true, colours, dither: 0, compressionLevel: 9 }
    return withoutResolution(await input.image.png(options).toBuffer())
  }

const reducedGif =
  (colours: number): Encode =>
  async (input, job) => {
    const main = reduceToMain(input, colours)
    return gif(7, colours)(main ? { image: await toImage(main) } : input, job)
  }

/** Without loss in fewer colours: the alpha of a lossy WebP has no quality. */
const reducedWebp =
  (colours: number): Encode =>
  async (input) => {
    const main = reduceToMain(input, colours)
    if (main) return encodeLossless({ image: await toImage(main) })
    const palette = await input.image.png({ palette: true, colours, dither: 0, compressionLevel: 0 }).toBuffer()
    return encodeLossless({ image: (await loadSharp())(palette, { limitInputPixels: false }) })
  }

/**
 * A pixel that differs so little from the frame before is not stored again: the distance of two colours in RGB. It never adds up, since a
 * frame is compared with what is shown. Frames of a recording have palettes of their own, in which equal colours differ by a level or two.
 */
const INTER_FRAME_ERROR = 4

/** Dithering makes a GIF heavier and takes as long again as the rest. */
const gif =
  (effort: number, limit = MAX_PALETTE): Encode =>
  ({ image }, { colours = MAX_PALETTE }) => {
    const options = { effort, dither: 0, colours: Math.min(limit, Math.max(2, colours)) }
    return image.gif({ ...options, interFrameMaxError: INTER_FRAME_ERROR }).toBuffer()
  }

/** The encoder of each format. Lighter settings use more effort. */
export const ENCODERS: Record<Format, Encoder> = {
  jpeg: {
    maxSide: 65_500,
    encode: jpeg,
    lighter: () => QUALITY_FACTORS.map(lighterJpeg),
  },
  webp: {
    maxSide: 16_383,
    encode: webp(1, 2),
    lighter: (job) => [
      ...(job.content === "photo" ? [] : [encodeLossless]),
      ...QUALITY_FACTORS.map((factor) => webp(factor, 4)),
      ...(job.content === "graphic" ? fewerColours(job).map(reducedWebp) : []),
    ],
  },
  avif: {
    maxSide: 16_384,
    encode: avif(1, 0),
    lighter: () => [...QUALITY_FACTORS.map((factor) => avif(factor, 2)), avif(0.1, 4)],
  },
  png: {
    maxSide: 1_000_000,
    encode: png({ level: 6, isFiltered: false }),
    lighter: (job) => [
      png({ level: 9, isFiltered: false }),
      png({ level: 9, isFiltered: true }),
      ...fewerColours(job).map(reducedPng),
    ],
  },
  gif: {
    maxSide: 65_535,
    encode: gif(1),
    lighter: (job) => [gif(7), ...fewerColours(job).map(reducedGif)],
  },
}
