/** Tests of the function for S3 Batch Operations: rendered and skipped keys, and its results. Real renders; one test uses a real S3 server. */
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

describe("the batch function", () => {
  it("a task renders every rendition that pages can request, and none that is stored", async () => {
    const { call, originals, stored } = stage()
    originals.set(PHOTO, await flat({ width: 800, height: 600 }))
    const event = await fixture<BatchEvent>("batch-1")
    expect(await call(event)).toEqual({
      invocationSchemaVersion: "1.0",
      invocationId: event.invocationId,
      treatMissingKeysAs: "TemporaryFailure",
      results: [
        { taskId: "dGFza2lkZ29lc2hlcmUK", resultCode: "Succeeded", resultString: "rendered 5, stored before 0" },
      ],
    })
    expect(await stored()).toEqual(ALL)
    expect(await outcomeOf(call, event)).toMatchObject({ resultString: "rendered 0, stored before 5" })
    originals.set(PHOTO, await flat({ colour: BLUE }))
    expect(await outcomeOf(call, event)).toMatchObject({ resultString: "rendered 5, stored before 0" })
  })

  it("a task is not refused by a full queue", async () => {
    const { call, originals } = stage({ limits: { cacheBytes: 0, renders: 1, queue: 0 } })
    originals.set(PHOTO, await flat())
    expect(await outcomeOf(call, eventFor(encodeURIComponent(PHOTO)))).toMatchObject({
      resultString: "rendered 5, stored before 0",
    })
  })

  it("a task starts no further render once the store has failed", async () => {
    let writes = 0
    const { call, originals } = stage({ limits: { cacheBytes: 0, renders: 1 } }, (store) => ({
      ...store,
      put: (...given) => ((writes += 1) === 1 ? Promise.reject(new Error("no")) : store.put(...given)),
    }))
    originals.set(PHOTO, await flat())
    expect(await outcomeOf(call, await fixture<BatchEvent>("batch-1"))).toMatchObject({
      resultCode: "TemporaryFailure",
    })
    // The four concurrent renders, and not the fifth.
    expect(writes).toBe(ALL.length - 1)
  })

  it("the arguments of a job select sizes and formats", async () => {
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

  it("a plus in a key is read as the space or the plus of the original that exists", async () => {
    for (const key of ["a b.jpg", "a+b.jpg"]) {
      const { call, originals, stored } = stage()
      originals.set(key, await flat())
      expect(await outcomeOf(call, eventFor("a+b.jpg"))).toMatchObject({ resultCode: "Succeeded" })
      expect(await stored()).toContain(`90w/${key}`)
    }
  })

  it("a task renders no format of an original whose base URL is not negotiated", async () => {
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
    ["a rendition in a shared bucket", "produs_227613/90w/a.jpg", { sharedStore: true }],
    ["an object of another bucket", "a.jpg", { originals: "s3://another", s3Region: "eu-central-1" }],
  ])("a task skips %s", async (_, key, more) => {
    const { call, stored } = stage(more)
    expect(await outcomeOf(call, eventFor(key))).toMatchObject({
      resultCode: "Succeeded",
      resultString: "skipped: not an original",
    })
    expect(await stored()).toEqual([])
  })

  it.each([
    ["absent", undefined, "original-not-found"],
    ["not an image", Buffer.from("a letter to a customer"), "unsupported-original"],
  ])("a task fails permanently if the original is %s", async (_, bytes, code) => {
    const { call, originals, stored } = stage()
    if (bytes) originals.set("a.jpg", bytes)
    expect(await outcomeOf(call, eventFor("a.jpg"))).toMatchObject({
      resultCode: "PermanentFailure",
      resultString: expect.stringContaining(`${code}: `) as string,
    })
    expect(await stored()).toEqual([])
  })

  it("a task fails temporarily if the store fails, and its repetition resumes", async () => {
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
      resultString: `rendered ${ALL.length - before}, stored before ${before}`,
    })
    expect(await stored()).toEqual(ALL)
  })

  it("a task fails temporarily if the time of the call is over, and its repetition resumes", async () => {
    let release = (): void => {}
    const held = new Promise<void>((done) => (release = done))
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
    const end = Date.now() + 4000
    const context = { getRemainingTimeInMillis: () => end - Date.now() }
    expect(await outcomeOf(call, event, context)).toMatchObject({
      resultCode: "TemporaryFailure",
      resultString: "out of time; the renditions so far are stored",
    })
    expect((await stored()).length).toBe(ALL.length - 1)
    release()
    expect(await outcomeOf(call, event)).toMatchObject({ resultCode: "Succeeded" })
    expect(await stored()).toEqual(ALL)
  })
})

describe.skipIf(versitygw === undefined)("the batch function on a real S3 server", () => {
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

  it("a task reads the bucket of originals and writes to that of renditions", async () => {
    for (const bucket of ["shop", "renditions"]) await server.createBucket(bucket)
    await server.putObject("shop", PHOTO, await flat({ width: 800, height: 600, colour: BLUE }))
    const locations = { originals: "s3://shop", renditions: "s3://renditions", s3Endpoint: server.endpoint }
    const { call } = stage(locations)
    const event = await fixture<BatchEvent>("batch-1")
    expect(await outcomeOf(call, event)).toMatchObject({ resultString: "rendered 5, stored before 0" })
    expect(await server.keysIn("renditions")).toEqual(ALL)
    const bytes = Buffer.from(await (await server.ask("renditions", ALL[0] ?? "")).arrayBuffer())
    expect(colourDistance(await colourAt(bytes, 0.5, 0.5), BLUE)).toBeLessThan(12)
    expect(await outcomeOf(call, event)).toMatchObject({ resultString: "rendered 0, stored before 5" })
  })
})
