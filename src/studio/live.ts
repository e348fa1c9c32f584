/**
 * Responsible for the live view: it records each request, and streams the records to browsers.
 *
 * Invariants:
 * - A request costs a few additions while no browser looks. Everything else is computed when a browser gets it.
 * - No query, IP address or referrer with a path leaves this module.
 */
import { setTimeout as sleep } from "node:timers/promises"

import type { OpenTailor } from "../create-tailor.ts"
import type { RequestReport } from "../hooks.ts"
import { withoutQuery } from "../http/url-path.ts"
import { optionalMs, roundMs } from "../log-entry.ts"
import { createMemory } from "./known-lengths.ts"
import type { LiveEvents, LiveRequest, LiveSummary } from "./live-api.ts"
import { createLiveFindings } from "./live-findings.ts"
import { createLiveRing } from "./live-ring.ts"
import { refuse, STUDIO_HEADERS } from "./reply.ts"
import type { Route } from "./route.ts"

/** The live view of one server. */
export interface Live {
  readonly observe: (report: RequestReport) => void
  /** `GET api/live`. */
  readonly stream: Route
  /** Time of the latest render of a rendition by this process in ms; undefined if there was none. */
  readonly renderMsOf: (original: string, size: string, format: string | undefined) => number | undefined
  readonly close: () => void
}

const MAX_STREAMS = 10
/** Requests that are kept for the next event. */
const KEPT = 50
const TICK_MS = 200
const SUMMARY_TICKS = 5
const SERIES_TICKS = 50
/** Proxies and the server's own limit close connections without traffic. */
const COMMENT_TICKS = 75
const MAX_TARGET = 500

interface Kept {
  readonly report: RequestReport
  readonly timeMs: number
  readonly id: number
}

const toLiveRequest = ({ report, timeMs, id }: Kept): LiveRequest => {
  const { method, target, status, outcome, reason, code, original, size, format, durationMs, timings } = report
  return {
    id,
    timeMs,
    method,
    path: withoutQuery(target).slice(0, MAX_TARGET),
    status,
    outcome,
    reason,
    code,
    original,
    size,
    format,
    durationMs: roundMs(durationMs),
    waitMs: optionalMs(timings.wait),
    fetchMs: optionalMs(timings.fetch),
    renderMs: optionalMs(timings.render),
    storeMs: optionalMs(timings.store),
    byteLength: report.byteLength,
    estimateBytes: report.output?.estimateBytes,
  }
}

const toEvent = <Name extends keyof LiveEvents>(name: Name, value: LiveEvents[Name]): string =>
  `event: ${name}\ndata: ${JSON.stringify(value)}\n\n`

const HEADERS = {
  ...STUDIO_HEADERS,
  "content-type": "text/event-stream; charset=utf-8",
  // nginx would collect the events.
  "x-accel-buffering": "no",
}

/** The latest requests, the newest last. */
const createLatest = () => {
  const kept: Kept[] = []
  let lastId = 0
  return {
    lastId: () => lastId,
    add: (report: RequestReport, timeMs: number): void => {
      kept.push({ report, timeMs, id: (lastId += 1) })
      if (kept.length > 2 * KEPT) kept.splice(0, kept.length - KEPT)
    },
    /** Requests after one that a browser has already. */
    after: (id: number): readonly LiveRequest[] =>
      kept
        .filter((one) => one.id > id)
        .slice(-KEPT)
        .map(toLiveRequest),
  }
}

/** Present values that every summary has. */
const presentOf = ({ core, config, renderer }: OpenTailor): Pick<LiveSummary, "queue" | "memory"> => {
  const { reservedBytes, processes } = renderer.state()
  const { renders, queue, memoryBytes } = config.limits
  return {
    queue: { ...core.slotState(), renders, limit: queue },
    memory: { reservedBytes, limitBytes: memoryBytes, rssBytes: process.memoryUsage.rss(), processes },
  }
}

/** Records the requests of a server. */
const createRecorder = (tailor: OpenTailor) => {
  const clock = Date.now
  const startedMs = clock()
  const ring = createLiveRing(clock)
  const findings = createLiveFindings(clock)
  const memory = createMemory(tailor.originals)
  const latest = createLatest()

  const sample = (): void => ring.sample(tailor.core.slotState().waiting, tailor.renderer.state().reservedBytes)

  const observe = (report: RequestReport): void => {
    const { outcome, original, reason } = report
    if (outcome === "other" && reason === "health check") return
    memory.observe(report)
    ring.add(report, original === undefined ? undefined : memory.byteLengthOf(original))
    latest.add(report, clock())
    if (outcome === "hit") return
    findings.add(report)
    sample()
  }

  const summary = (): LiveSummary => {
    sample()
    const { requests, images, hits, bytesSent, bytesSaved } = ring.sums()
    const rates = ring.rates()
    return {
      timeMs: clock(),
      startedMs,
      requests,
      hitRatio: images === 0 ? undefined : hits / images,
      rendersPerSecond: rates.renders,
      requestsPerSecond: rates.requests,
      bytesSent,
      bytesSaved,
      waiting: ring.waiting(),
      rendering: ring.rendering(),
      ...presentOf(tailor),
      ...findings.list(),
    }
  }
  return { observe, summary, series: ring.series, latest, renderMsOf: memory.renderMsOf }
}

/** Creates the live view of a server. */
export const createLive = (tailor: OpenTailor): Live => {
  const { observe, summary, series, latest, renderMsOf } = createRecorder(tailor)
  const closing = new AbortController()
  let streams = 0

  async function* events(signal: AbortSignal): AsyncIterable<string> {
    let sentId = 0
    streams += 1
    try {
      for (let tick = 0; !signal.aborted; tick += 1) {
        const requests = latest.after(sentId)
        sentId = latest.lastId()
        const text = [
          requests.length > 0 ? toEvent("requests", requests) : "",
          tick % SUMMARY_TICKS === 0 ? toEvent("summary", summary()) : "",
          tick % SERIES_TICKS === 0 ? toEvent("series", series()) : "",
          tick % COMMENT_TICKS === 0 ? ":\n\n" : "",
        ].join("")
        if (text !== "") yield text
        await sleep(TICK_MS, undefined, { signal, ref: false }).catch(() => {})
      }
    } finally {
      streams -= 1
    }
  }

  return {
    observe,
    renderMsOf,
    stream: ({ signal }) => {
      if (streams >= MAX_STREAMS)
        return refuse(429, "bad-request", `${MAX_STREAMS} browsers have the live view open already.`)
      return { status: 200, headers: HEADERS, body: events(AbortSignal.any([signal, closing.signal])) }
    },
    close: () => closing.abort(),
  }
}
