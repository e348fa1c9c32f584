/** Responsible for finding the listed size that a page means when it gives the displayed width and height. Pure. */
import { type KnownDimensions, ratioOf, sourceDimensions } from "../sizes/geometry.ts"
import { lookOf, nearestTo, type Shape } from "../sizes/list.ts"
import { type Box, type Dimensions, formatSize, parseSize } from "../sizes/size.ts"
import { isSameShape } from "../sizes/snap.ts"

/** How a page displays an image. */
export interface DisplayProps {
  /** The name of a listed size. Width and height are then only the displayed dimensions. */
  readonly shape?: string | undefined
  /** CSS pixels. */
  readonly width?: number | undefined
  /** CSS pixels. */
  readonly height?: number | undefined
}

/** An original with known dimensions, and the size list. */
export interface KnownOriginal {
  readonly original: string
  /** The original's dimensions after EXIF orientation. */
  readonly info: KnownDimensions
  readonly list: readonly Shape[]
}

/** The boxes that the given sides can mean, the most likely first. Without a height, or in the original's ratio, nothing is cropped. */
const boxesOf = ({ width, height }: DisplayProps, info: Dimensions): readonly [Box, ...Box[]] => {
  const w = width ?? (height ? Math.round((height * info.width) / info.height) : info.width)
  const h = height ?? Math.round((w * info.height) / info.width)
  const box = { width: w, height: h }
  if (isSameShape(box, info))
    return width || !height ? [{ width: w }, box, { height: h }] : [{ height: h }, { width: w }, box]
  // Astro's inferred height is the original's own, beside the width that the page gives.
  return [box, ...(h === info.height ? boxesOf({ width: w }, info) : [])]
}

/** @throws {TypeError} that suggests the nearest size */
export const failNotListed = (requested: string, box: Box, { original, list }: KnownOriginal): never => {
  throw new TypeError(`${requested} of ${original} is not listed. The nearest is ${nearestTo(box, list).name}.`)
}

/**
 * The listed size that a page means.
 * @param isExact true if its dimensions must match; otherwise it only has to show the same part of the original
 * @throws {TypeError} that suggests the nearest size, if there is none
 */
export const matchSize = (display: DisplayProps, known: KnownOriginal, isExact: boolean): Shape => {
  const { shape } = display
  const { info, list } = known
  if (shape) return list.find(({ name }) => name === shape) ?? failNotListed(shape, parseSize(shape) ?? {}, known)
  const boxes = boxesOf(display, info)
  const matches = (size: Shape, box: Box): boolean =>
    // A size with options shows something else, which a page has to request by its name.
    !lookOf(size) && (isExact ? size.width === box.width && size.height === box.height : isSameShape(size, box))
  const [found] = boxes.flatMap((box) => list.filter((size) => matches(size, box)))
  return found ?? failNotListed(formatSize(boxes[0]), boxes[0], known)
}

/**
 * The displayed dimensions in CSS pixels, in the ratio of the rendition: from the width, or else the height, or else as large as the
 * original or crop.
 */
export const displayedDimensions = (
  { width, height }: DisplayProps,
  shape: Shape,
  info: KnownDimensions,
): Dimensions => {
  const { width: w, height: h } = { ...info, ...ratioOf(shape, sourceDimensions(shape, info)) }
  const displayed = width ?? (height ? Math.round((height * w) / h) : w)
  return { width: displayed, height: Math.round((displayed * h) / w) }
}
