/**
 * Responsible for the options of a named size: the values that each may have, and the form in which they are compared.
 *
 * Invariants:
 * - An option with its default value is the same as an absent one.
 * - The canonical form of canonical options is the same object again.
 *
 * docs/sizes.md shows the effect of each option. Which options go together is decided in option-rules.ts.
 */
import { FORMATS } from "./format.ts"
import { expandColour, isColour, toPixels } from "./option-values.ts"
import {
  type Background,
  BACKGROUNDS,
  type Blend,
  BLENDS,
  type Fit,
  FITS,
  type Length,
  type Overlay,
  type SizeOptions,
  type SizeOptionsInput,
} from "./size-option-types.ts"
import { DEFAULT_TRIM, GRAVITIES, type Gravity, MAX_SIDE } from "./size.ts"

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

const PERCENT = /^(?:\d{1,2}(?:\.\d{1,3})?|100)%$/

const isLength =
  (min: number) =>
  (value: unknown): boolean =>
    isWhole(min, MAX_SIDE)(value) ||
    (typeof value === "string" && PERCENT.test(value) && Number.parseFloat(value) >= min / 100)

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
