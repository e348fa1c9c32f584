/** Responsible for quantiles of durations in constant memory: counts by logarithmic class, within 5 % of the true duration. */

const FIRST_MS = 0.1
const FACTOR = 1.1
const CLASSES = 145
const LOG_FACTOR = Math.log(FACTOR)

/** Counts of durations from 0.1 ms to a day. */
export interface Histogram {
  readonly add: (ms: number) => void
  readonly count: () => number
  /** The duration below which this share of all is, in ms; 0 without any. @param share 0 to 1 */
  readonly quantile: (share: number) => number
  /** Subtracts the counts of another one, whose durations were all added to this one. */
  readonly subtract: (other: Histogram) => void
  readonly counts: Uint32Array
}

const classOf = (ms: number): number =>
  ms <= FIRST_MS ? 0 : Math.min(CLASSES - 1, Math.ceil(Math.log(ms / FIRST_MS) / LOG_FACTOR))

/** The middle of a class, in ms. */
const middleOf = (index: number): number => FIRST_MS * FACTOR ** (index - 0.5)

/** Creates an empty histogram. */
export const createHistogram = (): Histogram => {
  const counts = new Uint32Array(CLASSES)
  let count = 0
  return {
    counts,
    count: () => count,
    add: (ms) => {
      const index = classOf(ms)
      counts[index] = (counts[index] ?? 0) + 1
      count += 1
    },
    quantile: (share) => {
      let rest = Math.ceil(share * count)
      if (rest === 0) return 0
      for (const [index, value] of counts.entries()) {
        rest -= value
        if (rest <= 0) return Number(middleOf(index).toPrecision(3))
      }
      return 0
    },
    subtract: (other) => {
      for (const [index, value] of other.counts.entries()) counts[index] = (counts[index] ?? 0) - value
      count -= other.count()
    },
  }
}
