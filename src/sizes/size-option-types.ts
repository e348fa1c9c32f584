/** Responsible for the types of the options of a named size, and the words that they may have. docs/sizes.md shows the effect of each. */
import type { Format } from "./format.ts"
import type { Gravity } from "./size.ts"

/** How a picture fills a box: cropped, whole and padded, or whole and not padded. */
export const FITS = ["cover", "contain", "inside"] as const
/** See {@link FITS}. */
export type Fit = (typeof FITS)[number]

/** Gravities of a crop that depend on the picture. */
export const STRATEGIES = ["entropy", "attention", "smart"] as const
/** A compass word, or one of {@link STRATEGIES}. */
export type CropGravity = Gravity | (typeof STRATEGIES)[number]

/** Backgrounds of `contain` that are not a colour. */
export const BACKGROUNDS = ["transparent", "dominant", "blur"] as const
/** A colour, or one of {@link BACKGROUNDS}. */
export type Background = `#${string}` | (typeof BACKGROUNDS)[number]

/** How the colours of an overlay and of the picture behind it are mixed; named as in sharp. */
export const BLENDS = [
  "over",
  "multiply",
  "screen",
  "overlay",
  "darken",
  "lighten",
  "hard-light",
  "soft-light",
  "difference",
  "exclusion",
] as const
/** See {@link BLENDS}. */
export type Blend = (typeof BLENDS)[number]

/** Pixels of the output, or a share of it like `"18%"`. */
export type Length = number | `${number}%`

/** A picture that is drawn over the output. */
export interface Overlay {
  /** File, relative to the configuration file: PNG, SVG, or any other picture that can be an original. */
  readonly image: string
  /** Width in pixels, or in percent of the output's width. @default the picture's own width */
  readonly width?: Length | undefined
  /** @default "center" */
  readonly gravity?: Gravity | undefined
  /** Distance from the edges in pixels, or in percent of the output's width. With `tile`, the gap between tiles. @default 0 */
  readonly margin?: Length | undefined
  /** 0 to 1. @default 1 */
  readonly opacity?: number | undefined
  /** @default "over" */
  readonly blend?: Blend | undefined
  /** Repeat it over the whole output. @default false */
  readonly tile?: boolean | undefined
  /** SHA-256 of the file, hex. Set when the configuration is loaded. */
  readonly digest?: string | undefined
}

/** Options of a size that change its pixels or format, as a configuration lists them. */
export interface SizeOptionsInput {
  /** How the picture fills a box like `600x600`. @default "cover" */
  readonly fit?: Fit | undefined
  /** Colour behind transparent pixels and around `contain`; for `contain` also one of {@link BACKGROUNDS}. @default the configured `background` */
  readonly background?: Background | undefined
  /** Distance between picture and box for `contain`, in pixels or in percent of the box's shorter side. @default 0 */
  readonly padding?: Length | undefined
  /** Removes a border of one colour before fitting. A number from 1 to 254 is the tolerated difference. @default false; true is 10 */
  readonly trim?: boolean | number | undefined
  /** Turns clockwise, in degrees. @default 0 */
  readonly rotate?: 0 | 90 | 180 | 270 | undefined
  /** Mirrors top and bottom. @default false */
  readonly flip?: boolean | undefined
  /** Mirrors left and right. @default false */
  readonly flop?: boolean | undefined
  /** Blurs; the standard deviation in pixels of the output, 0.3 to 100. @default 0 */
  readonly blur?: number | undefined
  /** Sharpens; true is mild and fast, a number is the standard deviation in pixels, 0.3 to 10. @default false */
  readonly sharpen?: boolean | number | undefined
  /** @default false */
  readonly grayscale?: boolean | undefined
  /** A colour that replaces all others and keeps the lightness. */
  readonly tint?: `#${string}` | undefined
  /** Rounds the corners by a radius in pixels, or to a circle. @default 0 */
  readonly round?: number | "circle" | undefined
  /** Drawn over the picture, in this order. */
  readonly overlay?: Overlay | readonly Overlay[] | undefined
  /** The only format of its renditions, for any `Accept`. */
  readonly format?: Format | undefined
  /** Explicit formats of this size, preferred ones first. @default the configured `formats` */
  readonly formats?: readonly Format[] | undefined
  /** Largest rendition in bytes: the quality is lowered until it fits, at most to `minQuality`. */
  readonly maxBytes?: number | undefined
  /** 1 to 100. @default 40 */
  readonly minQuality?: number | undefined
}

/** The same in canonical form: no option has its default value, and colours have six digits. */
export interface SizeOptions extends Omit<
  SizeOptionsInput,
  "trim" | "rotate" | "flip" | "flop" | "grayscale" | "overlay"
> {
  readonly trim?: number | undefined
  readonly rotate?: 90 | 180 | 270 | undefined
  readonly flip?: true | undefined
  readonly flop?: true | undefined
  readonly grayscale?: true | undefined
  readonly overlay?: readonly Overlay[] | undefined
}
