/**
 * From any size that somebody may ask for to one that is listed: the same function in browsers, at the edge and on servers. Pure.
 *
 * | asked for                        | chosen from                                                                        |
 * | -------------------------------- | ---------------------------------------------------------------------------------- |
 * | a width alone                    | sizes by width (`1280w`)                                                           |
 * | a height alone                   | sizes by height (`480h`)                                                           |
 * | both                             | crops of that ratio (`360x270`); where there is none, crops of the nearest ratio   |
 *
 * Of these the smallest that is at least as large, in device pixels; where none is, the largest. What is listed snaps to itself.
 */
import type { Shape } from "./list.ts"
import type { Box } from "./size.ts"

/** CSS pixels, with how many device pixels each has. */
export interface Asked extends Box {
  /** @default 1 */
  readonly dpr?: number | undefined
}

/** Pixels, for comparing sizes of one shape. */
const area = ({ width = 1, height = 1 }: Box): number => width * height

const isCrop = (box: Box): box is Required<Box> => Boolean(box.width && box.height)

/** Whether two crops can be of one ratio: each of their sides is up to half a pixel off. */
const isScaled = (a: Required<Box>, b: Required<Box>): boolean =>
  2 * Math.abs(a.width * b.height - b.width * a.height) <= Math.max(a.width + b.width, a.height + b.height)

/** Whether two sizes show the same part of a picture, as far as their sides tell: by width, by height, or crops of one ratio. */
export const isSameShape = (a: Box, b: Box): boolean =>
  !a.width === !b.width && !a.height === !b.height && (!isCrop(a) || !isCrop(b) || isScaled(a, b))

// A spread would take 700 bytes of the edge's source (aws/edge/), which has 10 KB.
const ascending = <T extends Box>(sizes: readonly T[]): readonly T[] => sizes.slice().sort((a, b) => area(a) - area(b))

/** All sizes that show the same part of a picture as a listed one does, smallest first: what one `srcset` may offer. */
export const sizesOfShape = <T extends Shape>(size: Shape, list: readonly T[]): readonly T[] =>
  ascending(list.filter((other) => isSameShape(other, size) && other.gravity === size.gravity))

const nearestRatio = <T extends Box>(asked: Required<Box>, list: readonly T[]): T | undefined => {
  // As a quotient, which every engine rounds alike.
  const off = ({ width = 1, height = 1 }: Box): number =>
    Math.max((width * asked.height) / (height * asked.width), (height * asked.width) / (width * asked.height))
  let best: T | undefined
  for (const size of list) if (isCrop(size) && (!best || off(size) < off(best))) best = size
  return best
}

/** What may be given for what is asked, smallest first. */
const kinOf = <T extends Box>(asked: Box, list: readonly T[]): readonly T[] => {
  const kin = list.filter((size) => isSameShape(size, asked))
  if (kin.length > 0 || !isCrop(asked)) return ascending(kin)
  const nearest = nearestRatio(asked, list)
  return nearest ? kinOf(nearest, list) : []
}

const isPositive = (side: number | undefined): boolean => side !== undefined && side > 0 && side < Infinity

/** The listed size for what is asked; undefined where nothing is asked, a side is no positive number, or the list has no size of that kind. */
export const snap = <T extends Shape>({ width, height, dpr = 1 }: Asked, list: readonly T[]): T | undefined => {
  if (![width ?? height, height ?? width, dpr].every(isPositive)) return undefined
  const kin = kinOf({ ...(width && { width }), ...(height && { height }) }, list)
  const isLargeEnough = (size: Box): boolean =>
    (size.width ?? Infinity) >= (width ?? 0) * dpr && (size.height ?? Infinity) >= (height ?? 0) * dpr
  return kin.find(isLargeEnough) ?? kin[kin.length - 1]
}
