/**
 * Attributes of `<img>` and `<picture>`, as HTML spells them.
 *
 * Holds: `width` and `height` are always there, so that nothing moves when the picture comes; a picture is at most twice as many pixels
 * wide as it is shown, where the page says how wide that is.
 */
import type { Format } from "../sizes/format.ts"
import type { Info } from "../sizes/info.ts"
import type { Shape } from "../sizes/list.ts"
import type { Box, Dimensions } from "../sizes/size.ts"
import { fail } from "./fail.ts"
import { type Candidate, type CandidateOptions, toSrcset } from "./srcset.ts"

/** What is known of an original; facts from `info` are such. */
export interface KnownInfo extends Dimensions, Partial<Pick<Info, "format" | "placeholder">> {}

/** How a picture is shown. */
export interface ImgOptions<Name extends string, Explicit extends Format> extends Omit<
  CandidateOptions<Name, Explicit>,
  "info" | "maxWidth"
> {
  readonly info?: KnownInfo | undefined
  /** CSS pixels: as wide as it is shown at most. @default as wide as the page, and as wide as the original or the crop for what heeds no `sizes` */
  readonly width?: number | undefined
  /** The HTML attribute. @default as wide as the page, up to `width`; on screens of 3× as if they had 2× */
  readonly sizes?: string | undefined
  /** For what is seen at once: loaded eagerly, and before other pictures. @default false */
  readonly priority?: boolean | undefined
  /** Whether the tiny picture of `info` is shown until the real one is there. @default true for JPEG, which hides what lies behind it */
  readonly placeholder?: boolean | undefined
}

/** Of an `<img>`. */
export interface Attributes {
  readonly src: string
  readonly srcset: string
  readonly sizes?: string
  readonly width: number
  readonly height: number
  readonly loading: "lazy" | "eager"
  readonly decoding: "async"
  readonly fetchpriority?: "high"
  readonly style?: string
}

/** Of a `<source>`. */
export interface SourceAttributes {
  readonly type: string
  readonly srcset: string
  readonly sizes?: string
}

/** Of a `<picture>`. */
export interface Picture {
  readonly sources: readonly SourceAttributes[]
  readonly img: Attributes
}

/** Device pixels per CSS pixel: more are hardly seen, and cost twice the bytes. */
export const MAX_DPR = 2

const EAGER = { loading: "eager", fetchpriority: "high" } as const
const LAZY = { loading: "lazy" } as const

/** By the exact ratio: that of a small rendition is rounded. @throws {TypeError} where the ratio is not known */
const shownAs = (size: Shape, info: Dimensions | undefined, shown: number | undefined): Dimensions => {
  const { width, height }: Box = size.width && size.height ? size : { ...info }
  if (!width || !height) return fail("Expected info, or the page moves.")
  return { width: shown ?? width, height: Math.round(((shown ?? width) * height) / width) || 1 }
}

/** Screens with three device pixels per CSS pixel are told two thirds, which makes two. What the page says itself is left as it is. */
const sizesOf = ({ sizes, width, priority }: ImgOptions<string, Format>): string => {
  const shown = sizes ?? `${width ? `(min-width: ${width}px) ${width}px, ` : ""}(min-resolution: 3x) 66.66vw, 100vw`
  return priority ? shown : `auto, ${shown}`
}

/**
 * @param src the address of `size`
 * @param rungsUpTo the candidates to choose from, up to the first of a width in pixels
 */
export const imgAttributes = (
  size: Shape,
  src: string,
  options: ImgOptions<string, Format>,
  rungsUpTo: (maxWidth: number | undefined) => readonly Candidate[],
): Attributes => {
  const { info, width, priority, placeholder = info?.format === "jpeg" } = options
  const candidates = rungsUpTo(width && MAX_DPR * width)
  return {
    src,
    srcset: toSrcset(candidates),
    ...(candidates[0]?.width && { sizes: sizesOf(options) }),
    ...shownAs(size, info, width),
    ...(priority ? EAGER : LAZY),
    decoding: "async",
    ...(placeholder && info?.placeholder && { style: `background:url(${info.placeholder}) center/cover no-repeat` }),
  }
}

/** @param imgIn the attributes for a format; undefined for the original's own */
export const pictureAttributes = (
  formats: readonly Format[],
  imgIn: (format: Format | undefined) => Attributes,
): Picture => {
  const source = (format: Format): SourceAttributes => {
    const { srcset, sizes } = imgIn(format)
    return { type: `image/${format}`, srcset, ...(sizes && { sizes }) }
  }
  return { sources: formats.map(source), img: imgIn(undefined) }
}
