/**
 * One size: `360x270` (a crop), `1280w` (by width), `480h` (by height), or one of these under a name.
 * The text form is canonical: no sign, no leading zero, lower case, each side 1 to 8192 pixels.
 */

/** Pixels; the largest side that a list may have. */
export const MAX_SIDE = 8192

/** Which part of the picture a crop keeps; compass words, as in sharp and CSS. */
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

/** Pixels. At least one of the two is present in a size. */
export interface Box {
  readonly width?: number
  readonly height?: number
}

/** Pixels of a picture as it is seen, after EXIF orientation. */
export interface Dimensions {
  readonly width: number
  readonly height: number
}

const SIZE = /^([1-9]\d{0,3})(?:w|(h)|x([1-9]\d{0,3}))$/

/** The box that a canonical size text describes; undefined for anything else. */
export const parseSize = (text: string): Box | undefined => {
  const match = SIZE.exec(text)
  const first = Number(match?.[1])
  const second = Number(match?.[3] ?? first)
  if (!(first <= MAX_SIDE && second <= MAX_SIDE)) return undefined
  if (match?.[2]) return { height: first }
  return match?.[3] ? { width: first, height: second } : { width: first }
}

/** The inverse of {@link parseSize}. */
export const formatSize = ({ width, height }: Box): string => {
  if (width !== undefined && height !== undefined) return `${width}x${height}`
  return width === undefined ? `${height}h` : `${width}w`
}

/**
 * What somebody probably meant by a text that is not a canonical size: `300×300`, `360X270`, `0480h`, `9999w`.
 * Sides are clamped to what is allowed. Undefined where it does not look like a size at all.
 */
export const guessSize = (text: string): Box | undefined => {
  const match = /^ *[!-/:-~]?0*(\d{1,9}) *(?:[x×*] *0*(\d{1,9})|([wh]))/i.exec(text)
  if (!match) return undefined
  const clamp = (digits: string): number => Math.min(MAX_SIDE, Math.max(1, Number(digits)))
  const first = clamp(match[1] ?? "1")
  if (match[2] !== undefined) return { width: first, height: clamp(match[2]) }
  return match[3]?.toLowerCase() === "w" ? { width: first } : { height: first }
}
