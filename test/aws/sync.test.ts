/** Which renditions an event of the bucket deletes, in each of the shapes that events come in. Stores in memory, handlers as they are. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest"

import type { BatchEvent } from "../../src/aws/batch-events.ts"
import type { Distribution } from "../../src/aws/function-config.ts"
import type { SyncEvent } from "../../src/aws/object-events.ts"
import { createSyncHandler, type SyncHandler } from "../../src/aws/sync.ts"
import { environment } from "../../src/config/load.ts"
import type { TailorOptions } from "../../src/config/options.ts"
import { resolveConfig } from "../../src/config/resolve.ts"
import { memoryRenditions } from "../../src/store/memory.ts"
import { cacheTagOf } from "../../src/store/s3/record.ts"
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
const OF_IT = [
  "produs_227613/360x270/größe 1+1.jpg",
  "produs_227613/360x270/größe 1+1.jpg.webp",
  "produs_227613/90w/größe 1+1.jpg",
  "produs_227613/info/größe 1+1.jpg.json",
]
const OTHERS = [PHOTO, "produs_227613/360x270/größe 1 1.jpg", "produs_227613/400w/größe 1+1.jpg"]

interface Stage {
  readonly call: SyncHandler
  readonly left: () => Promise<readonly string[]>
}

const stage = async (
  more: Partial<TailorOptions> = {},
  wrap: (store: Renditions) => Renditions = (store) => store,
  distribution?: Distribution,
): Promise<Stage> => {
  const store = memoryRenditions()
  for (const key of [...OF_IT, ...OTHERS]) await store.put(key, Uint8Array.of(1), META)
  const options = { originals: "s3://shop", renditions: wrap(store), sizes: ["360x270"], retired: { sizes: ["90w"] } }
  const config = resolveConfig({ s3Region: "eu-central-1", ...options, ...more }, environment())
  const left = async (): Promise<readonly string[]> => {
    const keys: string[] = []
    for await (const key of store.list?.("") ?? []) keys.push(key)
    return keys.toSorted()
  }
  return { call: createSyncHandler(async () => ({ config, cdnUrl: "", distribution })), left }
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
  ])("deletes all that was made of the original of %s, and nothing else", async (name) => {
    const { call, left } = await stage()
    expect(await call(await fixture<SyncEvent>(name))).toEqual({ originals: [PHOTO], deleted: OF_IT.length })
    expect(await left()).toEqual(OTHERS.toSorted())
  })

  it("takes what comes through a topic, by itself or by a queue that listens to it", async () => {
    const Message = JSON.stringify(await fixture<SyncEvent>("s3-created"))
    const body = JSON.stringify({ Type: "Notification", MessageId: "m", TopicArn: "arn:aws:sns:::t", Message })
    for (const record of [{ Sns: { Message } }, { body }, { body: Message }]) {
      const { call } = await stage()
      expect(await call({ Records: [record] })).toEqual({ originals: [PHOTO], deleted: OF_IT.length })
    }
  })

  it.each(["s3-test", "s3-tagged"])("does nothing for %s", async (name) => {
    const { call, left } = await stage()
    expect(await call(await fixture<SyncEvent>(name))).toEqual({ originals: [], deleted: 0 })
    expect((await left()).length).toBe(OF_IT.length + OTHERS.length)
  })

  it("does nothing for its own renditions' events in a bucket that has both", async () => {
    const { call, left } = await stage({ sharedStore: true })
    expect(await call(await fixture<SyncEvent>("s3-own-rendition"))).toEqual({ originals: [], deleted: 0 })
    expect((await left()).length).toBe(OF_IT.length + OTHERS.length)
  })

  it("does the same again for an event that comes twice", async () => {
    const { call } = await stage()
    const event = await fixture<SyncEvent>("s3-created")
    await call(event)
    expect(await call(event)).toEqual({ originals: [PHOTO], deleted: 0 })
  })

  it("looks once for an original that one event names twice", async () => {
    const { call } = await stage()
    const { Records = [] } = await fixture<SyncEvent>("s3-created")
    expect(await call({ Records: [...Records, ...Records] })).toEqual({ originals: [PHOTO], deleted: OF_IT.length })
  })

  it.each([
    ["ObjectCreated:Put", "a+b%2Bc.jpg", ["a b+c.jpg"]],
    ["ObjectCreated:Put", "100%25.jpg", ["100%.jpg"]],
    ["s3:ObjectCreated:Put", "a+b.jpg", ["a b.jpg", "a+b.jpg"]],
    ["s3:ObjectCreated:Put", "a b+c.jpg", ["a b+c.jpg"]],
    ["s3:ObjectCreated:Put", "100%.jpg", ["100%.jpg"]],
    ["s3:ObjectCreated:Put", "plain.jpg", ["plain.jpg"]],
  ])("reads a key as whoever sent %s %s may have meant it", async (eventName, key, originals) => {
    const { call } = await stage()
    const record = { eventName, s3: { bucket: { name: "shop" }, object: { key } } }
    expect((await call({ Records: [record] })).originals).toEqual(originals)
  })

  it("leaves other buckets alone, and what lies outside the originals' prefix", async () => {
    const event = await fixture<SyncEvent>("s3-created")
    for (const originals of ["s3://another", "s3://shop/elsewhere"]) {
      const { call, left } = await stage({ originals })
      expect(await call(event)).toEqual({ originals: [], deleted: 0 })
      expect((await left()).length).toBe(OF_IT.length + OTHERS.length)
    }
  })

  it("takes the prefix off the key", async () => {
    const { call } = await stage({ originals: "s3://shop/produs_227613" })
    expect(await call(await fixture<SyncEvent>("eventbridge-created"))).toMatchObject({ originals: ["größe 1+1.jpg"] })
  })

  it("fails, so that Lambda calls again, where a store does, after all others were dealt with", async () => {
    const broken = (store: Renditions): Renditions => ({
      ...store,
      delete: (keys, options) =>
        keys[0]?.includes("broken") ? Promise.reject(new Error("no")) : store.delete(keys, options),
    })
    const { call, left } = await stage({}, broken)
    const { Records = [] } = await fixture<SyncEvent>("s3-created")
    const [record] = Records
    const bad = {
      eventName: record?.eventName ?? "",
      s3: { bucket: { name: "shop" }, object: { key: "broken/a.jpg" } },
    }
    await expect(call({ Records: [bad, ...Records] })).rejects.toThrow("1 of 2 failed")
    expect(await left()).toEqual(OTHERS.toSorted())
  })
})

describe.skipIf(motoServer === undefined)("the CDN", () => {
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

  it("forgets an original once a call, with all others of the call, whether or not anything was stored", async () => {
    const { call } = await stage({}, same, distribution)
    const { Records = [] } = await fixture<SyncEvent>("s3-created")
    const other = {
      eventName: "ObjectRemoved:Delete",
      s3: { bucket: { name: "shop" }, object: { key: "never/made.jpg" } },
    }
    const result = await call({ Records: [...Records, other, ...Records] })
    expect(result).toMatchObject({ originals: [PHOTO, "never/made.jpg"], invalidation: expect.any(String) as string })
    expect(await moto.invalidationsOf(distribution.id)).toEqual([[TAG, `#${cacheTagOf("never/made.jpg")}`]])
  })

  it.each(["s3-test", "s3-tagged", "s3-own-rendition"])("is not asked for %s", async (name) => {
    const { call } = await stage({ sharedStore: true }, same, distribution)
    expect(await call(await fixture<SyncEvent>(name))).toEqual({ originals: [], deleted: 0 })
    expect(await moto.invalidationsOf(distribution.id)).toEqual([])
  })

  it("is asked after all was deleted; the call fails where it refuses, and all is done by the next", async () => {
    const { call, left } = await stage({}, same, { ...distribution, id: "E0" })
    const event = await fixture<SyncEvent>("s3-created")
    await expect(call(event)).rejects.toMatchObject({ code: "store-unavailable" })
    expect(await left()).toEqual(OTHERS.toSorted())
    const { call: again } = await stage({}, same, distribution)
    expect(await again(event)).toMatchObject({ originals: [PHOTO], deleted: OF_IT.length })
    expect(await moto.invalidationsOf(distribution.id)).toEqual([[TAG]])
  })

  it("forgets what one original was made of where another could not be purged", async () => {
    const broken = (store: Renditions): Renditions => ({
      ...store,
      delete: (keys, options) =>
        keys[0]?.includes("broken") ? Promise.reject(new Error("no")) : store.delete(keys, options),
    })
    const { call } = await stage({}, broken, distribution)
    const { Records = [] } = await fixture<SyncEvent>("s3-created")
    const bad = { eventName: "ObjectCreated:Put", s3: { bucket: { name: "shop" }, object: { key: "broken/a.jpg" } } }
    await expect(call({ Records: [bad, ...Records] })).rejects.toThrow("1 of 2 failed")
    expect(await moto.invalidationsOf(distribution.id)).toEqual([[TAG]])
  })

  it("forgets the originals of a manifest", async () => {
    const { call, left } = await stage({}, same, distribution)
    const { results } = await call(await fixture<BatchEvent>("batch-2"))
    expect(results).toEqual([{ taskId: "dGFza2lkZ29lc2hlcmUK", resultCode: "Succeeded", resultString: "deleted 4" }])
    expect(await left()).toEqual(OTHERS.toSorted())
    expect(await moto.invalidationsOf(distribution.id)).toEqual([[TAG]])
  })

  it("is tried again for a manifest's original where it refuses", async () => {
    const { call } = await stage({}, same, { ...distribution, id: "E0" })
    const { results } = await call(await fixture<BatchEvent>("batch-1"))
    expect(results.map(({ resultCode }) => resultCode)).toEqual(["TemporaryFailure"])
  })
})
