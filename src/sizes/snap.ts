/**
 * Responsible for snapping: choosing the listed size for any requested one. Browsers, the edge and servers use the same function.
 *
 * | requested     | chosen from                                                                              |
 * | ------------- | ---------------------------------------------------------------------------------------- |
 * | only a width  | sizes by width (`1280w`)                                                                 |
 * | only a height | sizes by height (`480h`)                                                                 |
 * | both          | crops of that ratio (`360x270`), or if there are none, crops of the nearest listed ratio |
 *
 * The smallest of these that is at least as large in device pixels is chosen, or else the largest.
 *
 * A size with options that change its picture (`fit`, `blur`, …) is never chosen: it has to be requested by its name.
 *
 * Invariants:
 * - A listed size without such options snaps to itself.
 */
import { lookOf, sidesOf, type Shape, type Sides } from "./list.ts"
import type { Box } from "./size.ts"

/** A requested size in CSS pixels, with the number of device pixels for each. */
export interface SnapRequest extends Box {
  /** @default 1 */
  readonly dpr?: number | undefined
}

/** In pixels; orders sizes of one shape. */
const area = ({ width = 1, height = 1 }: Box): number => width * height

/**
 * Whether two sizes show the same part of an image: both by width, both by height, or crops of one ratio, given that each side is rounded
 * by up to half a pixel. A side that a size does not have is 0.
 */
const isShape = (width: number, height: number, otherWidth: number, otherHeight: number): boolean =>
  !width === !otherWidth &&
  !height === !otherHeight &&
  (!width ||
    !height ||
    2 * Math.abs(width * otherHeight - otherWidth * height) <= Math.max(width + otherWidth, height + otherHeight))

/** Whether two sizes show the same part of an image, judged by their sides: both by width, both by height, or crops of one ratio. */
export const isSameShape = (a: Box, b: Box): boolean =>
  isShape(a.width ?? 0, a.height ?? 0, b.width ?? 0, b.height ?? 0)

/**
 * All listed sizes that show the same as a listed one, smallest first: the sizes that one `srcset` may offer. They have one ratio and
 * gravity, and equal options.
 * @example
 * sizesOfShape(list[0], list).map(({ name }) => name) // ["360x270", "720x540"]
 */
export const sizesOfShape = <T extends Shape>(size: Shape, list: readonly T[]): readonly T[] =>
  list
    .filter((other) => isSameShape(other, size) && other.gravity === size.gravity && lookOf(other) === lookOf(size))
    .sort((a, b) => area(a) - area(b))

/** The index of the crop whose ratio is nearest to that of a box; -1 if the list has no crop. */
const nearestCrop = (box: Required<Box>, { widths, heights }: Sides): number => {
  let nearest = -1
  let least = Infinity
  for (let index = 0; index < widths.length; index++) {
    // Quotients of products, which all engines round alike. They are infinite for a size that is not a crop.
    const across = (widths[index] ?? 0) * box.height
    const down = (heights[index] ?? 0) * box.width
    const difference = Math.max(across / down, down / across)
    if (difference < least) {
      nearest = index
      least = difference
    }
  }
  return nearest
}

/** Among the sizes of a shape, the index of the smallest that is not smaller than `least`, or else of the largest; -1 if there are none. */
const smallestOf = (shape: Required<Box>, least: Required<Box>, { widths, heights }: Sides): number => {
  let [smallest, largest, fewest, most] = [-1, -1, Infinity, 0]
  for (let index = 0; index < widths.length; index++) {
    const width = widths[index] ?? 0
    const height = heights[index] ?? 0
    if (!isShape(width, height, shape.width, shape.height)) continue
    const pixels = (width || 1) * (height || 1)
    if (pixels >= most) {
      largest = index
      most = pixels
    }
    if (width >= least.width && height >= least.height && pixels < fewest) {
      smallest = index
      fewest = pixels
    }
  }
  return smallest < 0 ? largest : smallest
}

/**
 * The index of the listed size for a box; -1 if no size of that kind is listed. A loop over numbers: it runs in the edge function of a CDN,
 * where sorting and filtering would take most of the time allowed.
 * @param box in CSS pixels, 0 for a side that is not requested
 * @param dpr device pixels for each CSS pixel
 */
export const snapIndex = (box: Required<Box>, dpr: number, sides: Sides): number => {
  const least = { width: box.width * dpr, height: box.height * dpr }
  const found = smallestOf(box, least, sides)
  const nearest = found < 0 && box.width && box.height ? nearestCrop(box, sides) : -1
  if (nearest < 0) return found
  return smallestOf({ width: sides.widths[nearest] ?? 0, height: sides.heights[nearest] ?? 0 }, least, sides)
}

const isPositive = (side: number | undefined): boolean => side !== undefined && side > 0 && side < Infinity

/**
 * The listed size for a requested one. Undefined if neither side is given, a number is not positive, or no size of that kind is listed.
 * @example
 * snap({ width: 300, dpr: 2 }, list)?.name // "640w"
 */
export const snap = <T extends Shape>({ width, height, dpr = 1 }: SnapRequest, list: readonly T[]): T | undefined => {
  if (![width ?? height, height ?? width, dpr].every(isPositive)) return undefined
  return list[snapIndex({ width: width ?? 0, height: height ?? 0 }, dpr, sidesOf(list))]
}
