/** Which listed size a page means that says how wide and how high a picture is shown. Pure. */
import { nearestTo, type Shape } from "../sizes/list.ts"
import { type Box, type Dimensions, formatSize, parseSize } from "../sizes/size.ts"
import { isSameShape } from "../sizes/snap.ts"

/** What a page says of a picture. */
export interface DisplayProps {
  /** The name of a listed size; then the sides are only how large it is shown. */
  readonly shape?: string | undefined
  /** CSS pixels. */
  readonly width?: number | undefined
  /** CSS pixels. */
  readonly height?: number | undefined
}

/** What it is said of. */
export interface KnownOriginal {
  readonly original: string
  /** Of the original, upright. */
  readonly info: Dimensions
  readonly list: readonly Shape[]
}

/** What the given sides can mean, the likeliest first. Without a height, or at the original's ratio, it is all of the picture. */
const boxesOf = ({ width, height }: DisplayProps, info: Dimensions): readonly [Box, ...Box[]] => {
  const w = width ?? (height ? Math.round((height * info.width) / info.height) : info.width)
  const h = height ?? Math.round((w * info.height) / info.width)
  const whole = { width: w, height: h }
  if (isSameShape(whole, info))
    return width || !height ? [{ width: w }, whole, { height: h }] : [{ height: h }, { width: w }, whole]
  // Beside a width, an inferred height is the original's own.
  return [whole, ...(h === info.height ? boxesOf({ width: w }, info) : [])]
}

/** @throws {TypeError} with the nearest size */
export const failNotListed = (what: string, box: Box, { original, list }: KnownOriginal): never => {
  throw new TypeError(`${what} of ${original} is not listed. The nearest is ${nearestTo(box, list).name}.`)
}

/**
 * The listed size that is meant.
 * @param isExact whether it has to be as large, too; else one that shows the same part of the picture
 * @throws {TypeError} where there is none, with the nearest
 */
export const shapeOf = (said: DisplayProps, known: KnownOriginal, isExact: boolean): Shape => {
  const { shape } = said
  const { info, list } = known
  if (shape) return list.find(({ name }) => name === shape) ?? failNotListed(shape, parseSize(shape) ?? {}, known)
  const boxes = boxesOf(said, info)
  const isMeant = (size: Box, box: Box): boolean =>
    isExact ? size.width === box.width && size.height === box.height : isSameShape(size, box)
  const [found] = boxes.flatMap((box) => list.filter((size) => isMeant(size, box)))
  return found ?? failNotListed(formatSize(boxes[0]), boxes[0], known)
}

/** CSS pixels that it is shown in, at the ratio of what is shown: by the width, else by the height, else as large as there is. */
export const shownAs = (
  { width, height }: DisplayProps,
  { width: w, height: h }: Box,
  info: Dimensions,
): Dimensions => {
  const ratio = w && h ? { width: w, height: h } : info
  const shown = width ?? (height ? Math.round((height * ratio.width) / ratio.height) : ratio.width)
  return { width: shown, height: Math.round((shown * ratio.height) / ratio.width) }
}
