/**
 * Responsible for log lines that are written often and are nearly the same: those of hits, and of requests that joined a render. Formatting
 * a whole line costs more than finding a rendition, so the part that is the same for many requests is remembered.
 */
import type { RequestReport } from "../hooks.ts"
import { type LogFields, LEVELS, roundMs } from "../log-entry.ts"
import { createMemory } from "../lru.ts"

/** The parts of lines that are the same for many requests. */
export interface LineMemory {
  readonly recall: (report: RequestReport) => string | undefined
  readonly remember: (report: RequestReport, rest: string) => void
}

/** Lines of hits, by URL. */
export const createHitMemory = (): LineMemory => {
  const memory = createMemory<string>()
  const variantOf = ({ method, format = "" }: RequestReport): string =>
    method === "GET" ? format : `${method} ${format}`
  return {
    recall: (report) => memory.recall(report.target, variantOf(report)),
    remember: (report, rest) => memory.remember(report.target, variantOf(report), rest),
  }
}

/** The line of the latest request that joined a render: those of a crowd have the same timings. */
export const createCrowdMemory = (): LineMemory => {
  const lines = new WeakMap<RequestReport["timings"], { readonly report: RequestReport; readonly rest: string }>()
  return {
    recall: ({ timings, target, method, format }) => {
      const known = lines.get(timings)
      const isSame = known?.report.target === target && known.report.method === method && known.report.format === format
      return isSame ? known.rest : undefined
    },
    remember: (report, rest) => void lines.set(report.timings, { report, rest }),
  }
}

/** Formats lines of level "info". @param fieldsOf the fields of a line that is not remembered */
export const createQuickFormat =
  (memory: LineMemory, fieldsOf: (report: RequestReport) => LogFields): ((report: RequestReport) => string) =>
  (report) => {
    let rest = memory.recall(report)
    if (rest === undefined) {
      const { status: _status, durationMs: _durationMs, ...fields } = fieldsOf(report)
      rest = JSON.stringify({ ...fields, msg: "request" }).slice(1)
      memory.remember(report, rest)
    }
    const { status, durationMs } = report
    return `{"level":${LEVELS.info},"time":${Date.now()},"status":${status},"durationMs":${roundMs(durationMs)},${rest}\n`
  }

/** True for a response of level "info" that no trace distinguishes from others. */
export const isPlain = ({ status, isUnverified, traceparent, cause, storeFailure }: RequestReport): boolean =>
  status < 400 && !isUnverified && traceparent === undefined && cause === undefined && storeFailure === undefined
