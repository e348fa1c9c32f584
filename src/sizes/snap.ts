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
 * Invariants:
 * - A listed size snaps to itself.
 */
import type { Shape } from "./list.ts"
import type { Box } from "./size.ts"

/** A requested size in CSS pixels, with the number of device pixels for each. */
export interface SnapRequest extends Box {
  /** @default 1 */
  readonly dpr?: number | undefined
}

/** In pixels; orders sizes of one shape. */
const area = ({ width = 1, height = 1 }: Box): number => width * height

const isCrop = (box: Box): box is Required<Box> => Boolean(box.width && box.height)

/** Whether two crops can have one ratio, given that each side is rounded by up to half a pixel. */
const isScaled = (a: Required<Box>, b: Required<Box>): boolean =>
  2 * Math.abs(a.width * b.height - b.width * a.height) <= Math.max(a.width + b.width, a.height + b.height)

/** Whether two sizes show the same part of an image, judged by their sides: both by width, both by height, or crops of one ratio. */
export const isSameShape = (a: Box, b: Box): boolean =>
  !a.width === !b.width && !a.height === !b.height && (!isCrop(a) || !isCrop(b) || isScaled(a, b))

// A spread would add 700 bytes to the source of the edge function (aws/edge/), which is limited to 10 KB.
const ascending = <T extends Box>(sizes: readonly T[]): readonly T[] => sizes.slice().sort((a, b) => area(a) - area(b))

/**
 * All listed sizes that show the same part of an image as a listed one, smallest first: the sizes that one `srcset` may offer.
 * @example
 * sizesOfShape(list[0], list).map(({ name }) => name) // ["360x270", "720x540"]
 */
export const sizesOfShape = <T extends Shape>(size: Shape, list: readonly T[]): readonly T[] =>
  ascending(list.filter((other) => isSameShape(other, size) && other.gravity === size.gravity))

const nearestRatio = <T extends Box>(requested: Required<Box>, list: readonly T[]): T | undefined => {
  // A quotient of products, which all engines round alike.
  const difference = ({ width = 1, height = 1 }: Box): number =>
    Math.max(
      (width * requested.height) / (height * requested.width),
      (height * requested.width) / (width * requested.height),
    )
  let best: T | undefined
  for (const size of list) if (isCrop(size) && (!best || difference(size) < difference(best))) best = size
  return best
}

/** The sizes that may be chosen for a requested one, smallest first. */
const candidatesFor = <T extends Box>(requested: Box, list: readonly T[]): readonly T[] => {
  const same = list.filter((size) => isSameShape(size, requested))
  if (same.length > 0 || !isCrop(requested)) return ascending(same)
  const nearest = nearestRatio(requested, list)
  return nearest ? candidatesFor(nearest, list) : []
}

const isPositive = (side: number | undefined): boolean => side !== undefined && side > 0 && side < Infinity

/**
 * The listed size for a requested one. Undefined if neither side is given, a number is not positive, or no size of that kind is listed.
 * @example
 * snap({ width: 300, dpr: 2 }, list)?.name // "640w"
 */
export const snap = <T extends Shape>({ width, height, dpr = 1 }: SnapRequest, list: readonly T[]): T | undefined => {
  if (![width ?? height, height ?? width, dpr].every(isPositive)) return undefined
  const candidates = candidatesFor({ ...(width && { width }), ...(height && { height }) }, list)
  const isLargeEnough = (size: Box): boolean =>
    (size.width ?? Infinity) >= (width ?? 0) * dpr && (size.height ?? Infinity) >= (height ?? 0) * dpr
  return candidates.find(isLargeEnough) ?? candidates[candidates.length - 1]
}
