/** Responsible for the server-sent events of the live view. */
import { type ReadonlySignal, signal } from "@preact/signals"

import type { LiveEvents, LiveRequest, LiveSeries, LiveSummary } from "../../api.ts"
import { request } from "../lib/api-client.ts"

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

/** Wait before another attempt where the browser makes none, in ms. */
const RETRY_MS = 3000

/**
 * Connects. After an interruption the browser connects again by itself, but not after a response with an error: that of a proxy, or 401 of a
 * server that was started again, for which the page shows the field for the token.
 */
export const openStream = (): LiveStream => {
  const isConnected = signal(false)
  const summary = signal<LiveSummary | undefined>(undefined)
  const series = signal<LiveSeries | undefined>(undefined)
  const requests = signal<readonly LiveRequest[]>([])
  let source: EventSource | undefined
  let timer: ReturnType<typeof setTimeout> | undefined

  const connect = (): void => {
    const opened = new EventSource("api/live")
    source = opened
    const on = <E extends keyof LiveEvents>(name: E, receive: (value: LiveEvents[E]) => void): void =>
      opened.addEventListener(name, (event) =>
        receive(JSON.parse((event as MessageEvent<string>).data) as LiveEvents[E]),
      )
    opened.addEventListener("open", () => {
      isConnected.value = true
      // The server sends the latest ones again, and another process counts from 1.
      requests.value = []
    })
    opened.addEventListener("error", () => {
      isConnected.value = false
      if (opened.readyState !== EventSource.CLOSED) return
      request("GET catalogue").catch(() => {})
      timer = setTimeout(connect, RETRY_MS)
    })
    on("summary", (value) => (summary.value = value))
    on("series", (value) => (series.value = value))
    on("requests", (added) => {
      requests.value = [...added.toReversed(), ...requests.peek()].slice(0, MAX_REQUESTS)
    })
  }

  connect()
  const close = (): void => {
    clearTimeout(timer)
    source?.close()
  }
  return { isConnected, summary, series, requests, close }
}
