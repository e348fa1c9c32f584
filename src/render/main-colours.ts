/**
 * Responsible for pictures in a handful of colours: those that cover most, exactly as they are. A quantiser would mix them with the
 * colours of edges, and make opaque shapes slightly transparent. Pure.
 */
import { colourAt } from "./indexed-png.ts"
import type { Frame } from "./steps/frame.ts"

type Colour = readonly [red: number, green: number, blue: number, alpha: number]

const OPAQUE = 255

/** Colours that differ by less in every channel count as one. */
const SAME = 24

/** The channels of a colour that is one number. */
const channelsOf = (colour: number): Colour => [
  (colour >>> 16) & 255,
  (colour >>> 8) & 255,
  colour & 255,
  colour >>> 24,
]

/** The largest difference over black or white. */
const distance = (a: Colour, b: Colour): number => {
  let largest = Math.abs(a[3] - b[3])
  for (const channel of [0, 1, 2] as const)
    largest = Math.max(largest, Math.abs(a[channel] * a[3] - b[channel] * b[3]) / OPAQUE)
  return largest
}

interface Found {
  readonly colour: Colour
  readonly count: number
}

const countColours = (pixels: Frame): ReadonlyMap<number, Found> => {
  const counts = new Map<number, number>()
  for (let at = 0; at < pixels.data.length; at += pixels.channels) {
    const colour = colourAt(pixels, at)
    counts.set(colour, (counts.get(colour) ?? 0) + 1)
  }
  return new Map([...counts].map(([colour, count]) => [colour, { colour: channelsOf(colour), count }]))
}

/** A picture that is too heavy is tried in fewer and fewer colours. */
const counted = new WeakMap<Frame, ReadonlyMap<number, Found>>()

const findColours = (pixels: Frame): ReadonlyMap<number, Found> => {
  const found = counted.get(pixels) ?? countColours(pixels)
  counted.set(pixels, found)
  return found
}

const chooseMain = (found: ReadonlyMap<number, Found>, limit: number): readonly Colour[] => {
  const chosen: Colour[] = []
  for (const { colour } of [...found.values()].toSorted((a, b) => b.count - a.count)) {
    if (chosen.some((other) => distance(colour, other) < SAME)) continue
    chosen.push(colour)
    if (chosen.length === limit) break
  }
  return chosen
}

const nearest = (colour: Colour, main: readonly Colour[]): Colour =>
  main.reduce(
    (best, candidate) => (distance(colour, candidate) < distance(colour, best) ? candidate : best),
    main[0] ?? colour,
  )

/**
 * Gives every pixel the nearest of the colours that cover most.
 * @param limit number of colours
 */
export const keepMainColours = (pixels: Frame, limit: number): Frame => {
  const found = findColours(pixels)
  const main = chooseMain(found, limit)
  const replaced = new Map([...found].map(([key, { colour }]) => [key, nearest(colour, main)]))
  const data = new Uint8Array(pixels.data.length)
  for (let at = 0; at < data.length; at += pixels.channels) {
    const colour = replaced.get(colourAt(pixels, at))
    if (colour) data.set(pixels.channels === 4 ? colour : colour.slice(0, 3), at)
  }
  return { ...pixels, data }
}
