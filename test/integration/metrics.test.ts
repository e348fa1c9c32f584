/** Tests of the metrics: names that promtool accepts, numbers that match the requests, and what Prometheus and the dashboard make of them. */
import { execFileSync, spawn } from "node:child_process"
import { readFileSync } from "node:fs"
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"

import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest"

import { temporaryFolder } from "../support/folders.ts"
import { flat } from "../support/photos.ts"
import { startProcess } from "../support/process.ts"
import { findTool } from "../support/tools.ts"

const EXAMPLES = fileURLToPath(new URL("../../examples/observability/", import.meta.url))
const promtool = findTool("promtool")
const prometheus = findTool("prometheus")

interface Dashboard {
  readonly panels: readonly { readonly id: number; readonly targets: readonly { readonly expr: string }[] }[]
}

const dashboard = JSON.parse(readFileSync(join(EXAMPLES, "dashboard.json"), "utf8")) as Dashboard

/** The expressions of the dashboard with its variables replaced. */
const expressions = (): readonly string[] =>
  dashboard.panels.flatMap(({ targets }) =>
    targets.map(({ expr }) => expr.replaceAll("$__rate_interval", "1m").replaceAll("$instance", ".*")),
  )

const metricsIn = (text: string): readonly string[] => [...new Set(text.match(/\bimgtailor_\w+/g))]

let photos: string
beforeAll(async () => {
  photos = await mkdtemp(join(tmpdir(), "imgtailor-test-"))
  await writeFile(join(photos, "a.png"), await flat({ width: 80, height: 60, colour: [200, 60, 30], format: "png" }))
  await writeFile(join(photos, "damaged.jpg"), "no image")
  // Files are stable then. A rendition of a file that is not yet may be written twice.
  await sleep(2100)
})
afterAll(() => rm(photos, { recursive: true, force: true }))

/** A server with metrics that has answered a miss, two hits, an unlisted size and a damaged original. */
const startMeasured = async (...args: readonly string[]): Promise<{ readonly port: number; readonly text: string }> => {
  const renditions = await temporaryFolder()
  const server = await startProcess(photos, "--sizes", "40w", "--renditions", renditions, "--metrics", ...args)
  const url = `http://127.0.0.1:${server.port}`
  const paths = ["/40w/a.png", "/40w/a.png", "/40w/a.png?token=secret", "/41w/a.png", "/40w/damaged.jpg"]
  for (const path of paths) await (await fetch(url + path)).arrayBuffer()
  return { port: server.port, text: await (await fetch(`${url}/metrics`)).text() }
}

/** The value of the series that starts with a text. */
const valueOf = (text: string, series: string): number | undefined => {
  const line = text.split("\n").find((one) => one.startsWith(series))
  return line === undefined ? undefined : Number(line.slice(line.lastIndexOf(" ") + 1))
}

describe("GET /metrics", () => {
  it("counts requests, bytes, stages and rejected originals", async () => {
    const { text } = await startMeasured()
    expect(valueOf(text, 'imgtailor_requests_total{outcome="miss",code="",format="base"}')).toBe(1)
    expect(valueOf(text, 'imgtailor_requests_total{outcome="hit",code="",format="base"}')).toBe(2)
    expect(valueOf(text, 'imgtailor_requests_total{outcome="refused",code="size-not-allowed",format="base"}')).toBe(1)
    expect(valueOf(text, 'imgtailor_originals_rejected_total{code="unsupported-original"}')).toBe(1)
    expect(valueOf(text, 'imgtailor_render_duration_seconds_count{format="png"}')).toBe(1)
    expect(valueOf(text, 'imgtailor_response_bytes_total{outcome="hit"}')).toBeGreaterThan(0)
    expect(
      valueOf(
        text,
        'imgtailor_store_operations_total{store="renditions",kind="folder",operation="write",result="success"}',
      ),
    ).toBe(1)
    expect(valueOf(text, "imgtailor_ready ")).toBe(1)
    expect(valueOf(text, "imgtailor_degraded ")).toBe(0)
  })

  it("has no label with a value from a URL", async () => {
    const { text } = await startMeasured()
    expect(text).not.toMatch(/a\.png|damaged|41w|secret/)
  })

  it("is absent without --metrics, and on the server's own port with --metrics-port", async () => {
    const plain = await startProcess(photos, "--sizes", "40w", "--renditions", await temporaryFolder())
    expect((await fetch(`http://127.0.0.1:${plain.port}/metrics`)).status).toBe(400)
    const apart = await startProcess(
      photos,
      "--sizes",
      "40w",
      "--renditions",
      await temporaryFolder(),
      "--metrics-port",
      "0",
    )
    expect((await fetch(`http://127.0.0.1:${apart.port}/metrics`)).status).toBe(400)
    const findPort = (): string | undefined => /Metrics at http:\/\/127\.0\.0\.1:(\d+)\/metrics/.exec(apart.log())?.[1]
    await expect.poll(findPort).toBeDefined()
    const port = findPort()
    const scraped = await fetch(`http://127.0.0.1:${port}/metrics`)
    expect(scraped.headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4/)
    expect((await fetch(`http://127.0.0.1:${port}/40w/a.png`)).status).toBe(404)
  })

  it.skipIf(!promtool)("passes promtool check metrics", async () => {
    const { text } = await startMeasured()
    expect(execFileSync(String(promtool), ["check", "metrics"], { input: text, encoding: "utf8" })).toBe("")
  })
})

describe("examples/observability", () => {
  it.skipIf(!promtool)(
    "has rules and a configuration that promtool accepts, and alerts that fire for their causes",
    () => {
      const run = (...args: string[]): string =>
        execFileSync(String(promtool), args, { cwd: EXAMPLES, encoding: "utf8" })
      expect(run("check", "rules", "alerts.yml")).toContain("SUCCESS")
      expect(run("check", "config", "prometheus.yml")).toContain("SUCCESS")
      expect(run("test", "rules", "alerts.test.yml")).toContain("SUCCESS")
    },
  )

  it("uses metrics that exist, in the dashboard, the alerts and the documentation", async () => {
    const { text } = await startMeasured()
    const known = new Set(metricsIn(text))
    const pages = [
      expressions().join("\n"),
      await readFile(join(EXAMPLES, "alerts.yml"), "utf8"),
      await readFile(new URL("../../docs/monitoring.md", import.meta.url), "utf8"),
    ]
    for (const page of pages) {
      const unknown = metricsIn(page).filter((name) => !known.has(name))
      expect(unknown).toEqual([])
    }
    const ids = dashboard.panels.map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
  })

  it.skipIf(!prometheus)(
    "answers every query of the dashboard from a real Prometheus",
    { timeout: 60_000 },
    async () => {
      const { port } = await startMeasured()
      const folder = await temporaryFolder()
      await writeFile(
        join(folder, "prometheus.yml"),
        `global: { scrape_interval: 500ms }\nscrape_configs: [{ job_name: imgtailor, static_configs: [{ targets: ["127.0.0.1:${port}"] }] }]\n`,
      )
      const { query } = await startPrometheus(folder)
      await expect.poll(() => query("imgtailor_requests_total").catch(() => []), { timeout: 30_000 }).not.toEqual([])
      // Two scrapes, so that there are rates.
      await (await fetch(`http://127.0.0.1:${port}/40w/a.png`)).arrayBuffer()
      await expect.poll(() => query(expressions()[0] ?? ""), { timeout: 30_000 }).not.toEqual([])
      for (const expression of expressions()) await query(expression)
    },
  )
})

interface RunningPrometheus {
  /** The result of an instant query. @throws {Error} Prometheus does not accept it */
  readonly query: (expression: string) => Promise<readonly unknown[]>
}

const startPrometheus = async (folder: string): Promise<RunningPrometheus> => {
  const child = spawn(
    String(prometheus),
    [
      `--config.file=${join(folder, "prometheus.yml")}`,
      `--storage.tsdb.path=${join(folder, "data")}`,
      "--web.listen-address=127.0.0.1:0",
    ],
    { stdio: ["ignore", "ignore", "pipe"] },
  )
  onTestFinished(async () => {
    child.kill("SIGKILL")
    await new Promise((resolve) => child.once("exit", resolve))
  })
  const port = await new Promise<string>((resolve, reject) => {
    let log = ""
    child.stderr.on("data", (chunk) => {
      log += String(chunk)
      const [, found] = /msg="Listening on" address=127\.0\.0\.1:(\d+)/.exec(log) ?? []
      if (found !== undefined) resolve(found)
    })
    child.once("exit", () => reject(new Error(`Prometheus ended: ${log}`)))
  })
  return {
    query: async (expression) => {
      const response = await fetch(`http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(expression)}`)
      const { status, data, error } = (await response.json()) as {
        readonly status: string
        readonly data?: { readonly result: readonly unknown[] }
        readonly error?: string
      }
      if (status !== "success") throw new Error(`${expression}: ${error}`)
      return data?.result ?? []
    },
  }
}
