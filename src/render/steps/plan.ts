/**
 * Responsible for the dimensions of a rendition at each stage: of the resized original, of the part that is cut from it, and of the output.
 *
 * Quarter turns are done on the few pixels of the output, so everything before them is planned in the original's own directions.
 */
import { outputDimensions } from "../../sizes/geometry.ts"
import { toPixels } from "../../sizes/option-values.ts"
import type { ImageRecipe, RecipeOptions } from "../../sizes/recipe.ts"
import { type CropGravity, STRATEGIES } from "../../sizes/size-option-types.ts"
import type { Dimensions, Gravity } from "../../sizes/size.ts"

/** A rectangle in pixels. */
export interface Rectangle extends Dimensions {
  readonly left: number
  readonly top: number
}

/** The smallest rectangle that contains two others. */
export const unionOf = (a: Rectangle, b: Rectangle): Rectangle => {
  const left = Math.min(a.left, b.left)
  const top = Math.min(a.top, b.top)
  return {
    left,
    top,
    width: Math.max(a.left + a.width, b.left + b.width) - left,
    height: Math.max(a.top + a.height, b.top + b.height) - top,
  }
}

/** Dimensions of a rendition, in pixels. */
export interface Plan {
  /** The decoded picture is resized to this. */
  readonly resized: Dimensions
  /** A crop that the resizer makes; undefined if it keeps the whole picture. */
  readonly position: Gravity | undefined
  /** The part that a crop by content keeps of the resized picture. The same where there is none. */
  readonly picture: Dimensions
  /** Dimensions of the output. */
  readonly output: Dimensions
}

const swap = ({ width, height }: Dimensions): Dimensions => ({ width: height, height: width })

/** Compass words clockwise, 45 degrees each. */
const COMPASS: readonly Gravity[] = [
  "north",
  "northeast",
  "east",
  "southeast",
  "south",
  "southwest",
  "west",
  "northwest",
]

/** The compass word in a picture that is turned later: rotated clockwise, then mirrored. */
const beforeTurning = (gravity: Gravity, { rotate, flip, flop }: RecipeOptions): Gravity => {
  const at = COMPASS.indexOf(gravity)
  if (at < 0) return gravity
  const upright = flip ? (12 - at) % 8 : at
  const unmirrored = flop ? (8 - upright) % 8 : upright
  return COMPASS[(unmirrored + 8 - (rotate ?? 0) / 45) % 8] ?? gravity
}

/** The space that padding leaves inside a box. */
export const innerBox = ({ width, height }: Dimensions, { padding = 0 }: RecipeOptions): Dimensions => {
  const space = toPixels(padding, Math.min(width, height))
  return { width: Math.max(1, width - 2 * space), height: Math.max(1, height - 2 * space) }
}

const isStrategy = (gravity: CropGravity): gravity is (typeof STRATEGIES)[number] =>
  STRATEGIES.some((strategy) => strategy === gravity)

/** The smallest dimensions in the ratio of a picture that cover a box. */
const covering = (source: Dimensions, box: Dimensions): Dimensions => {
  const scale = Math.max(box.width / source.width, box.height / source.height)
  return {
    width: Math.max(box.width, Math.round(source.width * scale)),
    height: Math.max(box.height, Math.round(source.height * scale)),
  }
}

/** @param source the upright original, after `trim` */
export const planPicture = ({ box, gravity, options = {} }: ImageRecipe, source: Dimensions): Plan => {
  const { fit, rotate } = options
  const output = outputDimensions({ ...box, fit, rotate }, source)
  const content =
    fit === "contain" ? outputDimensions({ ...innerBox(output, options), fit: "inside", rotate }, source) : output
  const picture = rotate === 90 || rotate === 270 ? swap(content) : content
  const isCrop = box.width !== undefined && box.height !== undefined && fit === undefined
  if (isCrop && isStrategy(gravity)) return { resized: covering(source, picture), position: undefined, picture, output }
  const position = isCrop && !isStrategy(gravity) ? beforeTurning(gravity, options) : undefined
  return { resized: picture, position, picture, output }
}
