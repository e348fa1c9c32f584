/** Responsible for the bounds on ordinary traffic and the event loop beside hostile files. */
import type { Measured } from "./served.ts"
import type { Durations } from "./traffic.ts"

const MAX_P999_MS = 50
const MAX_PAUSE_MS = 250

const percentile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0

const median = (values: readonly number[]): number => percentile(values, 0.5)

/** One run: traffic alone, then beside hostile files. */
export interface Attacked {
  readonly idle: Durations
  readonly beside: Durations
  readonly delay: Measured
  readonly broken: readonly string[]
  /** The most resident memory of the server process. */
  readonly serverBytes: number
}

interface Bound {
  readonly name: string
  readonly of: (durations: Durations) => readonly number[]
  readonly share: number
  readonly slackMs: number
}

const BOUNDS: readonly Bound[] = [
  { name: "thumbnails p95", of: ({ thumbnails }) => thumbnails, share: 0.95, slackMs: 250 },
  { name: "thumbnails p99", of: ({ thumbnails }) => thumbnails, share: 0.99, slackMs: 1500 },
  { name: "hits p95", of: ({ hits }) => hits, share: 0.95, slackMs: 10 },
  { name: "hits p99", of: ({ hits }) => hits, share: 0.99, slackMs: 30 },
]

const round = (value: number): number => Math.round(value * 10) / 10

/** Broken bounds as text, and the numbers that were compared. */
export interface Judged {
  readonly broken: readonly string[]
  readonly facts: Readonly<Record<string, number>>
}

/** Compares the medians of all runs with the bounds. */
export const judge = (runs: readonly Attacked[]): Judged => {
  const broken: string[] = []
  const facts: Record<string, number> = {}
  for (const { name, of, share, slackMs } of BOUNDS) {
    const idle = median(runs.map((run) => percentile(of(run.idle), share)))
    const beside = median(runs.map((run) => percentile(of(run.beside), share)))
    facts[`${name} alone, ms`] = round(idle)
    facts[`${name} beside hostile files, ms`] = round(beside)
    if (beside > 2 * idle + slackMs) broken.push(`${name}: ${round(beside)} ms, alone ${round(idle)} ms`)
  }
  const p999 = median(runs.map(({ delay }) => delay.p999Ms))
  const longest = median(runs.map(({ delay }) => delay.maxMs))
  facts["event loop p99.9, ms"] = round(p999)
  facts["event loop, longest pause, ms"] = round(longest)
  if (p999 > MAX_P999_MS) broken.push(`the event loop's p99.9 is ${round(p999)} ms`)
  if (longest > MAX_PAUSE_MS) broken.push(`the event loop paused for ${round(longest)} ms`)
  return { broken, facts }
}
