/**
 * Responsible for the live view: what the server reports of each request, and the stream of it to browsers.
 *
 * Invariants:
 * - A request costs a few additions while no browser looks. Everything else is computed when a browser gets it.
 * - No query, IP address or referrer with a path leaves this module.
 */
import { setTimeout as sleep } from "node:timers/promises"

import type { OpenTailor } from "../create-tailor.ts"
import type { RequestReport } from "../hooks.ts"
import { withoutQuery } from "../http/url-path.ts"
import { roundMs } from "../log-entry.ts"
import { createMemory } from "./known-lengths.ts"
import type { LiveEvents, LiveRequest, LiveSummary } from "./live-api.ts"
import { createLiveFindings } from "./live-findings.ts"
import { createLiveRing } from "./live-ring.ts"
import { refuse, STUDIO_HEADERS } from "./reply.ts"
import type { Route } from "./routes.ts"

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

const optionalMs = (ms: number | undefined): number | undefined => (ms === undefined ? undefined : roundMs(ms))

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

/** Creates the live view of a server. */
export const createLive = (tailor: OpenTailor): Live => {
  const { core, config, renderer } = tailor
  const clock = Date.now
  const startedMs = clock()
  const ring = createLiveRing(clock)
  const findings = createLiveFindings(clock)
  const memory = createMemory(tailor.originals)
  const closing = new AbortController()
  const kept: Kept[] = []
  let lastId = 0
  let streams = 0

  const observe = (report: RequestReport): void => {
    const { outcome, original, reason } = report
    if (outcome === "other" && reason === "health check") return
    memory.observe(report)
    ring.add(report, original === undefined ? undefined : memory.byteLengthOf(original))
    if (outcome !== "hit") {
      findings.add(report)
      const { waiting } = core.slotState()
      ring.sample(waiting, outcome === "miss" ? renderer.state().reservedBytes : 0)
    }
    kept.push({ report, timeMs: clock(), id: (lastId += 1) })
    if (kept.length > 2 * KEPT) kept.splice(0, kept.length - KEPT)
  }

  const summary = (): LiveSummary => {
    const { requests, images, hits, bytesSent, bytesSaved } = ring.sums()
    const rates = ring.rates()
    const slots = core.slotState()
    const { reservedBytes, processes } = renderer.state()
    ring.sample(slots.waiting, reservedBytes)
    const { renders, queue, memoryBytes } = config.limits
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
      queue: { ...slots, renders, limit: queue },
      memory: { reservedBytes, limitBytes: memoryBytes, rssBytes: process.memoryUsage.rss(), processes },
      ...findings.list(),
    }
  }

  /** Requests after one that a browser has already. */
  const requestsAfter = (id: number): readonly LiveRequest[] =>
    kept
      .filter((one) => one.id > id)
      .slice(-KEPT)
      .map(toLiveRequest)

  async function* events(signal: AbortSignal): AsyncIterable<string> {
    let sentId = 0
    streams += 1
    try {
      for (let tick = 0; !signal.aborted; tick += 1) {
        const requests = requestsAfter(sentId)
        const parts = [
          requests.length > 0 ? toEvent("requests", requests) : "",
          tick % SUMMARY_TICKS === 0 ? toEvent("summary", summary()) : "",
          tick % SERIES_TICKS === 0 ? toEvent("series", ring.series()) : "",
          tick % COMMENT_TICKS === 0 ? ":\n\n" : "",
        ]
        sentId = lastId
        const text = parts.join("")
        if (text !== "") yield text
        await sleep(TICK_MS, undefined, { signal, ref: false }).catch(() => {})
      }
    } finally {
      streams -= 1
    }
  }

  return {
    observe,
    renderMsOf: memory.renderMsOf,
    stream: ({ signal }) => {
      if (streams >= MAX_STREAMS)
        return refuse(429, "bad-request", `${MAX_STREAMS} browsers have the live view open already.`)
      return { status: 200, headers: HEADERS, body: events(AbortSignal.any([signal, closing.signal])) }
    },
    close: () => closing.abort(),
  }
}
