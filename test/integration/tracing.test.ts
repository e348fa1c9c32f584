/** Tests of traces: the spans of a request, the continued trace, and the privacy of the log. */
import { setTimeout as sleep } from "node:timers/promises"

import { context, propagation, SpanKind, trace } from "@opentelemetry/api"
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-node"
import { afterAll, beforeEach, describe, expect, it } from "vitest"

import { formatJson, toLogEntry } from "../../src/log-entry.ts"
import { flat } from "../support/photos.ts"
import { startServer } from "../support/server.ts"

const exporter = new InMemorySpanExporter()
const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
provider.register()
beforeEach(() => exporter.reset())
afterAll(async () => {
  await provider.shutdown()
  trace.disable()
})

const TRACE = "0af7651916cd43dd8448eb211c80319c"
const PARENT = "b7ad6b7169203331"
const TRACEPARENT = `00-${TRACE}-${PARENT}-01`

describe("a traced server", () => {
  it("makes one span for a request with a child for each stage of the render, and continues the client's trace", async () => {
    const shop = await startServer({ tracing: true })
    await shop.write("a.png", await flat({ width: 60, height: 40, colour: [200, 60, 30], format: "png" }))
    await shop.get("/480h/a.png?token=secret", { traceparent: TRACEPARENT })
    const spans = exporter.getFinishedSpans()
    const root = spans.find(({ kind }) => kind === SpanKind.SERVER)
    expect(root?.spanContext().traceId).toBe(TRACE)
    expect(root?.parentSpanContext?.spanId).toBe(PARENT)
    expect(root?.attributes).toMatchObject({
      "http.request.method": "GET",
      "url.path": "/480h/a.png",
      "http.response.status_code": 200,
      "imgtailor.outcome": "miss",
      "imgtailor.size": "480h",
    })
    const children = spans.filter(({ parentSpanContext }) => parentSpanContext?.spanId === root?.spanContext().spanId)
    expect(children.map(({ name }) => name).toSorted()).toEqual([
      "imgtailor fetch",
      "imgtailor render",
      "imgtailor store",
      "imgtailor wait",
    ])
    expect(JSON.stringify(spans.map(({ attributes }) => attributes))).not.toContain("secret")
    expect(shop.reports[0]?.traceparent).toMatch(new RegExp(`^00-${TRACE}-[0-9a-f]{16}-01$`))
  })

  it("makes no child for a hit, and names the error of a refused request", async () => {
    const shop = await startServer({ tracing: true })
    await shop.write("a.png", await flat({ width: 60, height: 40, colour: [200, 60, 30], format: "png" }))
    // The version of a younger original proves nothing, so a hit would read it.
    await sleep(2100)
    await shop.get("/480h/a.png")
    exporter.reset()
    await shop.get("/480h/a.png")
    expect(exporter.getFinishedSpans().map(({ name }) => name)).toEqual(["GET"])
    exporter.reset()
    await shop.get("/481h/a.png")
    expect(exporter.getFinishedSpans()[0]?.attributes["error.type"]).toBe("size-not-allowed")
  })
})

describe("a server without tracing", () => {
  it("logs the client's trace, and makes no span", async () => {
    const shop = await startServer()
    await shop.get("/480h/absent.png", { traceparent: TRACEPARENT })
    await shop.get("/480h/absent.png", { traceparent: "00-zz-zz-01" })
    expect(shop.reports.map(({ traceparent }) => traceparent)).toEqual([TRACEPARENT, undefined])
    expect(exporter.getFinishedSpans()).toEqual([])
  })

  it("logs no query string, referrer or client address", async () => {
    const shop = await startServer()
    const headers = { referer: "https://shop.example/account?user=7", "x-forwarded-for": "203.0.113.9" }
    await shop.get("/480h/absent.png?token=secret", headers)
    const [report] = shop.reports
    if (!report) throw new Error("Expected a report")
    expect(formatJson(toLogEntry(report))).not.toMatch(/secret|account|203\.0\.113|127\.0\.0\.1/)
    expect(formatJson(toLogEntry(report, { queries: true }))).toContain("token=secret")
  })
})

describe("a traced server without an SDK of OpenTelemetry", () => {
  it("logs the client's trace, and no trace where the client sent none", async () => {
    for (const api of [trace, context, propagation]) api.disable()
    const shop = await startServer({ tracing: true })
    await shop.get("/480h/absent.png", { traceparent: TRACEPARENT })
    await shop.get("/480h/absent.png")
    expect(shop.reports.map(({ traceparent }) => traceparent)).toEqual([TRACEPARENT, undefined])
  })
})
