/** Tests the S3 stores under faults: every call ends in time with a documented error, nothing incomplete is returned or stored, and the next call works. */
import sharp from "sharp"
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest"

import { createTailor, type Tailor } from "../../src/create-tailor.ts"
import { codeOf } from "../../src/errors.ts"
import type { RequestReport } from "../../src/hooks.ts"
import { s3Originals, s3Renditions } from "../../src/store/s3/s3.ts"
import type { S3Options } from "../../src/store/s3/s3.ts"
import type { Originals, RenditionMeta, Renditions } from "../../src/store/store.ts"
import { type Fault, type FaultyS3, startFaultyS3 } from "../support/faulty-s3.ts"
import { ROOT, type S3Server, startVersitygw, versitygw } from "../support/versitygw.ts"

const BUCKET = "shop"
const TIMEOUTS = { idleMs: 400, attemptMs: 800, callMs: 2000 }
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

/** Every call of the stores, by name. */
const CALLS: Readonly<Record<string, (stores: Stores) => Promise<unknown>>> = {
  "head of an original": ({ originals }) => originals.head("a.jpg"),
  "get of an original": ({ originals }) => originals.get("a.jpg"),
  "head of a rendition": ({ renditions }) => renditions.head("a.jpg"),
  "get of a rendition": ({ renditions }) => renditions.get("a.jpg"),
  put: ({ renditions }) => renditions.put("360x270/put.jpg", BYTES, META),
  delete: ({ renditions }) => renditions.delete(["360x270/absent.jpg"]),
  list: async ({ originals }) => {
    for await (const key of originals.list("")) expect(key).toBeTypeOf("string")
  },
}

const FAULTS: readonly (readonly [name: string, fault: Fault, code: string])[] = [
  ["silence", { kind: "silence" }, "store-unavailable"],
  ["a slow body", { kind: "drip", everyMs: 50 }, "store-unavailable"],
  ["a truncated body", { kind: "cut" }, "store-unavailable"],
  ["a truncated chunked body", { kind: "cut chunks" }, "store-unavailable"],
  ["a body with neither length nor end", { kind: "no length" }, "store-unavailable"],
  ["a reset connection", { kind: "reset" }, "store-unavailable"],
  ["500 InternalError", { kind: "error", status: 500, code: "InternalError" }, "store-unavailable"],
  ["503 SlowDown", { kind: "error", status: 503, code: "SlowDown" }, "store-unavailable"],
  ["429 Too Many Requests", { kind: "page", status: 429 }, "store-unavailable"],
  ["a proxy's 502", { kind: "page", status: 502 }, "store-unavailable"],
  ["400 RequestTimeout", { kind: "error", status: 400, code: "RequestTimeout" }, "store-unavailable"],
  ["403 SignatureDoesNotMatch", { kind: "error", status: 403, code: "SignatureDoesNotMatch" }, "store-denied"],
  ["403 InvalidAccessKeyId", { kind: "error", status: 403, code: "InvalidAccessKeyId" }, "store-denied"],
  ["400 ExpiredToken", { kind: "error", status: 400, code: "ExpiredToken" }, "store-denied"],
  ["403 RequestTimeTooSkewed", { kind: "error", status: 403, code: "RequestTimeTooSkewed" }, "store-denied"],
  ["404 NoSuchBucket", { kind: "error", status: 404, code: "NoSuchBucket" }, "store-unavailable"],
  ["301 PermanentRedirect", { kind: "error", status: 301, code: "PermanentRedirect" }, "store-denied"],
  ["an unknown error with status 418", { kind: "error", status: 418, code: "Teapot" }, "store-unavailable"],
]

/** Calls whose response has a body that can be truncated or delayed. */
const WITH_BODY = new Set(["head of an original", "get of an original", "get of a rendition", "list"])
const NEEDS_BODY = new Set<Fault["kind"]>(["cut", "cut chunks", "drip", "no length"])

describe.skipIf(versitygw === undefined)("a call to S3", () => {
  /** Makes calls at once, since each waits for its time-outs. @returns for each one the code of its error, or "success" */
  const outcomesOf = async (calls: readonly string[], opened: Stores): Promise<Readonly<Record<string, string>>> => {
    const outcomes = calls.map(async (call) => {
      const outcome = await CALLS[call]?.(opened).then(
        () => "success",
        (error: unknown) => codeOf(error) ?? String(error),
      )
      return [call, outcome ?? ""] as const
    })
    return Object.fromEntries(await Promise.all(outcomes))
  }
  const all = (calls: readonly string[], outcome: string): Readonly<Record<string, string>> =>
    Object.fromEntries(calls.map((call) => [call, outcome]))

  it.each(FAULTS)("every call: %s leads to an error with its code, and the next call works", async (_, fault, code) => {
    const calls = Object.keys(CALLS).filter(
      (call) => !NEEDS_BODY.has(fault.kind) || (WITH_BODY.has(call) && !call.startsWith("head")),
    )
    const opened = stores()
    faulty.fail(fault)
    expect(await outcomesOf(calls, opened)).toEqual(all(calls, code))
    faulty.heal()
    expect(await outcomesOf(calls, opened)).toEqual(all(calls, "success"))
    await server.deleteObject(BUCKET, "360x270/put.jpg")
  })

  it("every call: a refused connection is store-unavailable, and the next call works", async () => {
    const calls = Object.keys(CALLS)
    const opened = stores()
    await faulty.close()
    expect(await outcomesOf(calls, opened)).toEqual(all(calls, "store-unavailable"))
    await faulty.open()
    expect(await outcomesOf(calls, opened)).toEqual(all(calls, "success"))
  })

  it.each([
    ["reset", { kind: "reset" } as const],
    ["SlowDown", { kind: "error", status: 503, code: "SlowDown" } as const],
    ["a truncated body", { kind: "cut" } as const],
    ["silence", { kind: "silence" } as const],
  ])("a call is repeated after %s, up to the limit of attempts", async (_, fault) => {
    const { originals } = stores({ retries: { ...RETRIES, attempts: 3 } })
    faulty.takeLog()
    faulty.fail(fault, { times: 2 })
    expect((await originals.get("a.jpg"))?.bytes).toEqual(BYTES)
    expect(faulty.takeLog()).toEqual(Array.from({ length: 3 }, () => `GET /${BUCKET}/a.jpg`))
  })

  it.each([
    ["silence", { kind: "silence" } as const, "no byte for 400 ms"],
    ["slowness", { kind: "drip", everyMs: 50 } as const, "not complete after 800 ms"],
  ])("an attempt ends after %s by its own limit, long before the limit of the call", async (_, fault, reason) => {
    const { originals } = stores({ timeouts: { ...TIMEOUTS, callMs: 60_000 } })
    faulty.fail(fault)
    await expect(originals.get("a.jpg")).rejects.toMatchObject({
      code: "store-unavailable",
      message: expect.stringContaining(reason),
    })
  })

  it("a call that runs out of time reports the last failure", async () => {
    const { originals } = stores({ retries: { attempts: 1000, baseMs: 50, longestMs: 50 } })
    faulty.fail({ kind: "error", status: 503, code: "SlowDown" })
    await expect(originals.get("a.jpg")).rejects.toMatchObject({ message: expect.stringContaining("SlowDown") })
  })

  it("put stores the bytes that were sent, or nothing", async () => {
    faulty.fail({ kind: "tamper" }, { methods: ["PUT"] })
    const put = stores().renditions.put("360x270/tampered.jpg", Buffer.from("a picture"), META)
    await expect(put).rejects.toMatchObject({ code: "store-unavailable" })
    expect(await server.keysIn(BUCKET)).not.toContain("360x270/tampered.jpg")
  })

  it("a call is not repeated after a permanent failure", async () => {
    faulty.takeLog()
    faulty.fail({ kind: "error", status: 403, code: "SignatureDoesNotMatch" })
    await expect(stores().originals.get("a.jpg")).rejects.toMatchObject({ code: "store-denied" })
    expect(faulty.takeLog()).toHaveLength(1)
  })

  it("a call ends with the caller's reason when the caller's signal aborts", async () => {
    faulty.fail({ kind: "silence" })
    const reason = new Error("the deadline")
    const controller = new AbortController()
    const call = stores({ timeouts: { idleMs: 60_000, attemptMs: 60_000, callMs: 60_000 } }).originals.get("a.jpg", {
      signal: controller.signal,
    })
    setTimeout(() => controller.abort(reason), 50)
    await expect(call).rejects.toBe(reason)
  })

  it("a call with an aborted signal sends nothing", async () => {
    faulty.takeLog()
    await expect(stores().originals.get("a.jpg", { signal: AbortSignal.abort() })).rejects.toMatchObject({
      name: "AbortError",
    })
    expect(faulty.takeLog()).toEqual([])
  })

  it("a wrong clock is store-denied, and the error shows the clock", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() - 3_600_000 })
    const call = stores().originals.get("a.jpg")
    await expect(call).rejects.toMatchObject({ code: "store-denied", message: expect.stringContaining("clock") })
    vi.useRealTimers()
    expect((await stores().originals.get("a.jpg"))?.bytes.length).toBe(BYTES.length)
  })

  it("unknown keys and a wrong secret are store-denied", async () => {
    for (const credentials of [
      { accessKeyId: "nobody", secretAccessKey: "x" },
      { ...ROOT, secretAccessKey: "wrong" },
    ])
      for (const call of Object.values(CALLS))
        await expect(call(stores({ credentials }))).rejects.toMatchObject({ code: "store-denied" })
  })

  it("a missing bucket is store-unavailable, never absent, and works once it exists", async () => {
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

  it("an original over the limit is rejected by its declared length, before it is read", async () => {
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
      { ...stores(), sizes: ["200x150"], formats: [], isolation: "none", limits: { deadlineMs, cacheBytes: 0 } },
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
    ["a slow body", { kind: "drip", everyMs: 50 }, 502],
    ["a truncated body", { kind: "cut" }, 502],
    ["500", { kind: "error", status: 500, code: "InternalError" }, 502],
    ["SlowDown", { kind: "error", status: 503, code: "SlowDown" }, 502],
    ["a bad signature", { kind: "error", status: 403, code: "SignatureDoesNotMatch" }, 500],
    ["a missing bucket", { kind: "error", status: 404, code: "NoSuchBucket" }, 502],
  ] as const)("a tailor answers %s as documented, stores nothing, and recovers", async (name, fault, status) => {
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
    "a tailor sends a rendition that cannot be stored because of %s, and reports the failure",
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

  it("a tailor waits for a slow store until its deadline, and answers busy", async () => {
    await server.putObject(BUCKET, "slow.jpg", photo)
    faulty.fail({ kind: "silence" })
    const slow = { timeouts: { idleMs: 2000, attemptMs: 2000, callMs: 2000 } }
    const limits = { deadlineMs: 100 }
    const tailor = createTailor({ ...stores(slow), sizes: ["200x150"], isolation: "none", limits })
    expect(await statusOf(tailor, "200x150/slow.jpg")).toBe(503)
  })
})
