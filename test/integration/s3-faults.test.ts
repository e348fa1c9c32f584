/** Whatever S3 or the network does, a call ends within its limit with a documented error, nothing half is given or stored, and it recovers. */
import sharp from "sharp"
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest"

import { createTailor, type Tailor } from "../../src/create-tailor.ts"
import type { RequestReport } from "../../src/hooks.ts"
import { s3Originals, s3Renditions } from "../../src/store/s3/s3.ts"
import type { S3Options } from "../../src/store/s3/s3.ts"
import type { Originals, RenditionMeta, Renditions } from "../../src/store/store.ts"
import { type Fault, type FaultyS3, startFaultyS3 } from "../support/faulty-s3.ts"
import { ROOT, type S3Server, startVersitygw, versitygw } from "../support/versitygw.ts"

const BUCKET = "shop"
const TIMEOUTS = { idleMs: 250, attemptMs: 600, callMs: 2000 }
const RETRIES = { attempts: 2, baseMs: 5, longestMs: 20 }
const BYTES = Buffer.alloc(200_000, "photo")
const META: RenditionMeta = {
  original: "a.jpg",
  version: "1",
  kind: "jpeg",
  recipeId: "r",
  etag: '"e"',
  contentType: "image/webp",
  modifiedMs: 1_700_000_000_000,
}

let server: S3Server
let faulty: FaultyS3
let photo: Buffer
beforeAll(async () => {
  if (versitygw === undefined) return
  photo = await sharp({ create: { width: 800, height: 600, channels: 3, background: "#c03040" } })
    .jpeg()
    .toBuffer()
  server = await startVersitygw()
  faulty = await startFaultyS3(server.endpoint)
  await server.createBucket(BUCKET)
  await server.putObject(BUCKET, "a.jpg", BYTES)
})
afterEach(() => {
  vi.useRealTimers()
  faulty?.heal()
})
afterAll(async () => {
  await faulty?.close()
  await server?.stop()
})

const options = (more: Partial<S3Options> = {}): S3Options => ({
  bucket: BUCKET,
  endpoint: faulty.endpoint,
  credentials: ROOT,
  timeouts: TIMEOUTS,
  retries: RETRIES,
  ...more,
})

interface Stores {
  readonly originals: Originals
  readonly renditions: Renditions
}

const stores = (more?: Partial<S3Options>): Stores => ({
  originals: s3Originals(options(more)),
  renditions: s3Renditions(options(more)),
})

/** Every kind of call, by name. */
const CALLS: Readonly<Record<string, (stores: Stores) => Promise<unknown>>> = {
  "head of an original": ({ originals }) => originals.head("a.jpg"),
  "get of an original": ({ originals }) => originals.get("a.jpg"),
  "head of a rendition": ({ renditions }) => renditions.head("a.jpg"),
  "get of a rendition": ({ renditions }) => renditions.get("a.jpg"),
  put: ({ renditions }) => renditions.put("360x270/put.jpg", BYTES, META),
  delete: ({ renditions }) => renditions.delete(["360x270/absent.jpg"]),
  list: async ({ originals }) => {
    for await (const key of originals.list?.("") ?? []) expect(key).toBeTypeOf("string")
  },
}

const FAULTS: readonly (readonly [name: string, fault: Fault, code: string])[] = [
  ["no byte ever", { kind: "silence" }, "store-unavailable"],
  ["a byte now and then", { kind: "drip", everyMs: 50 }, "store-unavailable"],
  ["a body cut half-way", { kind: "cut" }, "store-unavailable"],
  ["a body cut half-way whose length was not announced", { kind: "cut chunks" }, "store-unavailable"],
  ["a body of which neither length nor end is told", { kind: "no length" }, "store-unavailable"],
  ["a reset connection", { kind: "reset" }, "store-unavailable"],
  ["500 InternalError", { kind: "error", status: 500, code: "InternalError" }, "store-unavailable"],
  ["503 SlowDown", { kind: "error", status: 503, code: "SlowDown" }, "store-unavailable"],
  ["429 of another server", { kind: "page", status: 429 }, "store-unavailable"],
  ["502 of a proxy", { kind: "page", status: 502 }, "store-unavailable"],
  ["400 RequestTimeout", { kind: "error", status: 400, code: "RequestTimeout" }, "store-unavailable"],
  ["403 SignatureDoesNotMatch", { kind: "error", status: 403, code: "SignatureDoesNotMatch" }, "store-denied"],
  ["403 InvalidAccessKeyId", { kind: "error", status: 403, code: "InvalidAccessKeyId" }, "store-denied"],
  ["400 ExpiredToken", { kind: "error", status: 400, code: "ExpiredToken" }, "store-denied"],
  ["403 RequestTimeTooSkewed", { kind: "error", status: 403, code: "RequestTimeTooSkewed" }, "store-denied"],
  ["404 NoSuchBucket", { kind: "error", status: 404, code: "NoSuchBucket" }, "store-unavailable"],
  ["301 PermanentRedirect", { kind: "error", status: 301, code: "PermanentRedirect" }, "store-denied"],
  ["418 of who knows what", { kind: "error", status: 418, code: "Teapot" }, "store-unavailable"],
]

/** These have a body to be cut or delayed; the others never get as far. */
const WITH_BODY = new Set(["head of an original", "get of an original", "get of a rendition", "list"])
const NEEDS_BODY = new Set<Fault["kind"]>(["cut", "cut chunks", "drip", "no length"])

describe.skipIf(versitygw === undefined)("a call to S3", () => {
  const rows = FAULTS.flatMap(([name, fault, code]) =>
    Object.keys(CALLS)
      .filter((call) => !NEEDS_BODY.has(fault.kind) || (WITH_BODY.has(call) && !call.startsWith("head")))
      .map((call) => ({ name, fault, code, call })),
  )

  it.each(rows)("$call: $name is $code, and the next one works", async ({ fault, code, call }) => {
    const opened = stores()
    faulty.fail(fault)
    await expect(CALLS[call]?.(opened)).rejects.toMatchObject({ code })
    faulty.heal()
    await CALLS[call]?.(opened)
    await server.deleteObject(BUCKET, "360x270/put.jpg")
  })

  it.each(Object.keys(CALLS))("%s: nobody listening is store-unavailable, and the next one works", async (call) => {
    const opened = stores()
    await faulty.close()
    await expect(CALLS[call]?.(opened)).rejects.toMatchObject({ code: "store-unavailable" })
    await faulty.open()
    await CALLS[call]?.(opened)
  })

  it.each([
    ["reset", { kind: "reset" } as const],
    ["SlowDown", { kind: "error", status: 503, code: "SlowDown" } as const],
    ["a cut body", { kind: "cut" } as const],
    ["silence", { kind: "silence" } as const],
  ])("is made again after %s, as often as it may be", async (_, fault) => {
    const { originals } = stores({ retries: { ...RETRIES, attempts: 3 } })
    faulty.takeLog()
    faulty.fail(fault, { times: 2 })
    expect((await originals.get("a.jpg"))?.bytes).toEqual(BYTES)
    expect(faulty.takeLog()).toEqual(Array.from({ length: 3 }, () => `GET /${BUCKET}/a.jpg`))
  })

  it.each([
    ["silence", { kind: "silence" } as const, "no byte for 250 ms"],
    ["slowness", { kind: "drip", everyMs: 50 } as const, "not over after 600 ms"],
  ])("is called off after %s by a limit of its own, long before the call's", async (_, fault, reason) => {
    const { originals } = stores({ timeouts: { ...TIMEOUTS, callMs: 60_000 } })
    faulty.fail(fault)
    await expect(originals.get("a.jpg")).rejects.toMatchObject({
      code: "store-unavailable",
      message: expect.stringContaining(reason),
    })
  })

  it("is called off as a whole, and says what it ran into", async () => {
    const { originals } = stores({ retries: { attempts: 1000, baseMs: 50, longestMs: 50 } })
    faulty.fail({ kind: "error", status: 503, code: "SlowDown" })
    await expect(originals.get("a.jpg")).rejects.toMatchObject({ message: expect.stringContaining("SlowDown") })
  })

  it("stores what was sent or nothing", async () => {
    faulty.fail({ kind: "tamper" }, { methods: ["PUT"] })
    const put = stores().renditions.put("360x270/tampered.jpg", Buffer.from("a picture"), META)
    await expect(put).rejects.toMatchObject({ code: "store-unavailable" })
    expect(await server.keysIn(BUCKET)).not.toContain("360x270/tampered.jpg")
  })

  it("is not made again where asking again cannot help", async () => {
    faulty.takeLog()
    faulty.fail({ kind: "error", status: 403, code: "SignatureDoesNotMatch" })
    await expect(stores().originals.get("a.jpg")).rejects.toMatchObject({ code: "store-denied" })
    expect(faulty.takeLog()).toHaveLength(1)
  })

  it("ends with the caller's reason when the caller's time is over", async () => {
    faulty.fail({ kind: "silence" })
    const reason = new Error("the deadline")
    const controller = new AbortController()
    const call = stores({ timeouts: { idleMs: 60_000, attemptMs: 60_000, callMs: 60_000 } }).originals.get("a.jpg", {
      signal: controller.signal,
    })
    setTimeout(() => controller.abort(reason), 50)
    await expect(call).rejects.toBe(reason)
  })

  it("does not begin for a caller who has left", async () => {
    faulty.takeLog()
    await expect(stores().originals.get("a.jpg", { signal: AbortSignal.abort() })).rejects.toMatchObject({
      name: "AbortError",
    })
    expect(faulty.takeLog()).toEqual([])
  })

  it("with a clock that is wrong is store-denied, and says what the clock says", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() - 3_600_000 })
    const call = stores().originals.get("a.jpg")
    await expect(call).rejects.toMatchObject({ code: "store-denied", message: expect.stringContaining("clock") })
    vi.useRealTimers()
    expect((await stores().originals.get("a.jpg"))?.bytes.length).toBe(BYTES.length)
  })

  it("with keys that nobody has, or a wrong secret, is store-denied", async () => {
    for (const credentials of [
      { accessKeyId: "nobody", secretAccessKey: "x" },
      { ...ROOT, secretAccessKey: "wrong" },
    ])
      for (const call of Object.values(CALLS))
        await expect(call(stores({ credentials }))).rejects.toMatchObject({ code: "store-denied" })
  })

  it("to a bucket that is not there is store-unavailable, never absent, and works once it is", async () => {
    const opened = stores({ bucket: "later" })
    for (const call of [
      "head of an original",
      "get of an original",
      "head of a rendition",
      "get of a rendition",
      "put",
    ])
      await expect(CALLS[call]?.(opened)).rejects.toMatchObject({
        code: "store-unavailable",
        message: expect.stringContaining("NoSuchBucket"),
      })
    await server.createBucket("later")
    expect(await opened.originals.head("a.jpg")).toBeUndefined()
  })

  it("refuses an original over the limit by its announced length, before reading it", async () => {
    const { originals } = stores()
    await expect(originals.get("a.jpg", { maxBytes: BYTES.length - 1 })).rejects.toMatchObject({
      code: "original-too-large",
    })
    expect((await originals.get("a.jpg", { maxBytes: BYTES.length }))?.bytes.length).toBe(BYTES.length)
  })
})

describe.skipIf(versitygw === undefined)("a tailor on S3", () => {
  let reports: RequestReport[] = []
  const open = (deadlineMs = 5000): Tailor => {
    reports = []
    return createTailor(
      { ...stores(), sizes: ["200x150"], formats: [], limits: { deadlineMs, cacheBytes: 0 } },
      { onRequest: (report) => void reports.push(report) },
    )
  }
  const statusOf = async (tailor: Tailor, path: string): Promise<number> => {
    const response = await tailor.fetch(new Request(`http://localhost/${path}`))
    await response.arrayBuffer()
    return response.status
  }

  it.each([
    ["silence", { kind: "silence" }, 502],
    ["a dripping body", { kind: "drip", everyMs: 50 }, 502],
    ["a cut body", { kind: "cut" }, 502],
    ["500", { kind: "error", status: 500, code: "InternalError" }, 502],
    ["SlowDown", { kind: "error", status: 503, code: "SlowDown" }, 502],
    ["a bad signature", { kind: "error", status: 403, code: "SignatureDoesNotMatch" }, 500],
    ["a missing bucket", { kind: "error", status: 404, code: "NoSuchBucket" }, 502],
  ] as const)("answers %s as documented, stores nothing, and recovers", async (name, fault, status) => {
    const key = `${name.replaceAll(" ", "-")}.jpg`
    await server.putObject(BUCKET, key, photo)
    const tailor = open()
    faulty.fail(fault)
    expect(await statusOf(tailor, `200x150/${key}`)).toBe(status)
    await tailor.idle()
    expect(await server.keysIn(BUCKET)).not.toContain(`200x150/${key}`)
    faulty.heal()
    expect(await statusOf(tailor, `200x150/${key}`)).toBe(200)
    await tailor.idle()
    expect(await server.keysIn(BUCKET)).toContain(`200x150/${key}`)
  })

  it.each(["silence", "reset"] as const)(
    "answers a rendition that cannot be stored for %s, and says so",
    async (kind) => {
      await server.putObject(BUCKET, `unstored-${kind}.jpg`, photo)
      const tailor = open()
      faulty.fail({ kind }, { methods: ["PUT"] })
      expect(await statusOf(tailor, `200x150/unstored-${kind}.jpg`)).toBe(200)
      await tailor.idle()
      expect(reports.at(-1)?.storeFailure).toContain("200x150")
      expect(await server.keysIn(BUCKET)).not.toContain(`200x150/unstored-${kind}.jpg`)
    },
  )

  it("waits no longer than its deadline for a store that is slower, and answers busy", async () => {
    await server.putObject(BUCKET, "slow.jpg", photo)
    faulty.fail({ kind: "silence" })
    const slow = { timeouts: { idleMs: 2000, attemptMs: 2000, callMs: 2000 } }
    const tailor = createTailor({ ...stores(slow), sizes: ["200x150"], limits: { deadlineMs: 100 } })
    expect(await statusOf(tailor, "200x150/slow.jpg")).toBe(503)
  })
})
