/** Responsible for the meanings of options that several services have: sides, ratios, formats, gravities, colours and effects. */
import { FORMATS } from "../sizes/format.ts"
import type { CropGravity } from "../sizes/size-option-types.ts"
import type { Gravity } from "../sizes/size.ts"
import type { Part } from "./service.ts"

/** The request of an option's value; undefined for a value that no size can have. */
export type Meaning = (value: string) => Part | undefined
/** Meanings by the names of options. */
export type Meanings = Readonly<Record<string, Meaning>>
/** A name and its value, both decoded. */
export type Option = readonly [name: string, value: string]

/** For options without consequences. */
export const ignored: Meaning = () => ({})

const NONE: Part = {}

/** A number above 0, in decimal digits; NaN for any other text. */
export const toPositive = (text: string): number => {
  const value = /^\d{1,9}(?:\.\d{1,9})?$/.test(text) ? Number(text) : NaN
  return value > 0 ? value : NaN
}

/** For a width, height or `dpr`. Empty and `auto` count as absent. */
export const positive =
  (name: "width" | "height" | "dpr"): Meaning =>
  (value) =>
    value === "" || value === "auto" ? NONE : { [name]: toPositive(value) }

/** Like {@link positive}, for services where 0 counts as absent. */
export const positiveOrNone =
  (name: "width" | "height" | "dpr"): Meaning =>
  (value) =>
    /^0*(?:\.0*)?$/.test(value) ? NONE : { [name]: toPositive(value) }

/** Like {@link positive}, for services where a value below 1 is a share of the original, which no size can have. */
export const positiveOrShare =
  (name: "width" | "height"): Meaning =>
  (value) => {
    const number = toPositive(value)
    return number < 1 ? undefined : positive(name)(value)
  }

/** For a ratio such as `16:9` or `1.5`. */
export const ratio =
  (separator: ":" | "-"): Meaning =>
  (value) => {
    const [width = "", height = "1", ...rest] = value.split(separator)
    const quotient = toPositive(width) / toPositive(height)
    return rest.length > 0 || Number.isNaN(quotient) ? undefined : { ratio: quotient }
  }

/** For a format. One that imgtailor does not write is negotiated, as are `auto` and similar words. */
export const format: Meaning = (value) => {
  const name = value === "jpg" ? "jpeg" : value
  const known = FORMATS.find((one) => one === name)
  return known ? { format: known } : NONE
}

const OF_WORD: ReadonlyMap<string, Gravity> = new Map<string, Gravity>([
  ["center", "center"],
  ["centre", "center"],
  ["middle", "center"],
  ["top", "north"],
  ["bottom", "south"],
  ["left", "west"],
  ["right", "east"],
  ["north", "north"],
  ["south", "south"],
  ["east", "east"],
  ["west", "west"],
  ["northeast", "northeast"],
  ["northwest", "northwest"],
  ["southeast", "southeast"],
  ["southwest", "southwest"],
  ["top left", "northwest"],
  ["top right", "northeast"],
  ["bottom left", "southwest"],
  ["bottom right", "southeast"],
  ["left top", "northwest"],
  ["right top", "northeast"],
  ["left bottom", "southwest"],
  ["right bottom", "southeast"],
])

/** The gravity that a word such as `top`, `north_east` or `bottom,left` means; undefined for any other. */
export const gravityOf = (text: string): CropGravity | undefined => {
  const words = text
    .toLowerCase()
    .split(/[\s,_-]+/)
    .join(" ")
  return OF_WORD.get(words) ?? OF_WORD.get(words.replace(" ", ""))
}

/** For the part that a crop keeps. It is a preference: another gravity serves, too. @param others words that only this service has */
export const gravity =
  (others: Readonly<Record<string, CropGravity>> = {}): Meaning =>
  (value) => {
    const found = Object.hasOwn(others, value) ? others[value] : gravityOf(value)
    return found === undefined ? NONE : { gravity: found }
  }

/** For how a picture fills a box. A word that is not listed is refused. @param words of this service */
export const fit =
  (words: Readonly<Record<string, Part>>): Meaning =>
  (value) =>
    Object.hasOwn(words, value) ? words[value] : undefined

/** The picture fills the box and is cropped. Stretched pictures are cropped, too. */
export const COVER: Part = { look: { fit: "cover" } }
/** The whole picture within the box. */
export const INSIDE: Part = { look: { fit: "inside" } }
/** The whole picture, padded to the box. */
export const CONTAIN: Part = { look: { fit: "contain" } }

/** For an option that is either on, which `part` describes, or off. */
export const flag =
  (part: Part): Meaning =>
  (value) =>
    /^(?:|1|true|yes|undefined)$/i.test(value) ? part : /^(?:0|false|no)$/i.test(value) ? NONE : undefined

/** For quarter turns clockwise, in degrees. */
export const rotation: Meaning = (value) => {
  const degrees = ((Number(value) % 360) + 360) % 360
  if (degrees === 0) return NONE
  return degrees === 90 || degrees === 180 || degrees === 270 ? { look: { rotate: degrees } } : undefined
}

/** For a blur. @param toSigma from the number in the URL to the standard deviation in pixels */
export const blur =
  (toSigma: (value: number) => number): Meaning =>
  (value) => {
    if (/^0*(?:\.0*)?$/.test(value)) return NONE
    const sigma = toSigma(toPositive(value))
    return sigma >= 0.3 && sigma <= 100 ? { look: { blur: Math.round(sigma * 100) / 100 } } : undefined
  }

/** For a colour: `fff`, `ffffff`, or `#` and these. Eight digits are a colour with alpha. */
export const background: Meaning = (value) => {
  const digits = value.replace(/^#/, "").toLowerCase()
  if (value === "white") return { background: "#ffffff" }
  if (value === "black") return { background: "#000000" }
  if (/^(?:[0-9a-f]{3}|[0-9a-f]{6})$/.test(digits)) return { background: `#${digits}` }
  return NONE
}
