/** Responsible for the server-sent events of the live view. */
import { type ReadonlySignal, signal } from "@preact/signals"

import type { LiveEvents, LiveRequest, LiveSeries, LiveSummary } from "../../api.ts"

/** Requests that the page shows. */
const MAX_REQUESTS = 100

/** The state of the stream. */
export interface LiveStream {
  readonly isConnected: ReadonlySignal<boolean>
  readonly summary: ReadonlySignal<LiveSummary | undefined>
  readonly series: ReadonlySignal<LiveSeries | undefined>
  /** The latest first. */
  readonly requests: ReadonlySignal<readonly LiveRequest[]>
  readonly close: () => void
}

/** Connects; the browser connects again by itself after an interruption. */
export const openStream = (): LiveStream => {
  const isConnected = signal(false)
  const summary = signal<LiveSummary | undefined>(undefined)
  const series = signal<LiveSeries | undefined>(undefined)
  const requests = signal<readonly LiveRequest[]>([])
  const source = new EventSource("api/live")
  const on = <E extends keyof LiveEvents>(name: E, receive: (value: LiveEvents[E]) => void): void =>
    source.addEventListener(name, (event) => receive(JSON.parse((event as MessageEvent<string>).data) as LiveEvents[E]))

  source.addEventListener("open", () => (isConnected.value = true))
  source.addEventListener("error", () => (isConnected.value = false))
  on("summary", (value) => (summary.value = value))
  on("series", (value) => (series.value = value))
  on("requests", (added) => {
    const known = new Set(requests.peek().map(({ id }) => id))
    const fresh = added.filter(({ id }) => !known.has(id)).toReversed()
    requests.value = [...fresh, ...requests.peek()].toSorted((a, b) => b.id - a.id).slice(0, MAX_REQUESTS)
  })
  return { isConnected, summary, series, requests, close: () => source.close() }
}
