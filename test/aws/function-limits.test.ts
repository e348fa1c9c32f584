/**
 * Tests of a function's limits: an original that needs too much memory is refused, a response comes before the call is over, and an original
 * whose render ended a function is remembered. Real renders, stores in memory.
 */
import { setTimeout as wait } from "node:timers/promises"

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"

import type { EventV2, ProxyResult } from "../../src/aws/events.ts"
import { loadFunction } from "../../src/aws/function-config.ts"
import { createFunctionRenderer } from "../../src/aws/function-renderer.ts"
import { type BufferedHandler, createLambdaHandler } from "../../src/aws/lambda.ts"
import { createRenderMarkers, markerKeyOf, type RenderMarkers } from "../../src/aws/render-markers.ts"
import { createSyncHandler } from "../../src/aws/sync.ts"
import { environment } from "../../src/config/load.ts"
import type { TailorConfig, TailorOptions } from "../../src/config/options.ts"
import { resolveConfig } from "../../src/config/resolve.ts"
import type { Renderer, RenderSession } from "../../src/render/renderer.ts"
import type { Recipe } from "../../src/sizes/recipe.ts"
import { memoryOriginals, type MemoryOriginals, memoryRenditions } from "../../src/store/memory.ts"
import type { Renditions } from "../../src/store/store.ts"
import { temporaryFolder } from "../support/folders.ts"
import { flat } from "../support/photos.ts"

beforeEach(() => {
  vi.spyOn(process.stdout, "write").mockReturnValue(true)
})
afterEach(() => {
  vi.restoreAllMocks()
})

interface Stage {
  readonly handler: BufferedHandler
  readonly config: TailorConfig
  readonly originals: MemoryOriginals
  readonly renditions: Renditions
}

const stage = (more: Partial<TailorOptions> = {}): Stage => {
  const [originals, renditions] = [memoryOriginals(), memoryRenditions()]
  const config = resolveConfig({ originals, renditions, sizes: ["360x270", "480h"], ...more }, environment())
  const handler = createLambdaHandler(async () => ({ config, cdnUrl: "" }), false) as BufferedHandler
  return { handler, config, originals, renditions }
}

const eventOf = (rawPath: string): EventV2 => ({
  version: "2.0",
  rawPath,
  requestContext: { domainName: "abc.lambda-url.eu-central-1.on.aws", http: { method: "GET" } },
})

const textOf = ({ body, isBase64Encoded }: ProxyResult): string =>
  isBase64Encoded ? "an image" : body.replaceAll(/\s+/g, " ")

describe("the memory of a function", () => {
  it("renders may take 70 % of the memory by default", async () => {
    const env = {
      IMGTAILOR_ORIGINALS: "s3://shop",
      IMGTAILOR_RENDITIONS: "s3://renditions",
      IMGTAILOR_SIZES: "1w",
      AWS_REGION: "eu-central-1",
      LAMBDA_TASK_ROOT: await temporaryFolder(),
    }
    const { config } = await loadFunction({ ...env, AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "1000" })
    expect(config.limits.memoryBytes).toBe(Math.floor(0.7 * 1000 * 1024 * 1024))
    const own = await loadFunction({ ...env, AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "1000", IMGTAILOR_MEMORY_BYTES: "5000" })
    expect(own.config.limits.memoryBytes).toBe(5000)
  })

  it("an original whose estimate exceeds it is 413, and a smaller one is rendered", async () => {
    const { handler, originals, renditions } = stage({ limits: { memoryBytes: 30_000_000 } })
    originals.set("small.jpg", await flat({ width: 800, height: 600 }))
    originals.set("large.avif", await flat({ width: 2400, height: 1800, format: "avif" }))
    expect((await handler(eventOf("/360x270/small.jpg"))).statusCode).toBe(200)
    const refused = await handler(eventOf("/360x270/large.avif"))
    expect([refused.statusCode, textOf(refused)]).toEqual([
      413,
      expect.stringContaining("takes more than the limit of 30 MB of memory"),
    ])
    expect(await renditions.head("360x270/large.avif")).toBeUndefined()
  })
})

describe("the time of a call", () => {
  it("a call is answered with 503 one second before its end, and what it rendered is stored afterwards", async () => {
    const { config, originals, renditions } = stage()
    originals.set("a.jpg", await flat({ width: 800, height: 600 }))
    let release = (): void => {}
    const held = new Promise<void>((done) => (release = done))
    const slow: typeof originals = {
      ...originals,
      get: async (...given) => {
        await held
        return originals.get(...given)
      },
    }
    const handler = createLambdaHandler(
      async () => ({ config: { ...config, originals: slow }, cdnUrl: "" }),
      false,
    ) as BufferedHandler
    const endsMs = Date.now() + 1500
    setTimeout(release, 900)
    const result = await handler(eventOf("/360x270/a.jpg"), { getRemainingTimeInMillis: () => endsMs - Date.now() })
    expect([result.statusCode, textOf(result), result.headers?.["retry-after"]]).toEqual([
      503,
      expect.stringContaining("busy: The rendition was not ready within the deadline."),
      "2",
    ])
    expect(await renditions.head("360x270/a.jpg")).toBeDefined()
  })
})

describe("the marker of a render", () => {
  const ORIGINAL = { key: "shop/a.jpg", version: "v1" }

  it("a render that has begun and not ended when its call is over has ended the function", async () => {
    let nowMs = 1_000_000
    const renditions = memoryRenditions()
    const markers = createRenderMarkers(
      () => renditions,
      1000,
      () => nowMs,
    )
    expect(markers.hasEnded(ORIGINAL, await markers.find(ORIGINAL.key))).toBe(false)
    await markers.begin(ORIGINAL, undefined, nowMs + 30_000)
    expect(markers.hasEnded(ORIGINAL, await markers.find(ORIGINAL.key))).toBe(false)
    nowMs += 31_000
    const marker = await markers.find(ORIGINAL.key)
    expect(markers.hasEnded(ORIGINAL, marker)).toBe(true)
    expect(markers.hasEnded({ ...ORIGINAL, version: "v2" }, marker)).toBe(false)
    const larger = createRenderMarkers(
      () => renditions,
      2000,
      () => nowMs,
    )
    expect(larger.hasEnded(ORIGINAL, await larger.find(ORIGINAL.key))).toBe(false)
    await markers.end(ORIGINAL)
    expect(markers.hasEnded(ORIGINAL, await markers.find(ORIGINAL.key))).toBe(false)
  })

  it("steady requests for an original that ends functions do not delay its 413", async () => {
    let nowMs = 1_000_000
    const renditions = memoryRenditions()
    const markers = createRenderMarkers(
      () => renditions,
      1000,
      () => nowMs,
    )
    const render = async (): Promise<boolean> => {
      const marker = await markers.find(ORIGINAL.key)
      if (markers.hasEnded(ORIGINAL, marker)) return false
      await markers.begin(ORIGINAL, marker, nowMs + 30_000)
      return true
    }
    const attempts: boolean[] = []
    for (; nowMs < 1_040_000; nowMs += 10_000) attempts.push(await render())
    nowMs += 1
    expect([...attempts, await render()]).toEqual([true, true, true, true, false])
  })

  it("a store that fails makes no marker and throws nothing", async () => {
    const failing = {
      ...memoryRenditions(),
      head: () => Promise.reject(new Error("no")),
      put: () => Promise.reject(new Error("no")),
    }
    const markers = createRenderMarkers(() => failing, 1000, Date.now)
    await markers.begin(ORIGINAL, undefined, 0)
    await markers.end(ORIGINAL)
    expect(markers.hasEnded(ORIGINAL, await markers.find(ORIGINAL.key))).toBe(false)
  })

  it("an original whose render ended a function is 413 until it is replaced, and its marker goes with it", async () => {
    const { handler, config, originals, renditions } = stage()
    originals.set(ORIGINAL.key, await flat({ width: 800, height: 600 }))
    const { version = "" } = (await originals.head(ORIGINAL.key)) ?? {}
    const markers = createRenderMarkers(() => renditions, config.limits.memoryBytes, Date.now)
    await markers.begin({ ...ORIGINAL, version }, undefined, Date.now() - 1000)
    const refused = await handler(eventOf("/shop/360x270/a.jpg"))
    expect([refused.statusCode, textOf(refused)]).toEqual([
      413,
      expect.stringContaining("takes more than the limit of the function's memory or time"),
    ])
    originals.set(ORIGINAL.key, await flat({ width: 801, height: 600 }))
    expect((await handler(eventOf("/shop/360x270/a.jpg"))).statusCode).toBe(200)

    const sync = createSyncHandler(async () => ({ config: { ...config, originals: "s3://shop" }, cdnUrl: "" }))
    await sync({ "detail-type": "Object Deleted", detail: { bucket: { name: "shop" }, object: { key: ORIGINAL.key } } })
    expect(await renditions.head(markerKeyOf(ORIGINAL.key))).toBeUndefined()
  })

  it("an ordinary render writes no marker, and one that takes long writes its begin and its end", async () => {
    const events: string[] = []
    const markers: RenderMarkers = {
      find: async () => undefined,
      hasEnded: () => false,
      begin: async ({ key }) => void events.push(`begin ${key}`),
      end: async ({ key }) => void events.push(`end ${key}`),
    }
    const rendered = { bytes: Uint8Array.of(1), contentType: "image/jpeg", format: "jpeg" } as const
    const session = { estimate: () => 0, render: () => wait(200, rendered), close: () => {} } as Partial<RenderSession>
    const inner = { open: async () => session } as unknown as Renderer
    const originals = memoryOriginals()
    originals.set("a.jpg", Buffer.from("an image"))
    const renderOnce = async (maxEstimateBytes: number): Promise<void> => {
      const options = { maxEstimateBytes, markers, callEndsMs: Date.now }
      const { renderer, watch, idle } = createFunctionRenderer(inner, options)
      const { bytes } = (await watch(originals).get("a.jpg")) ?? { bytes: new Uint8Array() }
      await (await renderer.open(bytes)).render({} as Recipe)
      await idle()
    }
    await renderOnce(Infinity)
    expect(events).toEqual([])
    // This process takes more memory than that already.
    await renderOnce(1)
    expect(events).toEqual(["begin a.jpg", "end a.jpg"])
  })
})
