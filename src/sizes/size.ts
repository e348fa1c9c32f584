/**
 * Responsible for the text form of a size: `360x270` (a crop), `1280w` (by width) or `480h` (by height).
 *
 * Invariants:
 * - The text is canonical: no sign, no leading zero, lower case, each side 1 to 8192 pixels.
 * - `parseSize` and `formatSize` are inverses.
 */

/** The longest side that a size may have, in pixels. */
export const MAX_SIDE = 8192

/** The difference that `trim: true` tolerates. */
export const DEFAULT_TRIM = 10

/** The part of the image that a crop keeps; named as in sharp. */
export const GRAVITIES = [
  "center",
  "north",
  "northeast",
  "east",
  "southeast",
  "south",
  "southwest",
  "west",
  "northwest",
] as const
/** See {@link GRAVITIES}. */
export type Gravity = (typeof GRAVITIES)[number]

/** In pixels. A size has at least one of the two. */
export interface Box {
  readonly width?: number
  readonly height?: number
}

/** Dimensions of an image in pixels, after EXIF orientation. */
export interface Dimensions {
  readonly width: number
  readonly height: number
}

const SIZE = /^([1-9]\d{0,3})(?:w|(h)|x([1-9]\d{0,3}))$/

/**
 * The box of a canonical size; undefined for any other text.
 * @example
 * parseSize("360x270") // { width: 360, height: 270 }
 * parseSize("480h") // { height: 480 }
 */
export const parseSize = (text: string): Box | undefined => {
  const match = SIZE.exec(text)
  if (!match) return undefined
  const first = Number(match[1])
  const second = Number(match[3] ?? first)
  if (first > MAX_SIDE || second > MAX_SIDE) return undefined
  if (match[2]) return { height: first }
  return match[3] ? { width: first, height: second } : { width: first }
}

/**
 * The text of a box; the inverse of {@link parseSize}.
 * @example
 * formatSize({ width: 1280 }) // "1280w"
 */
export const formatSize = ({ width, height }: Box): string => {
  if (width !== undefined && height !== undefined) return `${width}x${height}`
  return width === undefined ? `${height}h` : `${width}w`
}

/**
 * The box that was probably meant by a text that is not canonical: `300×300`, `360X270`, `0480h`, `9999w`.
 * Sides are clamped to the allowed range. Undefined if the text does not look like a size.
 */
export const guessSize = (text: string): Box | undefined => {
  const match = /^ *[!-/:-~]?0*(\d{1,9}) *(?:[x×*] *0*(\d{1,9})|([wh]))/i.exec(text)
  if (!match) return undefined
  const clamp = (digits: string | undefined): number => Math.min(MAX_SIDE, Math.max(1, Number(digits)))
  const first = clamp(match[1])
  if (match[2]) return { width: first, height: clamp(match[2]) }
  return match[3]?.toLowerCase() === "w" ? { width: first } : { height: first }
}
