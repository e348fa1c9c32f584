import { describe, expect, it } from "vitest"

import type { Frame } from "./steps/frame.ts"
import { survey } from "./survey.ts"

type Rgb = readonly [number, number, number]

const SIDE = 100
const GREY: Rgb = [120, 120, 120]

const picture = (colourAt: (x: number, y: number) => Rgb, channels: 3 | 4 = 3): Frame => {
  const data = new Uint8Array(SIDE * SIDE * channels).fill(255)
  for (let y = 0; y < SIDE; y++) for (let x = 0; x < SIDE; x++) data.set(colourAt(x, y), (y * SIDE + x) * channels)
  return { data, width: SIDE, height: SIDE, channels }
}

/** A line of one pixel. */
const line =
  (colour: Rgb, length: number, isHorizontal: boolean) =>
  (x: number, y: number): Rgb => {
    const [along, across] = isHorizontal ? [x, y] : [y, x]
    return across === 50 && along >= 10 && along < 10 + length ? colour : GREY
  }

const RED: Rgb = [230, 20, 20]
const BLUE: Rgb = [20, 20, 230]
const MAGENTA: Rgb = [230, 20, 230]
/** The hue whose channels differ least from green. */
const ORANGE: Rgb = [240, 120, 0]

describe("details of one pixel that need chroma in full resolution", () => {
  it.each([
    ["red", RED],
    ["blue", BLUE],
    ["magenta", MAGENTA],
    ["orange", ORANGE],
  ] as const)("a %s line counts in both directions, and each of its pixels once", (_, colour) => {
    for (const isHorizontal of [true, false])
      for (const channels of [3, 4] as const) {
        const isFine = (length: number): boolean =>
          survey(picture(line(colour, length, isHorizontal), channels)).hasFineChroma
        expect([isFine(8), isFine(9)]).toEqual([false, true])
      }
  })

  it("an edge between colours and a faint line do not count", () => {
    expect(survey(picture((x) => (x < 50 ? RED : BLUE))).hasFineChroma).toBe(false)
    expect(survey(picture(line([180, 90, 90], 80, true))).hasFineChroma).toBe(false)
  })
})

describe("the estimate of a lossless encoding", () => {
  it("is next to nothing for a gradient, and all bytes for noise", () => {
    let seed = 7
    const noise = (): number => (seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0) >>> 24
    expect(survey(picture((x, y) => [x, y, x + y])).losslessBytes).toBeLessThan(10)
    const estimate = survey(picture(() => [noise(), noise(), noise()])).losslessBytes
    expect(estimate / (SIDE * SIDE * 3)).toBeGreaterThan(0.95)
    expect(estimate / (SIDE * SIDE * 3)).toBeLessThanOrEqual(1)
  })
})
