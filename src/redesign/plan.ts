/** Responsible for a plan: the cost of a new list, from the stored renditions, the originals and a sample of renders. */
import type { ListDifference } from "./compare-lists.ts"
import type { StoredCounts, StoredSize } from "./count-stored.ts"
import type { RenderCost } from "./sample-renders.ts"

/** A change of one size, in numbers. */
export interface PlannedSize {
  readonly name: string
  readonly change: "added" | "changed" | "retired"
  /** Stored renditions that become stale or are not listed any more; for an added size, the renditions to expect. */
  readonly count: number
  /** For an added size: renditions of every original. */
  readonly mostCount: number
  /** Bytes of the renditions in `count`. */
  readonly byteLength: number
  /** Time of one core to render those in `count`, in milliseconds; 0 for a retired size. */
  readonly renderMs: number
}

/** A plan in numbers. */
export interface Plan {
  readonly sizes: readonly PlannedSize[]
  readonly originalCount: number
  /** Renditions to render, and their time and price. */
  readonly renderCount: number
  readonly renderMs: number
  /** Price of rendering them in the functions on AWS. */
  readonly usd: number
}

/** Parts of a plan. */
export interface PlanParts {
  readonly difference: ListDifference
  readonly stored: StoredCounts
  readonly originalCount: number
  /** By the name of the size. */
  readonly costs: ReadonlyMap<string, RenderCost>
  /** Number of explicit formats beside the base URL. */
  readonly formatCount: number
}

/** USD for a second of Lambda on arm64 with 1 GB, and for a PUT to S3 (us-east-1, aws.amazon.com/lambda/pricing and s3/pricing). */
const USD_PER_GB_SECOND = 0.0000133334
const USD_PER_PUT = 0.000005
/** Memory of the function in the stack. */
const FUNCTION_GB = 1.5

/** A size of the present list is requested for about as many originals as the others. */
const typicalCount = (stored: readonly StoredSize[]): number => {
  const counts = stored.filter(({ listing }) => listing === "listed").map(({ count }) => count)
  return counts.length === 0 ? 0 : Math.round(counts.reduce((sum, count) => sum + count, 0) / counts.length)
}

/** Combines the parts. */
export const makePlan = ({ difference, stored, originalCount, costs, formatCount }: PlanParts): Plan => {
  const storedOf = (name: string): StoredSize | undefined => stored.sizes.find((size) => size.name === name)
  const costOf = (name: string): RenderCost => costs.get(name) ?? { ms: 0, byteLength: 0, measured: 0 }
  const mostCount = originalCount * (1 + formatCount)
  const expected = Math.min(mostCount, typicalCount(stored.sizes))
  const planned = (name: string, change: "added" | "changed", count: number): PlannedSize => {
    const { ms, byteLength } = costOf(name)
    return { name, change, count, mostCount, byteLength: Math.round(count * byteLength), renderMs: count * ms }
  }
  const sizes: readonly PlannedSize[] = [
    ...difference.added.map(({ name }) => planned(name, "added", expected)),
    ...difference.changed.map(({ size, formats }) => {
      const share = formats.length / (1 + formatCount)
      return planned(size.name, "changed", Math.round((storedOf(size.name)?.count ?? 0) * Math.min(1, share)))
    }),
    ...difference.retired.map(({ name }): PlannedSize => {
      const { count = 0, byteLength = 0 } = storedOf(name) ?? {}
      return { name, change: "retired", count, mostCount: count, byteLength, renderMs: 0 }
    }),
  ]
  const rendered = sizes.filter(({ change }) => change !== "retired")
  const renderCount = rendered.reduce((sum, { count }) => sum + count, 0)
  const renderMs = rendered.reduce((sum, size) => sum + size.renderMs, 0)
  const usd = (renderMs / 1000) * FUNCTION_GB * USD_PER_GB_SECOND + renderCount * USD_PER_PUT
  return { sizes, originalCount, renderCount, renderMs, usd }
}
