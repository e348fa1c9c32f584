/** Tests of CloudWatch's metrics: log lines that follow the embedded metric format, and a dashboard that shows what they contain. */
import { describe, expect, it } from "vitest"

import { embeddedMetrics, METRICS_NAMESPACE } from "../../src/aws/embedded-metrics.ts"
import { dashboard } from "../../src/aws/stack/dashboard.ts"
import type { RequestReport } from "../../src/hooks.ts"

const MISS: RequestReport = {
  method: "GET",
  target: "/480h/a.jpg",
  status: 200,
  outcome: "miss",
  reason: "not stored",
  durationMs: 81.234,
  byteLength: 2048,
  timings: { wait: 0.1, fetch: 12, render: 60.04, store: 9 },
}

interface Line extends Readonly<Record<string, unknown>> {
  readonly _aws: {
    readonly Timestamp: number
    readonly CloudWatchMetrics: readonly {
      readonly Namespace: string
      readonly Dimensions: readonly (readonly string[])[]
      readonly Metrics: readonly { readonly Name: string; readonly Unit: string }[]
    }[]
  }
}

const lineOf = (report: RequestReport): Line =>
  ({ outcome: report.outcome, ...embeddedMetrics(report, "shop-renderer", 1_800_000_000_000) }) as unknown as Line

describe("embeddedMetrics", () => {
  it("names values and dimensions that are fields of the same log line", () => {
    const line = lineOf(MISS)
    const [directive] = line["_aws"].CloudWatchMetrics
    expect(directive?.Namespace).toBe(METRICS_NAMESPACE)
    for (const name of directive?.Dimensions.flat() ?? []) expect(typeof line[name]).toBe("string")
    for (const { Name } of directive?.Metrics ?? []) expect(typeof line[Name]).toBe("number")
    expect(line).toMatchObject({ Requests: 1, Duration: 81.2, RenderDuration: 60, ResponseBytes: 2048 })
  })

  it("leaves out the render of a coalesced request, and bytes of a response without a body", () => {
    const line = lineOf({ ...MISS, outcome: "coalesced", byteLength: 0 })
    const names = line["_aws"].CloudWatchMetrics[0]?.Metrics.map(({ Name }) => Name)
    expect(names).toEqual(["Requests", "Duration"])
  })
})

describe("the dashboard of the stack", () => {
  it("shows metrics of the log lines by their names and dimensions", () => {
    const { Dashboard: resource } = dashboard()
    if (!resource) throw new Error("Expected a dashboard")
    const { DashboardBody } = resource.Properties as {
      readonly DashboardBody: { readonly "Fn::Sub": string }
    }
    const { widgets } = JSON.parse(DashboardBody["Fn::Sub"]) as {
      readonly widgets: readonly { readonly properties: { readonly metrics: readonly (readonly unknown[])[] } }[]
    }
    const own = widgets
      .flatMap(({ properties }) => properties.metrics)
      .filter(([namespace]) => namespace === METRICS_NAMESPACE)
    const [directive] = lineOf(MISS)["_aws"].CloudWatchMetrics
    expect(own.length).toBeGreaterThan(0)
    for (const [, name, ...dimensions] of own) {
      expect(directive?.Metrics.map(({ Name }) => Name)).toContain(name)
      expect([dimensions[0], dimensions[2]]).toEqual(directive?.Dimensions[0])
    }
  })
})
