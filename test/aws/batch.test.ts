/** S3 Batch Operations warms originals: what is made, what is left alone, and what it is told. Real renders; a real S3 server once. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest"

import { type BatchEvent, type BatchOutcome } from "../../src/aws/batch-events.ts"
import { type BatchHandler, createBatchHandler } from "../../src/aws/batch.ts"
import { environment } from "../../src/config/load.ts"
import type { TailorOptions } from "../../src/config/options.ts"
import { resolveConfig } from "../../src/config/resolve.ts"
import { memoryOriginals, type MemoryOriginals, memoryRenditions } from "../../src/store/memory.ts"
import type { Renditions } from "../../src/store/store.ts"
import { BLUE, colourAt, colourDistance, flat } from "../support/photos.ts"
import { ROOT, type S3Server, startVersitygw, versitygw } from "../support/versitygw.ts"
import { fixture } from "./fixture.ts"

beforeEach(() => {
  vi.spyOn(process.stdout, "write").mockReturnValue(true)
})
afterEach(() => {
  vi.restoreAllMocks()
})

const PHOTO = "produs_227613/größe 1+1.jpg"
const ALL = [
  "produs_227613/360x270/größe 1+1.jpg",
  "produs_227613/360x270/größe 1+1.jpg.webp",
  "produs_227613/90w/größe 1+1.jpg",
  "produs_227613/90w/größe 1+1.jpg.webp",
  "produs_227613/info/größe 1+1.jpg.json",
]

interface Stage {
  readonly call: BatchHandler
  readonly originals: MemoryOriginals
  readonly stored: () => Promise<readonly string[]>
}

const stage = (
  more: Partial<TailorOptions> = {},
  wrap: (store: Renditions) => Renditions = (store) => store,
): Stage => {
  const originals = memoryOriginals()
  const store = memoryRenditions()
  const options = {
    originals,
    renditions: wrap(store),
    sizes: ["360x270", "90w"],
    formats: ["webp"] as const,
    limits: { cacheBytes: 0 },
  }
  const config = resolveConfig({ ...options, ...more }, environment())
  const stored = async (): Promise<readonly string[]> => {
    const keys: string[] = []
    for await (const key of store.list?.("") ?? []) keys.push(key)
    return keys.toSorted()
  }
  return { call: createBatchHandler(async () => ({ config, cdnUrl: "" })), originals, stored }
}

const eventFor = (s3Key: string, userArguments: Readonly<Record<string, string>> = {}): BatchEvent => ({
  invocationSchemaVersion: "2.0",
  invocationId: "i",
  job: { id: "j", userArguments },
  tasks: [{ taskId: "t", s3Key, s3VersionId: null, s3Bucket: "shop" }],
})

const outcomeOf = async (call: BatchHandler, ...given: Parameters<BatchHandler>): Promise<BatchOutcome | undefined> =>
  (await call(...given)).results[0]

describe("a task", () => {
  it("makes all that pages can ask for, and nothing that is there", async () => {
    const { call, originals, stored } = stage()
    originals.set(PHOTO, await flat({ width: 800, height: 600 }))
    const event = await fixture<BatchEvent>("batch-1")
    expect(await call(event)).toEqual({
      invocationSchemaVersion: "1.0",
      invocationId: event.invocationId,
      treatMissingKeysAs: "TemporaryFailure",
      results: [{ taskId: "dGFza2lkZ29lc2hlcmUK", resultCode: "Succeeded", resultString: "made 5, stored before 0" }],
    })
    expect(await stored()).toEqual(ALL)
    expect(await outcomeOf(call, event)).toMatchObject({ resultString: "made 0, stored before 5" })
    originals.set(PHOTO, await flat({ colour: BLUE }))
    expect(await outcomeOf(call, event)).toMatchObject({ resultString: "made 5, stored before 0" })
  })

  it("needs no place in the queue of visitors", async () => {
    const { call, originals } = stage({ limits: { cacheBytes: 0, renders: 1, queue: 0 } })
    originals.set(PHOTO, await flat())
    expect(await outcomeOf(call, eventFor(encodeURIComponent(PHOTO)))).toMatchObject({
      resultString: "made 5, stored before 0",
    })
  })

  it("makes nothing more once the store has failed", async () => {
    let writes = 0
    const { call, originals } = stage({ limits: { cacheBytes: 0, renders: 1 } }, (store) => ({
      ...store,
      put: (...given) => ((writes += 1) === 1 ? Promise.reject(new Error("no")) : store.put(...given)),
    }))
    originals.set(PHOTO, await flat())
    expect(await outcomeOf(call, await fixture<BatchEvent>("batch-1"))).toMatchObject({
      resultCode: "TemporaryFailure",
    })
    // Those that were begun with the first, and not the fifth.
    expect(writes).toBe(ALL.length - 1)
  })

  it("is narrowed by the job's arguments", async () => {
    const { call, originals, stored } = stage()
    originals.set(PHOTO, await flat())
    expect(await call(await fixture<BatchEvent>("batch-2"))).toMatchObject({ invocationSchemaVersion: "2.0" })
    expect(await stored()).toEqual([ALL[0]])
    await call({ ...eventFor(encodeURIComponent(PHOTO), { sizes: "info, 90w", formats: "webp" }) })
    expect(await stored()).toEqual([ALL[0], ALL[3], ALL[4]])
    expect(await outcomeOf(call, eventFor(encodeURIComponent(PHOTO), { sizes: "91w" }))).toEqual({
      taskId: "t",
      resultCode: "PermanentFailure",
      resultString: `size-not-allowed: "91w" is not on the list of sizes. Expected some of 360x270, 90w, info.`,
    })
  })

  it("takes a plus for what is there: a space, or a plus", async () => {
    for (const key of ["a b.jpg", "a+b.jpg"]) {
      const { call, originals, stored } = stage()
      originals.set(key, await flat())
      expect(await outcomeOf(call, eventFor("a+b.jpg"))).toMatchObject({ resultCode: "Succeeded" })
      expect(await stored()).toContain(`90w/${key}`)
    }
  })

  it("makes no format of a name whose base address is not negotiated", async () => {
    const { call, originals, stored } = stage()
    originals.set("a.webp", await flat({ format: "webp" }))
    originals.set("b", await flat())
    for (const key of ["a.webp", "b"]) await call(eventFor(key))
    expect(await stored()).toEqual([
      "360x270/a.webp",
      "360x270/b",
      "90w/a.webp",
      "90w/b",
      "info/a.webp.json",
      "info/b.json",
    ])
  })

  it.each([
    ["a folder", "produs_227613/", {}],
    ["a rendition in a bucket that has both", "produs_227613/90w/a.jpg", { sharedStore: true }],
    ["what lies in another bucket", "a.jpg", { originals: "s3://another", s3Region: "eu-central-1" }],
  ])("skips %s", async (_, key, more) => {
    const { call, stored } = stage(more)
    expect(await outcomeOf(call, eventFor(key))).toMatchObject({
      resultCode: "Succeeded",
      resultString: "skipped: no original",
    })
    expect(await stored()).toEqual([])
  })

  it.each([
    ["absent", undefined, "original-not-found"],
    ["no photo", Buffer.from("a letter to a customer"), "unsupported-original"],
  ])("fails for good where the original is %s", async (_, bytes, code) => {
    const { call, originals, stored } = stage()
    if (bytes) originals.set("a.jpg", bytes)
    expect(await outcomeOf(call, eventFor("a.jpg"))).toMatchObject({
      resultCode: "PermanentFailure",
      resultString: expect.stringContaining(`${code}: `) as string,
    })
    expect(await stored()).toEqual([])
  })

  it("is tried again where the store fails, and goes on from what is stored", async () => {
    let writes = 0
    const failing = (store: Renditions): Renditions => ({
      ...store,
      put: (...given) => ((writes += 1) === 3 ? Promise.reject(new Error("no")) : store.put(...given)),
    })
    const { call, originals, stored } = stage({}, failing)
    originals.set(PHOTO, await flat())
    const event = await fixture<BatchEvent>("batch-1")
    expect(await outcomeOf(call, event)).toMatchObject({ resultCode: "TemporaryFailure" })
    const before = (await stored()).length
    expect(before).toBeLessThan(ALL.length)
    expect(await outcomeOf(call, event)).toMatchObject({
      resultString: `made ${ALL.length - before}, stored before ${before}`,
    })
    expect(await stored()).toEqual(ALL)
  })

  it("is tried again where the call's time is over, and goes on from there", async () => {
    let letGo = (): void => {}
    const held = new Promise<void>((done) => (letGo = done))
    let writes = 0
    const slow = (store: Renditions): Renditions => ({
      ...store,
      put: async (...given) => {
        if ((writes += 1) === 2) await held
        return store.put(...given)
      },
    })
    const { call, originals, stored } = stage({}, slow)
    originals.set(PHOTO, await flat())
    const event = await fixture<BatchEvent>("batch-1")
    const end = Date.now() + 2300
    const context = { getRemainingTimeInMillis: () => end - Date.now() }
    expect(await outcomeOf(call, event, context)).toMatchObject({
      resultCode: "TemporaryFailure",
      resultString: "the call's time is over; what was made is stored",
    })
    expect((await stored()).length).toBe(ALL.length - 1)
    letGo()
    expect(await outcomeOf(call, event)).toMatchObject({ resultCode: "Succeeded" })
    expect(await stored()).toEqual(ALL)
  })
})

describe.skipIf(versitygw === undefined)("a task on a real S3 server", () => {
  let server: S3Server
  beforeAll(async () => {
    if (versitygw === undefined) return
    server = await startVersitygw()
    vi.stubEnv("AWS_KEY", ROOT.accessKeyId)
    vi.stubEnv("AWS_SECRET", ROOT.secretAccessKey)
  })
  afterAll(async () => {
    vi.unstubAllEnvs()
    await server?.stop()
  })

  it("reads the bucket of originals and writes that of renditions", async () => {
    for (const bucket of ["shop", "made"]) await server.createBucket(bucket)
    await server.putObject("shop", PHOTO, await flat({ width: 800, height: 600, colour: BLUE }))
    const places = { originals: "s3://shop", renditions: "s3://made", s3Endpoint: server.endpoint }
    const { call } = stage(places)
    const event = await fixture<BatchEvent>("batch-1")
    expect(await outcomeOf(call, event)).toMatchObject({ resultString: "made 5, stored before 0" })
    expect(await server.keysIn("made")).toEqual(ALL)
    const made = Buffer.from(await (await server.ask("made", ALL[0] ?? "")).arrayBuffer())
    expect(colourDistance(await colourAt(made, 0.5, 0.5), BLUE)).toBeLessThan(12)
    expect(await outcomeOf(call, event)).toMatchObject({ resultString: "made 0, stored before 5" })
  })
})
