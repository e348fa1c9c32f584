/** Responsible for values of options that are computed with: colours, and lengths in pixels or percent. */
import type { Length } from "./size-option-types.ts"

/** True for `#rgb` and `#rrggbb`. */
export const isColour = (value: unknown): value is `#${string}` =>
  typeof value === "string" && /^#(?:[0-9a-f]{3}|[0-9a-f]{6})$/i.test(value)

/** A colour with six digits in lower case. */
export const expandColour = (colour: string): `#${string}` =>
  `#${(colour.length === 4 ? colour.replace(/[0-9a-f]/gi, (digit) => digit + digit) : colour).slice(1).toLowerCase()}`

/**
 * A length in pixels, rounded.
 * @param whole pixels that are 100 %
 */
export const toPixels = (length: Length, whole: number): number =>
  typeof length === "number" ? length : Math.round((Number.parseFloat(length) * whole) / 100)
