/**
 * Responsible for the findings of the live view: refused sizes with the pages that request them, errors, and photos with problems.
 *
 * Invariants:
 * - Memory is bounded: tables have a fixed number of rows, and texts a fixed length.
 */
import type { RequestReport } from "../hooks.ts"
import { sizeSegment, withoutQuery } from "../http/url-path.ts"
import type { LiveSummary } from "./live-api.ts"

/** The findings since the server started. */
export interface LiveFindings {
  readonly add: (report: RequestReport) => void
  readonly list: () => Pick<LiveSummary, "refusedSizes" | "errors" | "problems">
}

const MAX_ROWS = 200
const MAX_REFERRERS = 20
const MAX_TEXT = 300
const SHOWN = 50

const short = (text: string): string => (text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text)

interface RefusedSize {
  count: number
  example: string
  readonly referrers: Map<string, number>
}

interface ErrorRow {
  count: number
  timeMs: number
  example: string
  reason: string
}

interface ProblemRow {
  readonly original: string
  readonly kind: LiveSummary["problems"][number]["kind"]
  count: number
  timeMs: number
  reason: string
}

/** Makes room in a full table: its oldest row goes. */
const makeRoom = (table: Map<string, unknown>, maxRows: number): void => {
  const [oldest] = table.keys()
  if (oldest !== undefined && table.size >= maxRows) table.delete(oldest)
}

const byCount = (a: { readonly count: number }, b: { readonly count: number }): number => b.count - a.count

const UNREADABLE: ReadonlySet<string | undefined> = new Set([
  "unsupported-original",
  "original-too-large",
  "corrupt-original",
  "render-failed",
])

/** @param clock milliseconds since 1970 */
export const createLiveFindings = (clock: () => number): LiveFindings => {
  const sizes = new Map<string, RefusedSize>()
  const errors = new Map<string, ErrorRow>()
  const problems = new Map<string, ProblemRow>()

  const addSize = ({ target, referrer = "" }: RequestReport): void => {
    const name = short(sizeSegment(target) ?? "")
    const row = sizes.get(name) ?? { count: 0, example: "", referrers: new Map<string, number>() }
    if (!sizes.has(name)) makeRoom(sizes, MAX_ROWS)
    sizes.set(name, row)
    row.count += 1
    row.example = short(withoutQuery(target))
    const count = row.referrers.get(referrer)
    if (count !== undefined || row.referrers.size < MAX_REFERRERS) row.referrers.set(referrer, (count ?? 0) + 1)
  }

  const addError = (code: string, { target, reason }: RequestReport): void => {
    const row = errors.get(code)
    errors.set(code, {
      count: (row?.count ?? 0) + 1,
      timeMs: clock(),
      example: short(withoutQuery(target)),
      reason: short(reason),
    })
  }

  const addProblem = (original: string, kind: ProblemRow["kind"], reason: string): void => {
    const name = `${kind} ${original}`
    const row = problems.get(name)
    if (!row) makeRoom(problems, MAX_ROWS)
    problems.set(name, {
      original,
      kind,
      reason: short(reason),
      count: (row?.count ?? 0) + 1,
      timeMs: clock(),
    })
  }

  return {
    add: (report) => {
      const { outcome, code, original, storeFailure, reason } = report
      if (original !== undefined && storeFailure !== undefined) addProblem(original, "not-stored", storeFailure)
      if (outcome !== "refused" || code === undefined) return
      if (code === "size-not-allowed") addSize(report)
      if (original !== undefined && UNREADABLE.has(code)) addProblem(original, "unreadable", reason)
      addError(code, report)
    },
    list: () => ({
      refusedSizes: Array.from(sizes, ([size, { count, example, referrers }]) => ({
        size,
        count,
        example,
        referrers: Array.from(referrers, ([origin, times]) => ({ origin, count: times })).toSorted(byCount),
      }))
        .toSorted(byCount)
        .slice(0, SHOWN),
      errors: Array.from(errors, ([code, row]) => ({ code, ...row })).toSorted(byCount),
      problems: [...problems.values()].toSorted((a, b) => b.timeMs - a.timeMs).slice(0, SHOWN),
    }),
  }
}
