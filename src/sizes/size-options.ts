/**
 * Responsible for the options of a named size: their types, the values that each may have, and the form in which they are compared.
 *
 * Invariants:
 * - An option with its default value is the same as an absent one.
 * - The canonical form of canonical options is the same object again.
 *
 * docs/sizes.md shows the effect of each option. Which options go together is decided in option-rules.ts.
 */
import { type Format, FORMATS } from "./format.ts"
import { DEFAULT_TRIM, GRAVITIES, type Gravity, MAX_SIDE } from "./size.ts"

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

/** The lowest quality for `maxBytes`. */
export const DEFAULT_MIN_QUALITY = 40
const MAX_OVERLAYS = 8

const isIn =
  (min: number, max: number) =>
  (value: unknown): boolean =>
    typeof value === "number" && value >= min && value <= max
const isWhole =
  (min: number, max: number) =>
  (value: unknown): boolean =>
    Number.isInteger(value) && isIn(min, max)(value)
const isOneOf =
  (words: readonly unknown[]) =>
  (value: unknown): boolean =>
    words.includes(value)
const isBoolean = (value: unknown): boolean => typeof value === "boolean"

/** True for `#rgb` and `#rrggbb`. */
export const isColour = (value: unknown): value is `#${string}` =>
  typeof value === "string" && /^#(?:[0-9a-f]{3}|[0-9a-f]{6})$/i.test(value)

/** A colour with six digits in lower case. */
export const expandColour = (colour: string): `#${string}` =>
  `#${(colour.length === 4 ? colour.replace(/[0-9a-f]/gi, (digit) => digit + digit) : colour).slice(1).toLowerCase()}`

const PERCENT = /^(?:\d{1,2}(?:\.\d{1,3})?|100)%$/

const isLength =
  (min: number) =>
  (value: unknown): boolean =>
    isWhole(min, MAX_SIDE)(value) ||
    (typeof value === "string" && PERCENT.test(value) && Number.parseFloat(value) >= min / 100)

/**
 * A length in pixels, rounded.
 * @param whole pixels that are 100 %
 */
export const toPixels = (length: Length, whole: number): number =>
  typeof length === "number" ? length : Math.round((Number.parseFloat(length) * whole) / 100)

interface Rule {
  /** The expected value, for messages. */
  readonly expected: string
  readonly isValid: (value: unknown) => boolean
  /** The canonical value of a valid one; undefined for the default. @default the value */
  readonly toCanonical?: (value: never) => unknown
}

const TRUE_OR_FALSE: Rule = {
  expected: "true or false",
  isValid: isBoolean,
  toCanonical: (value: boolean) => value || undefined,
}

const OVERLAY_RULES = {
  image: { expected: "a file like ./logo.png", isValid: (value) => typeof value === "string" && value !== "" },
  width: { expected: 'pixels or a share like "18%"', isValid: isLength(1) },
  gravity: {
    expected: `one of ${GRAVITIES.join(", ")}`,
    isValid: isOneOf(GRAVITIES),
    toCanonical: (value: Gravity) => (value === "center" ? undefined : value),
  },
  margin: {
    expected: 'pixels or a share like "3%"',
    isValid: isLength(0),
    toCanonical: (value: Length) => (toPixels(value, 1e9) === 0 ? undefined : value),
  },
  opacity: {
    expected: "a number from 0 to 1",
    isValid: isIn(0, 1),
    toCanonical: (value: number) => (value === 1 ? undefined : value),
  },
  blend: {
    expected: `one of ${BLENDS.join(", ")}`,
    isValid: isOneOf(BLENDS),
    toCanonical: (value: Blend) => (value === "over" ? undefined : value),
  },
  tile: TRUE_OR_FALSE,
  digest: { expected: "a SHA-256 in hex", isValid: (value) => /^[0-9a-f]{64}$/.test(String(value)) },
} satisfies Record<keyof Overlay, Rule>

const RULES = {
  fit: {
    expected: `one of ${FITS.join(", ")}`,
    isValid: isOneOf(FITS),
    toCanonical: (value: Fit) => (value === "cover" ? undefined : value),
  },
  background: {
    expected: `a colour like #ffffff, or with fit "contain" one of ${BACKGROUNDS.join(", ")}`,
    isValid: (value) => isColour(value) || isOneOf(BACKGROUNDS)(value),
    toCanonical: (value: Background) => (isColour(value) ? expandColour(value) : value),
  },
  padding: {
    expected: 'pixels or a share like "4%"',
    isValid: isLength(0),
    toCanonical: (value: Length) => (toPixels(value, 1e9) === 0 ? undefined : value),
  },
  trim: {
    expected: "true, false or a number from 1 to 254",
    isValid: (value) => isBoolean(value) || isWhole(1, 254)(value),
    toCanonical: (value: boolean | number) => (value === true ? DEFAULT_TRIM : value || undefined),
  },
  rotate: {
    expected: "one of 0, 90, 180, 270",
    isValid: isOneOf([0, 90, 180, 270]),
    toCanonical: (value: number) => value || undefined,
  },
  flip: TRUE_OR_FALSE,
  flop: TRUE_OR_FALSE,
  blur: {
    expected: "0, or a number from 0.3 to 100",
    isValid: (value) => value === 0 || isIn(0.3, 100)(value),
    toCanonical: (value: number) => value || undefined,
  },
  sharpen: {
    expected: "true, false or a number from 0.3 to 10",
    isValid: (value) => isBoolean(value) || isIn(0.3, 10)(value),
    toCanonical: (value: boolean | number) => value || undefined,
  },
  grayscale: TRUE_OR_FALSE,
  tint: { expected: "a colour like #704214", isValid: isColour, toCanonical: expandColour },
  round: {
    expected: `"circle", or a radius in pixels from 0 to ${MAX_SIDE}`,
    isValid: (value) => value === "circle" || isWhole(0, MAX_SIDE)(value),
    toCanonical: (value: number | "circle") => value || undefined,
  },
  overlay: {
    expected: `an overlay like { image: "./logo.png", gravity: "southeast" }, or a list of at most ${MAX_OVERLAYS}`,
    isValid: (value) =>
      typeof value === "object" && value !== null && (!Array.isArray(value) || value.length <= MAX_OVERLAYS),
    toCanonical: (value: Overlay | readonly Overlay[]) => {
      const overlays = [value].flat().map((overlay) => canonicalBy(OVERLAY_RULES, overlay))
      return overlays.length > 0 ? overlays : undefined
    },
  },
  format: { expected: `one of ${FORMATS.join(", ")}`, isValid: isOneOf(FORMATS) },
  formats: {
    expected: `a list of ${FORMATS.join(", ")}, each once`,
    isValid: (value) =>
      Array.isArray(value) && value.every(isOneOf(FORMATS)) && new Set<unknown>(value).size === value.length,
  },
  maxBytes: { expected: "a whole number of at least 500", isValid: isWhole(500, Number.MAX_SAFE_INTEGER) },
  minQuality: {
    expected: "a whole number from 1 to 100",
    isValid: isWhole(1, 100),
    toCanonical: (value: number) => (value === DEFAULT_MIN_QUALITY ? undefined : value),
  },
} satisfies Record<keyof SizeOptionsInput, Rule>

/** Names of the options, in canonical order. */
export const SIZE_OPTION_NAMES = Object.keys(RULES) as readonly (keyof SizeOptionsInput)[]
/** Names of the options of an overlay that a configuration may set. */
export const OVERLAY_OPTION_NAMES: readonly string[] = Object.keys(OVERLAY_RULES).filter((name) => name !== "digest")

type Values = Readonly<Record<string, unknown>>

const canonicalBy = (rules: Readonly<Record<string, Rule>>, values: object): Values =>
  Object.fromEntries(
    Object.entries(rules).flatMap(([name, { toCanonical = (value: unknown) => value }]) => {
      const given = (values as Values)[name]
      const value = given === undefined ? undefined : (toCanonical as (value: unknown) => unknown)(given)
      return value === undefined ? [] : [[name, value]]
    }),
  )

/** A mistake: the path below the size, and a sentence. */
export interface OptionProblem {
  readonly path: readonly (string | number)[]
  readonly message: string
}

const show = (value: unknown): string => JSON.stringify(value) ?? String(value)

const problemBy = (rules: Readonly<Record<string, Rule>>, values: object): OptionProblem | undefined => {
  for (const [name, { expected, isValid }] of Object.entries(rules)) {
    const value = (values as Values)[name]
    if (value !== undefined && !isValid(value))
      return { path: [name], message: `Expected ${expected}, got ${show(value)}.` }
  }
  return undefined
}

const problemInOverlay = (overlay: Overlay): OptionProblem | undefined => {
  if (typeof overlay !== "object" || overlay === null || overlay.image === undefined)
    return { path: [], message: `Expected an overlay like { image: "./logo.png" }, got ${show(overlay)}.` }
  const unknown = Object.keys(overlay).find((name) => !Object.hasOwn(OVERLAY_RULES, name))
  if (unknown !== undefined)
    return { path: [unknown], message: `Expected one of ${OVERLAY_OPTION_NAMES.join(", ")}, got ${show(unknown)}.` }
  return problemBy(OVERLAY_RULES, overlay)
}

/** The first option with an invalid value. */
export const problemInOptions = (input: SizeOptionsInput): OptionProblem | undefined => {
  const problem = problemBy(RULES, input)
  if (problem) return problem
  for (const [at, overlay] of [input.overlay ?? []].flat().entries()) {
    const found = problemInOverlay(overlay)
    const index = Array.isArray(input.overlay) ? [at] : []
    if (found) return { path: ["overlay", ...index, ...found.path], message: found.message }
  }
  return undefined
}

/** The canonical form of valid options. */
export const toSizeOptions = (input: SizeOptionsInput): SizeOptions => canonicalBy(RULES, input)
