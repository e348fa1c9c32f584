/**
 * Responsible for the fewest sizes that serve all requests within a bound on wasted pixels.
 *
 * Requests of one shape (by width, by height, or crops of one ratio) are ordered by their pixels; each is served by the smallest chosen size
 * that is at least as large. The least waste of k sizes for one shape is found by dynamic programming. It is convex in k, so giving one more
 * size again and again to the shape that gains most leads to the fewest sizes for all shapes together.
 */

/** A requested size and how often it was requested. */
export interface Point {
  readonly pixels: number
  readonly count: number
}

/** Requests of one shape, in ascending order of pixels, which are all different. */
export type Points = readonly Point[]

/** The least waste of one shape, for one size at first. */
interface Solver {
  /** Wasted pixels. */
  readonly waste: () => number
  /** How much less is wasted with one more size. */
  readonly gain: () => number
  /** Adds a size. */
  readonly grow: () => void
  /** Indexes of the points that become sizes, ascending. The last point is one of them. */
  readonly chosen: () => readonly number[]
}

/** Waste of serving the points after `from`, up to `to`, by the size of `to`. `from` is -1 for all. */
type Cost = (from: number, to: number) => number

const createCost = (points: Points): Cost => {
  const counts = [0]
  const pixels = [0]
  for (const [at, point] of points.entries()) {
    counts.push((counts[at] ?? 0) + point.count)
    pixels.push((pixels[at] ?? 0) + point.count * point.pixels)
  }
  const sum = (sums: readonly number[], from: number, to: number): number => (sums[to + 1] ?? 0) - (sums[from + 1] ?? 0)
  return (from, to) => (points[to]?.pixels ?? 0) * sum(counts, from, to) - sum(pixels, from, to)
}

/** One row of the dynamic program: for each last point the least waste, and the size before it. */
interface Row {
  readonly waste: Float64Array
  readonly before: Int32Array
}

/**
 * The row for one more size. The best size before moves forward with the last point (the costs satisfy the quadrangle inequality), so each
 * half of a range needs to try only a part of the candidates.
 */
const nextRow = (previous: Row, cost: Cost): Row => {
  const { length } = previous.waste
  const waste = new Float64Array(length).fill(Infinity)
  const before = new Int32Array(length).fill(-1)
  const fill = (first: number, last: number, least: number, most: number): void => {
    if (first > last) return
    const middle = (first + last) >> 1
    let best = least
    for (let from = least; from <= Math.min(most, middle - 1); from++) {
      const total = (previous.waste[from] ?? Infinity) + cost(from, middle)
      if (total >= (waste[middle] ?? Infinity)) continue
      waste[middle] = total
      before[middle] = from
      best = from
    }
    fill(first, middle - 1, least, best)
    fill(middle + 1, last, best, most)
  }
  fill(0, length - 1, 0, length - 1)
  return { waste, before }
}

const createSolver = (points: Points): Solver => {
  const cost = createCost(points)
  const last = points.length - 1
  const rows: Row[] = [
    { waste: Float64Array.from(points, (_, to) => cost(-1, to)), before: new Int32Array(points.length).fill(-1) },
  ]
  let size = 1
  const wasteOf = (count: number): number => rows[count - 1]?.waste[last] ?? 0
  return {
    waste: () => wasteOf(size),
    gain: () => {
      const row = rows[size - 1]
      if (size >= points.length || !row) return 0
      rows[size] ??= nextRow(row, cost)
      return wasteOf(size) - wasteOf(size + 1)
    },
    grow: () => {
      size += 1
    },
    chosen: () => {
      const found: number[] = []
      let at = last
      for (let row = size - 1; row >= 0 && at >= 0; row--) {
        found.unshift(at)
        at = rows[row]?.before[at] ?? -1
      }
      return found
    },
  }
}

/** The chosen sizes. */
export interface Chosen {
  /** For each shape the indexes of the points that become sizes, ascending. */
  readonly indexes: readonly (readonly number[])[]
  readonly wastedPixels: number
  readonly requestedPixels: number
}

/**
 * The fewest sizes whose waste is at most a share of all pixels sent.
 * @param shapes none of them empty
 * @param maxWaste from 0 to below 1
 * @example
 * fewestSizes([[{ pixels: 100, count: 9 }, { pixels: 120, count: 1 }]], 0.2).indexes // [[1]]
 */
export const fewestSizes = (shapes: readonly Points[], maxWaste: number): Chosen => {
  const solvers = shapes.map(createSolver)
  const gains = solvers.map(({ gain }) => gain())
  const requestedPixels = shapes.flat().reduce((sum, { pixels, count }) => sum + pixels * count, 0)
  // Waste divided by all pixels sent is at most the share where waste is at most this.
  const bound = (maxWaste / (1 - maxWaste)) * requestedPixels
  let wastedPixels = solvers.reduce((sum, { waste }) => sum + waste(), 0)
  while (wastedPixels > bound) {
    let best = 0
    for (const [at, gain] of gains.entries()) if (gain > (gains[best] ?? 0)) best = at
    const solver = solvers[best]
    if (!solver || !((gains[best] ?? 0) > 0)) break
    wastedPixels -= gains[best] ?? 0
    solver.grow()
    gains[best] = solver.gain()
  }
  const exact = solvers.reduce((sum, { waste }) => sum + waste(), 0)
  return { indexes: solvers.map(({ chosen }) => chosen()), wastedPixels: exact, requestedPixels }
}
