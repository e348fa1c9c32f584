/**
 * Responsible for the attributes of `<img>` and `<picture>`, in the spelling of HTML.
 *
 * Invariants:
 * - `width` and `height` are always set, so that the layout does not shift when the image loads.
 * - `src` comes last and `loading` before it: frameworks set attributes in this order, and Safari requests `src` as soon as it is set.
 * - If the page gives the displayed width, no candidate is wider than necessary for 2 device pixels per CSS pixel.
 */
import type { Format } from "../sizes/format.ts"
import { type KnownDimensions, ratioOf, sourceDimensions } from "../sizes/geometry.ts"
import type { Info } from "../sizes/info.ts"
import { lookOf, type Shape } from "../sizes/list.ts"
import type { Dimensions } from "../sizes/size.ts"
import { fail } from "./fail.ts"
import { type Candidate, type CandidateOptions, toSrcset } from "./srcset.ts"

/** Known properties of an original; the result of `info` is one. */
export interface KnownInfo extends KnownDimensions {
  /** Any text, as TypeScript reads a file of JSON. */
  readonly format?: string | undefined
  readonly placeholder?: Info["placeholder"] | undefined
}

/** How an image is displayed. */
export interface ImgOptions<Name extends string, Explicit extends Format> extends Omit<
  CandidateOptions<Name, Explicit>,
  "info" | "maxWidth"
> {
  readonly info?: KnownInfo | undefined
  /** Maximum displayed width in CSS pixels. @default the width of the page; the `width` attribute is that of the original or crop */
  readonly width?: number | undefined
  /** The HTML attribute. @default the width of the page, up to `width`; screens with 3 device pixels per CSS pixel count as 2 */
  readonly sizes?: string | undefined
  /** For images that are visible at first: loaded eagerly and before others. @default false */
  readonly priority?: boolean | undefined
  /**
   * Whether the placeholder of `info` is the background until the image is loaded.
   * @default true for JPEG, which is opaque, in a size that leaves the photo unchanged
   */
  readonly placeholder?: boolean | undefined
}

/** Attributes of an `<img>`. */
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

/** Attributes of a `<source>`. */
export interface SourceAttributes {
  /** Absent for the last source of a media query: the original's own format, or the negotiated one. */
  readonly type?: string
  readonly srcset: string
  readonly sizes?: string
  /** The media query of another part of the photo; with it, the dimensions of that part. */
  readonly media?: string
  readonly width?: number
  readonly height?: number
}

/** Attributes of the elements of a `<picture>`. */
export interface Picture {
  readonly sources: readonly SourceAttributes[]
  readonly img: Attributes
}

/** Device pixels per CSS pixel. More are hardly visible, and take twice the bytes. */
export const MAX_DPR = 2

/** Attributes of an image that is visible at once. */
export const EAGER = { loading: "eager", fetchpriority: "high" } as const
/** Attributes of any other image. */
export const LAZY = { loading: "lazy" } as const

/** Uses the exact ratio of the original or crop: that of a small rendition is rounded. @throws {TypeError} if the ratio is not known */
const displayedSize = (size: Shape, info: KnownInfo | undefined, displayedWidth: number | undefined): Dimensions => {
  const { width, height } = ratioOf(size, sourceDimensions(size, info))
  if (!width || !height) return fail("Expected info, to reserve space.")
  const displayed = displayedWidth ?? width
  return { width: displayed, height: Math.round((displayed * height) / width) || 1 }
}

/** Screens with 3 device pixels per CSS pixel get two thirds of the width, which makes 2. A `sizes` of the page is not changed. */
const sizesAttribute = ({ sizes, width, priority }: ImgOptions<string, Format>): string => {
  const text = sizes ?? `${width ? `(min-width: ${width}px) ${width}px, ` : ""}(min-resolution: 3x) 66.66vw, 100vw`
  return priority ? text : `auto, ${text}`
}

/** The placeholder that an `<img>` shows until it is loaded, for frameworks that show it in another way. */
export const placeholderIn = ({ style = "" }: Attributes): string | undefined => /url\((.+)\) /.exec(style)?.[1]

/**
 * The attributes of an `<img>`.
 * @param src the URL of `size`
 * @param candidatesUpTo returns the candidates up to the first of at least that width in pixels
 */
export const imgAttributes = (
  size: Shape,
  src: string,
  options: ImgOptions<string, Format>,
  candidatesUpTo: (maxWidth: number | undefined) => readonly Candidate[],
): Attributes => {
  const { info, width, priority, placeholder = info?.format === "jpeg" && !lookOf(size) } = options
  const candidates = candidatesUpTo(width && MAX_DPR * width)
  return {
    ...displayedSize(size, info, width),
    ...(priority ? EAGER : LAZY),
    decoding: "async",
    ...(placeholder && info?.placeholder && { style: `background:url(${info.placeholder}) center/cover no-repeat` }),
    ...(candidates[0]?.width && { sizes: sizesAttribute(options) }),
    srcset: toSrcset(candidates),
    src,
  }
}

/** @param imgIn returns the attributes for a format; undefined is the original's own */
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
