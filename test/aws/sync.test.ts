/** Tests of the sync function: the renditions that it deletes for each format of event, and the copies that it invalidates. Stores in memory. */
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { json } from "node:stream/consumers"

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest"

import type { BatchEvent } from "../../src/aws/batch-events.ts"
import type { Distribution, FunctionConfig } from "../../src/aws/function-config.ts"
import type { SyncEvent } from "../../src/aws/object-events.ts"
import { markerKeyOf } from "../../src/aws/render-markers.ts"
import { createSyncHandler, type SyncHandler } from "../../src/aws/sync.ts"
import { environment } from "../../src/config/load.ts"
import type { TailorOptions } from "../../src/config/options.ts"
import { resolveConfig } from "../../src/config/resolve.ts"
import type { OriginalChange } from "../../src/hooks.ts"
import { cacheTagOf } from "../../src/store/cache-tag.ts"
import { memoryRenditions } from "../../src/store/memory.ts"
import type { RenditionMeta, Renditions } from "../../src/store/store.ts"
import { type Moto, motoServer, startMoto } from "../support/moto.ts"
import { fixture } from "./fixture.ts"

beforeEach(() => {
  vi.spyOn(process.stdout, "write").mockReturnValue(true)
})
afterEach(() => {
  vi.restoreAllMocks()
})

const META: RenditionMeta = {
  original: "",
  version: "",
  kind: "jpeg",
  recipeId: "",
  etag: '"a"',
  contentType: "image/jpeg",
  modifiedMs: 0,
}

const PHOTO = "produs_227613/größe 1+1.jpg"
const RENDITIONS = [
  "produs_227613/360x270/größe 1+1.jpg",
  "produs_227613/360x270/größe 1+1.jpg.webp",
  "produs_227613/90w/größe 1+1.jpg",
  "produs_227613/info/größe 1+1.jpg.json",
]
const OTHERS = [PHOTO, "produs_227613/360x270/größe 1 1.jpg", "produs_227613/400w/größe 1+1.jpg"]

interface Stage {
  readonly call: SyncHandler
  readonly store: Renditions
  readonly remaining: () => Promise<readonly string[]>
}

const syncConfig = (
  renditions: Renditions,
  distribution?: Distribution,
  more: Partial<TailorOptions> = {},
): FunctionConfig => {
  const options = { originals: "s3://shop", renditions, sizes: ["360x270"], retired: { sizes: ["90w"] } }
  const config = resolveConfig({ s3Region: "eu-central-1", ...options, ...more }, environment())
  return { config, cdnUrl: "", distribution }
}

const syncOf = (...parts: Parameters<typeof syncConfig>): SyncHandler =>
  createSyncHandler(async () => syncConfig(...parts))

const stage = async (
  more: Partial<TailorOptions> = {},
  wrap: (store: Renditions) => Renditions = (store) => store,
  distribution?: Distribution,
): Promise<Stage> => {
  const store = memoryRenditions()
  for (const key of [...RENDITIONS, ...OTHERS]) await store.put(key, Uint8Array.of(1), META)
  const remaining = async (): Promise<readonly string[]> => {
    const keys: string[] = []
    for await (const key of store.list?.("") ?? []) keys.push(key)
    return keys.toSorted()
  }
  return { call: syncOf(wrap(store), distribution, more), remaining, store }
}

describe("sync", () => {
  it.each([
    "s3-created",
    "s3-removed",
    "s3-versitygw",
    "eventbridge-created",
    "eventbridge-deleted",
    "queue",
    "queue-eventbridge",
  ])("the event %s deletes every rendition of its original, and nothing else", async (name) => {
    const { call, remaining } = await stage()
    expect(await call(await fixture<SyncEvent>(name))).toEqual({ originals: [PHOTO], deleted: RENDITIONS.length })
    expect(await remaining()).toEqual(OTHERS.toSorted())
  })

  it("sync reads events from a topic, directly or through a queue", async () => {
    const Message = JSON.stringify(await fixture<SyncEvent>("s3-created"))
    const body = JSON.stringify({ Type: "Notification", MessageId: "m", TopicArn: "arn:aws:sns:::t", Message })
    for (const record of [{ Sns: { Message } }, { body }, { body: Message }]) {
      const { call } = await stage()
      expect(await call({ Records: [record] })).toEqual({ originals: [PHOTO], deleted: RENDITIONS.length })
    }
  })

  it.each(["s3-test", "s3-tagged"])("the event %s deletes nothing", async (name) => {
    const { call, remaining } = await stage()
    expect(await call(await fixture<SyncEvent>(name))).toEqual({ originals: [], deleted: 0 })
    expect((await remaining()).length).toBe(RENDITIONS.length + OTHERS.length)
  })

  it("an event of a rendition in a shared bucket deletes nothing", async () => {
    const { call, remaining } = await stage({ sharedStore: true })
    expect(await call(await fixture<SyncEvent>("s3-own-rendition"))).toEqual({ originals: [], deleted: 0 })
    expect((await remaining()).length).toBe(RENDITIONS.length + OTHERS.length)
  })

  it("a repeated event is harmless", async () => {
    const { call } = await stage()
    const event = await fixture<SyncEvent>("s3-created")
    await call(event)
    expect(await call(event)).toEqual({ originals: [PHOTO], deleted: 0 })
  })

  it("an original that one event names twice is purged once", async () => {
    const { call } = await stage()
    const { Records = [] } = await fixture<SyncEvent>("s3-created")
    expect(await call({ Records: [...Records, ...Records] })).toEqual({
      originals: [PHOTO],
      deleted: RENDITIONS.length,
    })
  })

  it.each([
    ["ObjectCreated:Put", "a+b%2Bc.jpg", ["a b+c.jpg"]],
    ["ObjectCreated:Put", "100%25.jpg", ["100%.jpg"]],
    ["s3:ObjectCreated:Put", "a+b.jpg", ["a b.jpg", "a+b.jpg"]],
    ["s3:ObjectCreated:Put", "a b+c.jpg", ["a b+c.jpg"]],
    ["s3:ObjectCreated:Put", "100%.jpg", ["100%.jpg"]],
    ["s3:ObjectCreated:Put", "plain.jpg", ["plain.jpg"]],
  ])("a key in %s is decoded like its sender encodes it: %s", async (eventName, key, originals) => {
    const { call } = await stage()
    const record = { eventName, s3: { bucket: { name: "shop" }, object: { key } } }
    expect((await call({ Records: [record] })).originals).toEqual(originals)
  })

  it("an event of another bucket, or outside the prefix of the originals, deletes nothing", async () => {
    const event = await fixture<SyncEvent>("s3-created")
    for (const originals of ["s3://another", "s3://shop/elsewhere"]) {
      const { call, remaining } = await stage({ originals })
      expect(await call(event)).toEqual({ originals: [], deleted: 0 })
      expect((await remaining()).length).toBe(RENDITIONS.length + OTHERS.length)
    }
  })

  it("the prefix is removed from the key", async () => {
    const { call } = await stage({ originals: "s3://shop/produs_227613" })
    expect(await call(await fixture<SyncEvent>("eventbridge-created"))).toMatchObject({ originals: ["größe 1+1.jpg"] })
  })

  it("a call fails if a store fails, after the other originals were purged", async () => {
    const broken = (store: Renditions): Renditions => ({
      ...store,
      delete: (keys, options) =>
        keys[0]?.includes("broken") ? Promise.reject(new Error("no")) : store.delete(keys, options),
    })
    const { call, remaining } = await stage({}, broken)
    const { Records = [] } = await fixture<SyncEvent>("s3-created")
    const [record] = Records
    const bad = {
      eventName: record?.eventName ?? "",
      s3: { bucket: { name: "shop" }, object: { key: "broken/a.jpg" } },
    }
    await expect(call({ Records: [bad, ...Records] })).rejects.toThrow("1 of 2 originals failed")
    expect(await remaining()).toEqual(OTHERS.toSorted())
  })
})

describe("the end of a call of sync", () => {
  it("comes after the changed originals were reported to notify", async () => {
    const reports: { readonly changes: readonly OriginalChange[] }[] = []
    const receiver = createServer((request, response) => {
      void json(request).then((report) => {
        reports.push(report as (typeof reports)[number])
        response.end()
      })
    })
    await new Promise<void>((done) => receiver.listen(0, "127.0.0.1", done))
    onTestFinished(() => void receiver.close())
    const notify = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/purge`
    const { call, store } = await stage({ notify })
    await store.put(markerKeyOf(PHOTO), Uint8Array.of(1), META)
    await call(await fixture<SyncEvent>("s3-created"))
    const originals = reports.flatMap(({ changes }) => changes.map(({ original }) => original))
    expect(originals).toContain(PHOTO)
    expect(originals.filter((original) => original.endsWith(".render"))).toEqual([])
  })

  it("does not keep settings that could not be loaded", async () => {
    let isReadable = false
    const call = createSyncHandler(async () => {
      if (!isReadable) throw new Error("The secret could not be read.")
      return syncConfig(memoryRenditions())
    })
    await expect(call({})).rejects.toThrow("could not be read")
    isReadable = true
    expect(await call({})).toEqual({ originals: [], deleted: 0 })
  })
})

describe.skipIf(motoServer === undefined)("sync behind a CDN", () => {
  let moto: Moto
  let distribution: Distribution
  beforeAll(async () => {
    if (motoServer !== undefined) moto = await startMoto()
  }, 30_000)
  afterAll(() => moto?.stop())
  beforeEach(async () => {
    vi.stubEnv("AWS_KEY", "anybody")
    vi.stubEnv("AWS_SECRET", "anything")
    distribution = { id: await moto.createDistribution(), endpoint: moto.endpoint }
  })
  afterEach(() => {
    vi.unstubAllEnvs()
  })

  const same = (store: Renditions): Renditions => store
  const TAG = `#${cacheTagOf(PHOTO)}`

  const eventFor = (key: string): { readonly eventName: string; readonly s3: object } => ({
    eventName: "ObjectCreated:Put",
    s3: { bucket: { name: "shop" }, object: { key } },
  })

  it("one call invalidates the originals with stored renditions, each once", async () => {
    const { call } = await stage({}, same, distribution)
    const { Records = [] } = await fixture<SyncEvent>("s3-created")
    const result = await call({ Records: [...Records, eventFor("never/rendered.jpg"), ...Records] } as SyncEvent)
    expect(result).toMatchObject({
      originals: [PHOTO, "never/rendered.jpg"],
      invalidation: expect.any(String) as string,
    })
    expect(await moto.invalidationsOf(distribution.id)).toEqual([[TAG]])
  })

  it("a new photo costs no invalidation, and two passes of a replaced one cost one", async () => {
    const { call, remaining } = await stage({}, same, distribution)
    for (const _ of ["first pass", "second pass"])
      expect(await call({ Records: [eventFor("new.jpg")] } as SyncEvent)).toEqual({
        originals: ["new.jpg"],
        deleted: 0,
      })
    const event = await fixture<SyncEvent>("s3-created")
    expect(await call(event)).toMatchObject({ deleted: RENDITIONS.length, invalidation: expect.any(String) as string })
    expect(await call(event)).toEqual({ originals: [PHOTO], deleted: 0 })
    expect(await moto.invalidationsOf(distribution.id)).toEqual([[TAG]])
    expect(await remaining()).toEqual(OTHERS.toSorted())
  })

  it.each(["s3-test", "s3-tagged", "s3-own-rendition"])("the event %s invalidates nothing", async (name) => {
    const { call } = await stage({ sharedStore: true }, same, distribution)
    expect(await call(await fixture<SyncEvent>(name))).toEqual({ originals: [], deleted: 0 })
    expect(await moto.invalidationsOf(distribution.id)).toEqual([])
  })

  it("the next call makes an invalidation that failed after the renditions were deleted", async () => {
    const { call, remaining, store } = await stage({}, same, { ...distribution, id: "E0" })
    const event = await fixture<SyncEvent>("s3-created")
    await expect(call(event)).rejects.toMatchObject({ code: "store-unavailable" })
    expect(await remaining()).toEqual([...OTHERS, "produs_227613/info/größe 1+1.jpg.purge"].toSorted())
    const again = syncOf(store, distribution)
    expect(await again(event)).toMatchObject({
      originals: [PHOTO],
      deleted: 0,
      invalidation: expect.any(String) as string,
    })
    expect(await again(event)).toEqual({ originals: [PHOTO], deleted: 0 })
    expect(await moto.invalidationsOf(distribution.id)).toEqual([[TAG]])
    expect(await remaining()).toEqual(OTHERS.toSorted())
  })

  it("the copies of one original are invalidated even if another could not be purged", async () => {
    const broken = (store: Renditions): Renditions => ({
      ...store,
      delete: (keys, options) =>
        keys[0]?.includes("broken") ? Promise.reject(new Error("no")) : store.delete(keys, options),
    })
    const { call } = await stage({}, broken, distribution)
    const { Records = [] } = await fixture<SyncEvent>("s3-created")
    const bad = { eventName: "ObjectCreated:Put", s3: { bucket: { name: "shop" }, object: { key: "broken/a.jpg" } } }
    await expect(call({ Records: [bad, ...Records] })).rejects.toThrow("1 of 2 originals failed")
    expect(await moto.invalidationsOf(distribution.id)).toEqual([[TAG]])
  })

  it("the originals of a manifest are purged and invalidated", async () => {
    const { call, remaining } = await stage({}, same, distribution)
    const { results } = await call(await fixture<BatchEvent>("batch-2"))
    expect(results).toEqual([{ taskId: "dGFza2lkZ29lc2hlcmUK", resultCode: "Succeeded", resultString: "deleted 4" }])
    expect(await remaining()).toEqual(OTHERS.toSorted())
    expect(await moto.invalidationsOf(distribution.id)).toEqual([[TAG]])
  })

  it("a task of a manifest fails temporarily if the invalidation fails", async () => {
    const { call } = await stage({}, same, { ...distribution, id: "E0" })
    const { results } = await call(await fixture<BatchEvent>("batch-1"))
    expect(results.map(({ resultCode }) => resultCode)).toEqual(["TemporaryFailure"])
  })
})
