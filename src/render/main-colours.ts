/**
 * Responsible for pictures in a handful of colours: those that cover most, exactly as they are. A quantiser would mix them with the
 * colours of edges, and make opaque shapes slightly transparent. Pure.
 */
import type { Pixels } from "./survey.ts"

type Colour = readonly [red: number, green: number, blue: number, alpha: number]

const OPAQUE = 255

/** Colours that differ by less in every channel count as one. */
const SAME = 24

/** As it shows: what is invisible has no colour. */
const colourAt = ({ data, channels }: Pixels, at: number): Colour => {
  const alpha = channels === 4 ? (data[at + 3] ?? 0) : OPAQUE
  return alpha === 0 ? [0, 0, 0, 0] : [data[at] ?? 0, data[at + 1] ?? 0, data[at + 2] ?? 0, alpha]
}

const keyOf = ([red, green, blue, alpha]: Colour): number =>
  alpha * 0x1_00_00_00 + red * 0x1_00_00 + green * 0x1_00 + blue

/** The largest difference over black or white. */
const distance = (a: Colour, b: Colour): number => {
  let largest = Math.abs(a[3] - b[3])
  for (const channel of [0, 1, 2] as const)
    largest = Math.max(largest, Math.abs(a[channel] * a[3] - b[channel] * b[3]) / OPAQUE)
  return largest
}

const findColours = (pixels: Pixels): ReadonlyMap<number, { readonly colour: Colour; readonly count: number }> => {
  const found = new Map<number, { readonly colour: Colour; count: number }>()
  for (let at = 0; at < pixels.data.length; at += pixels.channels) {
    const colour = colourAt(pixels, at)
    const entry = found.get(keyOf(colour))
    if (entry) entry.count += 1
    else found.set(keyOf(colour), { colour, count: 1 })
  }
  return found
}

const chooseMain = (found: ReturnType<typeof findColours>, limit: number): readonly Colour[] => {
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
export const keepMainColours = (pixels: Pixels, limit: number): Pixels => {
  const found = findColours(pixels)
  const main = chooseMain(found, limit)
  const replaced = new Map([...found].map(([key, { colour }]) => [key, nearest(colour, main)]))
  const data = new Uint8Array(pixels.data.length)
  for (let at = 0; at < data.length; at += pixels.channels) {
    const colour = replaced.get(keyOf(colourAt(pixels, at)))
    if (colour) data.set(pixels.channels === 4 ? colour : colour.slice(0, 3), at)
  }
  return { ...pixels, data }
}
