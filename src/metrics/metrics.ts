/**
 * Responsible for the Prometheus metrics of a server: their names, and the text that Prometheus scrapes. docs/monitoring.md explains them.
 *
 * Invariants:
 * - No label has a value from a URL: the number of series does not depend on requests.
 * - Names and units follow the Prometheus conventions: seconds, bytes, `_total` for counters.
 * - The state of the server is read when Prometheus scrapes, so a request only pays for what it adds itself.
 */
import type { Counter, Gauge, Histogram, Registry } from "prom-client"

import { badConfig } from "../errors.ts"
import type { Health } from "../health.ts"
import type { RequestReport } from "../hooks.ts"
import type { StoreState } from "../store/observed.ts"
import { type Stage, STAGES } from "../tailor/decision.ts"
import type { SlotState } from "../tailor/render-slots.ts"

/** The parts of a server that its metrics describe, besides requests. */
export interface MetricsParts {
  readonly health: Health
  readonly stores: () => { readonly originals: StoreState; readonly renditions: StoreState }
  readonly slots: () => SlotState
  readonly limits: { readonly renders: number; readonly queue: number; readonly memoryBytes: number }
  /** Version of imgtailor. */
  readonly version: string
}

/** The metrics of a server. */
export interface Metrics {
  /** Counts a request. */
  readonly observe: (report: RequestReport) => void
  /** The text of a scrape, and its media type. */
  readonly scrape: () => Promise<{ readonly contentType: string; readonly text: string }>
}

/** Upper bounds of the classic histogram buckets, in seconds. */
const BUCKETS = [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

/** Gauges of prom-client whose names end in `_total`, which is for counters: `promtool check metrics` rejects them. */
const MISNAMED = ["nodejs_active_handles_total", "nodejs_active_requests_total", "nodejs_active_resources_total"]

type PromClient = typeof import("prom-client")

const loadClient = async (): Promise<PromClient> => {
  try {
    return await import("prom-client")
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw error
    throw badConfig(["metrics: The package prom-client is missing. Install it with: npm install prom-client"])
  }
}

/** The format that a URL names; "base" for a base URL. */
const requestedFormat = ({ format }: RequestReport): string => format ?? "base"

/** The format of the rendition, which a base URL leaves open: a media type without its `image/`. */
const outputFormat = ({ output }: RequestReport): string => output?.contentType.replace(/^\w+\//, "") ?? "none"

interface RequestMetrics {
  readonly requests: Counter<"outcome" | "code" | "format">
  readonly durations: Histogram<"outcome">
  readonly stages: Readonly<Record<Stage, Histogram<"format">>>
  readonly sent: Counter<"outcome">
  readonly read: Counter
  readonly rejected: Counter<"code">
  readonly unstored: Counter
  readonly unverified: Counter
}

const registerRequestMetrics = (client: PromClient, registers: Registry[]): RequestMetrics => {
  const counter = <T extends string>(name: string, help: string, ...labelNames: readonly T[]): Counter<T> =>
    new client.Counter({ name, help, labelNames, registers })
  const histogram = <T extends string>(name: string, help: string, ...labelNames: readonly T[]): Histogram<T> =>
    new client.Histogram({ name, help, labelNames, buckets: BUCKETS, registers })
  const ofStage = (stage: Stage): Histogram<"format"> =>
    histogram(`imgtailor_${stage}_duration_seconds`, STAGE_HELP[stage], "format")
  return {
    requests: counter(
      "imgtailor_requests_total",
      "Requests by outcome, error code and requested format.",
      "outcome",
      "code",
      "format",
    ),
    durations: histogram(
      "imgtailor_request_duration_seconds",
      "Time from the arrival of a request until its response is ready to send.",
      "outcome",
    ),
    stages: { wait: ofStage("wait"), fetch: ofStage("fetch"), render: ofStage("render"), store: ofStage("store") },
    sent: counter("imgtailor_response_bytes_total", "Bytes of response bodies.", "outcome"),
    read: counter("imgtailor_original_bytes_total", "Bytes of originals that were read to render."),
    rejected: counter(
      "imgtailor_originals_rejected_total",
      "Requests whose original could not be rendered, by error code.",
      "code",
    ),
    unstored: counter("imgtailor_unstored_renditions_total", "Renditions that were sent but could not be stored."),
    unverified: counter(
      "imgtailor_unverified_hits_total",
      "Hits that were sent while the store of the originals could not be reached.",
    ),
  }
}

const createObserve = (client: PromClient, registers: Registry[]): Metrics["observe"] => {
  const { requests, durations, stages, sent, read, rejected, unstored, unverified } = registerRequestMetrics(
    client,
    registers,
  )
  return (report) => {
    const { outcome, code = "", durationMs, byteLength, timings, originalInfo, storeFailure, isUnverified } = report
    requests.inc({ outcome, code, format: requestedFormat(report) })
    durations.observe({ outcome }, durationMs / 1000)
    if (byteLength > 0) sent.inc({ outcome }, byteLength)
    if (code !== "" && REJECTED_CODES.has(code)) rejected.inc({ code })
    if (storeFailure !== undefined) unstored.inc()
    if (isUnverified) unverified.inc()
    // Coalesced requests share the render of another one.
    if (outcome !== "miss") return
    if (originalInfo) read.inc(originalInfo.byteLength)
    const format = outputFormat(report)
    for (const stage of STAGES) {
      const ms = timings[stage]
      if (ms !== undefined) stages[stage].observe({ format }, ms / 1000)
    }
  }
}

const STAGE_HELP: Readonly<Record<Stage, string>> = {
  wait: "Time that a render waited for a slot.",
  fetch: "Time to read an original.",
  render: "Time to decode, resize and encode, waiting for memory included.",
  store: "Time to write a rendition.",
}

/** Codes that concern the original itself. */
const REJECTED_CODES: ReadonlySet<string> = new Set(["unsupported-original", "original-too-large", "corrupt-original"])

/** Gauges that are set when Prometheus scrapes. */
const createStateMetrics = (
  { Counter: CounterOf, Gauge: GaugeOf }: PromClient,
  registers: Registry[],
  { health, stores, slots, limits, version }: MetricsParts,
): void => {
  const gauge = (name: string, help: string, read: () => number): void => {
    const created: Gauge = new GaugeOf({ name, help, registers, collect: () => created.set(read()) })
  }
  new GaugeOf({
    name: "imgtailor_build_info",
    help: "Version of imgtailor and Node.js; always 1.",
    labelNames: ["version", "node"],
    registers,
  }).set({ version, node: process.versions.node }, 1)
  gauge("imgtailor_ready", "1 while the server should get requests.", () => Number(health.report().phase === "ready"))
  gauge("imgtailor_degraded", "1 while a part of the server does not work: /healthz says which.", () =>
    Number(health.report().status === "degraded"),
  )
  gauge("imgtailor_render_slots", "Renders that may run at once.", () => limits.renders)
  gauge("imgtailor_render_slots_used", "Renders that hold a slot.", () => slots().running)
  gauge("imgtailor_render_queue_limit", "Renders that may wait for a slot.", () => limits.queue)
  gauge("imgtailor_render_queue_length", "Renders that wait for a slot.", () => slots().waiting)
  gauge("imgtailor_memory_limit_bytes", "Memory of all renders together.", () => limits.memoryBytes)
  gauge(
    "imgtailor_memory_reserved_bytes",
    "Memory that running renders are expected to take.",
    () => health.report().renderer.reservedBytes,
  )
  gauge("imgtailor_render_processes", "Render processes, idle ones included.", () => health.report().renderer.processes)
  gauge("imgtailor_slow_renders", "Renders that continue at the lowest priority.", () => health.report().renderer.slow)
  createStoreMetrics({ Counter: CounterOf, Gauge: GaugeOf }, registers, stores)
  const parts = new GaugeOf({
    name: "imgtailor_part_state",
    help: "Numbers that /healthz reports for the other parts of the server, such as the watch.",
    labelNames: ["part", "field"],
    registers,
    collect: () => {
      for (const [part, state] of Object.entries(health.report().parts))
        for (const [field, value] of Object.entries(state))
          if (typeof value === "number") parts.set({ part, field }, value)
    },
  })
}

const OPERATIONS = ["read", "write", "delete"] as const

const createStoreMetrics = (
  { Counter: CounterOf, Gauge: GaugeOf }: Pick<PromClient, "Counter" | "Gauge">,
  registers: Registry[],
  stores: MetricsParts["stores"],
): void => {
  const labelNames = ["store", "kind", "operation", "result"] as const
  const operations = new CounterOf({
    name: "imgtailor_store_operations_total",
    help: "Operations of the stores, by result.",
    labelNames,
    registers,
    collect: () => {
      operations.reset()
      for (const [store, state] of Object.entries(stores())) {
        for (const operation of OPERATIONS) {
          const counted = state[operation]
          if (!counted) continue
          operations.inc({ store, kind: state.name, operation, result: "success" }, counted.successes)
          operations.inc({ store, kind: state.name, operation, result: "failure" }, counted.failures)
        }
      }
    },
  })
  const last = new GaugeOf({
    name: "imgtailor_store_last_success_timestamp_seconds",
    help: "When an operation of a store last succeeded, in seconds since 1970.",
    labelNames: ["store", "operation"],
    registers,
    collect: () => {
      for (const [store, state] of Object.entries(stores())) {
        for (const operation of OPERATIONS) {
          const ms = state[operation]?.lastSuccessMs
          if (ms !== undefined) last.set({ store, operation }, ms / 1000)
        }
      }
    },
  })
}

/**
 * Creates the metrics of a server.
 * @throws {bad-config} prom-client is not installed
 */
export const createMetrics = async (parts: MetricsParts): Promise<Metrics> => {
  const client = await loadClient()
  const registry = new client.Registry()
  client.collectDefaultMetrics({ register: registry })
  for (const name of MISNAMED) registry.removeSingleMetric(name)
  const observe = createObserve(client, [registry])
  createStateMetrics(client, [registry], parts)
  return {
    observe,
    scrape: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
  }
}
