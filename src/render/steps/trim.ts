/**
 * Responsible for `trim`: the rectangle that is left of an upright picture without its border of one colour.
 *
 * The image library has such a search, too. It filters the whole picture first, which takes a second for 12 megapixels; this one reads
 * little more than the border.
 */
import { type Frame, type Pixels, splitFrames } from "./frame.ts"
import { type Rectangle, unionOf } from "./plan.ts"

/** Number of pixels among one and its eight neighbours that have to differ from the border: single ones are noise. */
const MIN_DIFFERENT = 5

/** Whether there is content at a place. */
type IsContent = (x: number, y: number) => boolean

/** Compares with the first pixel. Transparent pixels are equal, with any colours. */
const createIsContent = ({ data, width, height, channels }: Frame, threshold: number): IsContent => {
  const [red = 0, green = 0, blue = 0, alpha = 255] = data.subarray(0, channels)
  const isDifferent = (x: number, y: number): boolean => {
    const at = (y * width + x) * channels
    if (channels === 4) {
      const other = data[at + 3] ?? 0
      if (Math.abs(other - alpha) > threshold) return true
      if (other === 0) return false
    }
    return (
      Math.abs((data[at] ?? 0) - red) > threshold ||
      Math.abs((data[at + 1] ?? 0) - green) > threshold ||
      Math.abs((data[at + 2] ?? 0) - blue) > threshold
    )
  }
  return (x, y) => {
    if (!isDifferent(x, y)) return false
    let count = 0
    for (let near = 0; near < 9; near++) {
      const column = Math.min(width - 1, Math.max(0, x - 1 + (near % 3)))
      const row = Math.min(height - 1, Math.max(0, y - 1 + Math.floor(near / 3)))
      if (isDifferent(column, row)) count += 1
    }
    return count >= MIN_DIFFERENT
  }
}

/** The first place for which a test is true, from one number towards another, exclusive; else that other one. */
const find = (from: number, to: number, test: (place: number) => boolean): number => {
  const step = from < to ? 1 : -1
  let place = from
  while (place !== to && !test(place)) place += step
  return place
}

/** The smallest rectangle with all content of a frame; the whole frame if it has none. */
const contentOf = (frame: Frame, threshold: number): Rectangle => {
  const { width, height } = frame
  const isContent = createIsContent(frame, threshold)
  const hasContent = (y: number): boolean => find(0, width, (x) => isContent(x, y)) < width
  const top = find(0, height, hasContent)
  if (top === height) return { left: 0, top: 0, width, height }
  const bottom = find(height - 1, top, hasContent)
  let [left, right] = [width, -1]
  for (let y = top; y <= bottom; y++) {
    left = find(0, left, (x) => isContent(x, y))
    right = find(width - 1, right, (x) => isContent(x, y))
  }
  return { left, top, width: right - left + 1, height: bottom - top + 1 }
}

/**
 * The part of a picture that `trim` leaves. Frames of an animation are trimmed alike.
 * @param threshold difference from the colour of the first pixel that still counts as border, 1 to 254
 */
export const findTrim = (pixels: Pixels, threshold: number): Rectangle =>
  splitFrames(pixels)
    .map((frame) => contentOf(frame, threshold))
    .reduce(unionOf)
