/** Responsible for the question whether details of one pixel would lose their colour if chroma had half the resolution. Pure. */
import type { Frame } from "./steps/frame.ts"

/**
 * How far red − green, or blue − green, of a pixel is from both of its neighbours, where a line of one pixel would lose its colour. Every
 * bright saturated hue has more on black or white: orange has 127 of 255, before an encoder has changed it a little.
 */
const LINE_CONTRAST = 112

/** Share of the pixels that are part of such lines above which they matter. One line across a picture has more, photos have fewer. */
const LINE_SHARE = 1 / 2000

/** Fewest such pixels that matter, for small pictures. */
const MIN_LINE_PIXELS = 8

/** Differences from green along a row, as they show over grey: red at even places, blue at odd ones. */
interface ChromaRow {
  readonly values: Int16Array
  /** The lowest and the highest of them. */
  low: number
  high: number
}

const readChroma = ({ data, width, channels }: Frame, y: number, row: ChromaRow): void => {
  const { values } = row
  let [low, high] = [0, 0]
  for (let x = 0, at = y * width * channels; x < width; x++, at += channels) {
    const green = data[at + 1] ?? 0
    let red = (data[at] ?? 0) - green
    let blue = (data[at + 2] ?? 0) - green
    if (channels === 4) {
      const alpha = data[at + 3] ?? 0
      red = ((red * alpha) / 255) | 0
      blue = ((blue * alpha) / 255) | 0
    }
    values[2 * x] = red
    values[2 * x + 1] = blue
    if (red < low) low = red
    else if (red > high) high = red
    if (blue < low) low = blue
    else if (blue > high) high = blue
  }
  row.low = low
  row.high = high
}

/** Whether a value is above both of its neighbours, or below both. In photos, the first comparison nearly always decides. */
const isPeak = (before: number, value: number, after: number): boolean => {
  const step = value - before
  if (step > LINE_CONTRAST) return value - after > LINE_CONTRAST
  return step < -LINE_CONTRAST && after - value > LINE_CONTRAST
}

/** Three rows, one below the other. */
type Rows = readonly [above: ChromaRow, row: ChromaRow, below: ChromaRow]

/**
 * Pixels of the middle row that are part of lines: one of their differences is a peak between those to the left and right, or above and
 * below. In most photos, nearly all rows are too much alike to have any.
 */
const countLines = (rows: Rows, width: number): number => {
  const range = Math.max(...rows.map(({ high }) => high)) - Math.min(...rows.map(({ low }) => low))
  if (range <= LINE_CONTRAST) return 0
  const [{ values: above }, { values: row }, { values: below }] = rows
  let lines = 0
  for (let at = 2; at < 2 * (width - 1); at++) {
    const value = row[at] ?? 0
    if (!isPeak(row[at - 2] ?? 0, value, row[at + 2] ?? 0) && !isPeak(above[at] ?? 0, value, below[at] ?? 0)) continue
    lines += 1
    // A pixel counts once.
    at |= 1
  }
  return lines
}

/**
 * Whether so many pixels are part of lines that they matter. Edges between colours do not count: chroma in half the resolution blurs them,
 * but their colours stay.
 * @param area pixels of the picture that they are a part of
 */
export const hasFineChroma = (pixels: Frame, area: number): boolean => {
  const { width, height } = pixels
  const limit = Math.max(MIN_LINE_PIXELS, area * LINE_SHARE)
  const createRow = (): ChromaRow => ({ values: new Int16Array(2 * width), low: 0, high: 0 })
  let [above, row, below] = [createRow(), createRow(), createRow()]
  readChroma(pixels, 0, row)
  if (height > 1) readChroma(pixels, 1, below)
  let lines = 0
  for (let y = 1; y + 1 < height; y++) {
    ;[above, row, below] = [row, below, above]
    readChroma(pixels, y + 1, below)
    lines += countLines([above, row, below], width)
    if (lines > limit) return true
  }
  return false
}
