/** The fewest sizes within a bound on wasted pixels, against all possible choices. */
import * as fc from "fast-check"
import { expect, it } from "vitest"

import { fewestSizes, type Point, type Points } from "./fewest-sizes.ts"

/** Pixels wasted if the points at these indexes are the sizes of a shape. */
const wasteOf = (points: Points, indexes: readonly number[]): number =>
  points.reduce((sum, { pixels, count }, at) => {
    const size = points[indexes.find((index) => index >= at) ?? points.length - 1]
    return sum + count * ((size?.pixels ?? 0) - pixels)
  }, 0)

/** All sets of indexes with the last one, ascending. */
const choicesOf = (points: Points): readonly (readonly number[])[] => {
  const last = points.length - 1
  return Array.from({ length: 2 ** last }, (_, bits) =>
    points.map((__, at) => at).filter((at) => at === last || (bits >> at) % 2 === 1),
  )
}

/** For each number of sizes the least waste, by trying every choice. */
const leastWastes = (shapes: readonly Points[]): ReadonlyMap<number, number> => {
  let least = new Map([[0, 0]])
  for (const points of shapes) {
    const next = new Map<number, number>()
    for (const choice of choicesOf(points)) {
      const waste = wasteOf(points, choice)
      for (const [count, sum] of least) {
        const total = count + choice.length
        next.set(total, Math.min(next.get(total) ?? Infinity, sum + waste))
      }
    }
    least = next
  }
  return least
}

const pointsOf = (entries: readonly (readonly [pixels: number, count: number])[]): Points =>
  [...new Map(entries)].map(([pixels, count]): Point => ({ pixels, count })).toSorted((a, b) => a.pixels - b.pixels)

const shape = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 10_000 }), fc.integer({ min: 1, max: 1000 })), {
    minLength: 1,
    maxLength: 7,
  })
  .map(pointsOf)

it("no choice with as few sizes is within the bound with fewer, nor wastes less with as many", () => {
  fc.assert(
    fc.property(
      fc.array(shape, { minLength: 1, maxLength: 4 }),
      fc.constantFrom(0, 0.01, 0.05, 0.1, 0.2, 0.35, 0.5, 0.9),
      (shapes, maxWaste) => {
        const { indexes, wastedPixels, requestedPixels } = fewestSizes(shapes, maxWaste)
        const count = indexes.flat().length
        const least = leastWastes(shapes)
        const bound = (maxWaste / (1 - maxWaste)) * requestedPixels
        expect(wastedPixels).toBeCloseTo(
          shapes.reduce((sum, points, at) => sum + wasteOf(points, indexes[at] ?? []), 0),
        )
        expect(wastedPixels).toBeCloseTo(least.get(count) ?? NaN)
        expect(wastedPixels).toBeLessThanOrEqual(bound + 1e-6)
        const fewer = [...least].filter(([other, waste]) => other < count && waste <= bound - 1e-6)
        expect(fewer).toEqual([])
      },
    ),
    { numRuns: 400 },
  )
})

it("a bound of 0 chooses every requested size, and thousands of sizes are chosen from", () => {
  const points = Array.from({ length: 2000 }, (_, at): Point => ({ pixels: (at + 1) ** 2, count: 1 + (at % 7) }))
  expect(fewestSizes([points.slice(0, 50)], 0).indexes[0]).toHaveLength(50)
  const { indexes, wastedPixels, requestedPixels } = fewestSizes([points], 0.2)
  expect(indexes[0]?.at(-1)).toBe(1999)
  expect(indexes[0]?.length).toBeLessThan(10)
  expect(wastedPixels / (wastedPixels + requestedPixels)).toBeLessThanOrEqual(0.2)
})

it("one requested size of each shape is chosen without waste", () => {
  expect(fewestSizes([[{ pixels: 9, count: 5 }], [{ pixels: 4, count: 1 }]], 0.2)).toEqual({
    indexes: [[0], [0]],
    wastedPixels: 0,
    requestedPixels: 49,
  })
})
