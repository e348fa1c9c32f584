/**
 * Responsible for the numbers of the last hour: a ring of intervals in memory. Nothing is stored.
 *
 * Invariants:
 * - A request costs a few additions.
 * - Memory is constant: intervals without renders have no histograms.
 */
import type { RequestReport } from "../hooks.ts"
import { formatOfType } from "../sizes/format.ts"
import { createHistogram, type Histogram } from "./histogram.ts"
import type { LiveSeries, Quantiles } from "./live-api.ts"

const INTERVAL_MS = 10_000
const INTERVALS = 360

/** Sums of one interval, and of all. */
interface Sums {
  requests: number
  images: number
  hits: number
  renders: number
  refused: number
  bytesSent: number
  bytesSaved: number
}

interface Interval extends Sums {
  startMs: number
  queue: number
  reservedBytes: number
  /** Durations of misses. */
  misses: Histogram | undefined
  /** Waiting and rendering by format. */
  waiting: Map<string, Histogram> | undefined
  rendering: Map<string, Histogram> | undefined
}

/** The numbers of the last hour. */
export interface LiveRing {
  /** @param originalBytes length of the original, if it is known */
  readonly add: (report: RequestReport, originalBytes: number | undefined) => void
  /** Records the present queue and memory. */
  readonly sample: (queue: number, reservedBytes: number) => void
  readonly sums: () => Readonly<Sums>
  /** Requests and renders per second, over the last minute. */
  readonly rates: () => { readonly requests: number; readonly renders: number }
  readonly waiting: () => Readonly<Record<string, Quantiles>>
  readonly rendering: () => Readonly<Record<string, Quantiles>>
  readonly series: () => LiveSeries
}

const NO_SUMS: Sums = { requests: 0, images: 0, hits: 0, renders: 0, refused: 0, bytesSent: 0, bytesSaved: 0 }
const SUM_NAMES = Object.keys(NO_SUMS) as (keyof Sums)[]

const createInterval = (startMs: number): Interval => ({
  ...NO_SUMS,
  startMs,
  queue: 0,
  reservedBytes: 0,
  misses: undefined,
  waiting: undefined,
  rendering: undefined,
})

const addTo = (histograms: Map<string, Histogram>, format: string, ms: number): void => {
  let histogram = histograms.get(format)
  if (!histogram) histograms.set(format, (histogram = createHistogram()))
  histogram.add(ms)
}

const quantilesOf = (histograms: ReadonlyMap<string, Histogram>): Readonly<Record<string, Quantiles>> =>
  Object.fromEntries(
    Array.from(histograms)
      .filter(([, { count }]) => count() > 0)
      .map(([format, { count, quantile }]) => [
        format,
        { count: count(), p50: quantile(0.5), p95: quantile(0.95), p99: quantile(0.99) },
      ]),
  )

const formatOf = ({ output, size }: RequestReport): string =>
  size === "info" ? "info" : ((output && formatOfType(output.contentType)) ?? "other")

/** The intervals of the last hour, and their sums. */
const createIntervals = (clock: () => number) => {
  const intervals: Interval[] = []
  const totals: Sums = { ...NO_SUMS }
  const waiting = new Map<string, Histogram>()
  const rendering = new Map<string, Histogram>()

  const forget = (interval: Interval): void => {
    for (const name of SUM_NAMES) totals[name] -= interval[name]
    for (const [format, histogram] of interval.waiting ?? []) waiting.get(format)?.subtract(histogram)
    for (const [format, histogram] of interval.rendering ?? []) rendering.get(format)?.subtract(histogram)
  }

  return {
    all: intervals,
    totals,
    waiting,
    rendering,
    /** The interval of this time. Intervals without requests are left out. */
    current: (): Interval => {
      const now = clock()
      const last = intervals.at(-1)
      if (last && now - last.startMs < INTERVAL_MS) return last
      const interval = createInterval(now - (now % INTERVAL_MS))
      intervals.push(interval)
      const oldestMs = interval.startMs - (INTERVALS - 1) * INTERVAL_MS
      for (let oldest = intervals[0]; oldest && oldest.startMs < oldestMs; oldest = intervals[0]) {
        intervals.shift()
        forget(oldest)
      }
      return interval
    },
  }
}

type Intervals = ReturnType<typeof createIntervals>

const addRender = ({ totals, waiting, rendering }: Intervals, interval: Interval, report: RequestReport): void => {
  const { timings, durationMs } = report
  const format = formatOf(report)
  interval.renders += 1
  totals.renders += 1
  interval.misses ??= createHistogram()
  interval.misses.add(durationMs)
  if (timings.wait !== undefined) {
    addTo((interval.waiting ??= new Map()), format, timings.wait)
    addTo(waiting, format, timings.wait)
  }
  if (timings.render !== undefined) {
    addTo((interval.rendering ??= new Map()), format, timings.render)
    addTo(rendering, format, timings.render)
  }
}

/** Adds one request to an interval, or to the sums of all. */
const addRequest = (
  sums: Sums,
  { outcome, byteLength, status }: RequestReport,
  originalBytes: number | undefined,
): void => {
  sums.requests += 1
  sums.bytesSent += byteLength
  if (outcome === "refused") sums.refused += 1
  if (outcome === "refused" || outcome === "other") return
  sums.images += 1
  if (outcome === "hit") sums.hits += 1
  if (status === 200 && byteLength > 0 && originalBytes !== undefined) sums.bytesSaved += originalBytes - byteLength
}

const ratesOf = (intervals: readonly Interval[], now: number): ReturnType<LiveRing["rates"]> => {
  const recent = intervals.filter(({ startMs }) => startMs > now - 60_000)
  const seconds = Math.min(60, Math.max(1, (now - (recent[0]?.startMs ?? now)) / 1000))
  const rate = (name: "requests" | "renders"): number =>
    Number((recent.reduce((total, interval) => total + interval[name], 0) / seconds).toFixed(2))
  return { requests: rate("requests"), renders: rate("renders") }
}

const seriesOf = (intervals: readonly Interval[], endMs: number): LiveSeries => {
  const byStart = new Map(intervals.map((interval) => [interval.startMs, interval]))
  const startMs = endMs - (INTERVALS - 1) * INTERVAL_MS
  const all = Array.from({ length: INTERVALS }, (_, at) => byStart.get(startMs + at * INTERVAL_MS))
  const numbers = (name: keyof Sums | "queue" | "reservedBytes"): number[] => all.map((one) => one?.[name] ?? 0)
  const quantiles = (share: number): number[] => all.map((one) => one?.misses?.quantile(share) ?? 0)
  return {
    times: all.map((_, at) => (startMs + at * INTERVAL_MS) / 1000),
    requests: numbers("requests"),
    hits: numbers("hits"),
    renders: numbers("renders"),
    refused: numbers("refused"),
    bytesSent: numbers("bytesSent"),
    queue: numbers("queue"),
    reservedBytes: numbers("reservedBytes"),
    missP50: quantiles(0.5),
    missP95: quantiles(0.95),
  }
}

/** @param clock milliseconds since 1970 */
export const createLiveRing = (clock: () => number): LiveRing => {
  const intervals = createIntervals(clock)
  return {
    add: (report, originalBytes) => {
      const interval = intervals.current()
      addRequest(interval, report, originalBytes)
      addRequest(intervals.totals, report, originalBytes)
      if (report.outcome === "miss") addRender(intervals, interval, report)
    },
    sample: (queue, reservedBytes) => {
      const interval = intervals.current()
      interval.queue = Math.max(interval.queue, queue)
      interval.reservedBytes = Math.max(interval.reservedBytes, reservedBytes)
    },
    sums: () => {
      intervals.current()
      return intervals.totals
    },
    rates: () => ratesOf(intervals.all, clock()),
    waiting: () => quantilesOf(intervals.waiting),
    rendering: () => quantilesOf(intervals.rendering),
    series: () => seriesOf(intervals.all, intervals.current().startMs),
  }
}
