/** Tests the Google Cloud Storage stores with the public contract, on fake-gcs-server, and the errors of buckets. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"

import { type Bucket, Storage } from "@google-cloud/storage"
import { afterAll, beforeAll, describe, expect, it } from "vitest"

import { cacheTagOf } from "../../src/store/cache-tag.ts"
import { type GoogleOptions, googleOriginals, googleRenditions } from "../../src/store/google/google.ts"
import type { Originals, RenditionMeta } from "../../src/store/store.ts"
import { originalsContract, type OriginalsUnderTest, renditionsContract } from "../../src/testing/store-contract.ts"
import { type Emulator, startEmulator } from "../support/emulator.ts"
import { fakeGcsArguments } from "../support/fake-gcs.ts"
import { findTools } from "../support/tools.ts"

const fakeServer = findTools("fake-gcs-server")?.["fake-gcs-server"]

const BUCKET = "shop"
const PREFIX = "photos für+all/100%"

const META: RenditionMeta = {
  original: "shop/a.jpg",
  version: "1",
  kind: "jpeg",
  recipeId: "r",
  etag: '"e"',
  contentType: "image/jpeg",
  modifiedMs: 1_700_000_000_000,
}

let emulator: Emulator
let bucket: Bucket
const options = (more: Partial<GoogleOptions> = {}): GoogleOptions => ({
  bucket: BUCKET,
  endpoint: `http://127.0.0.1:${emulator.port}`,
  projectId: "test",
  retries: { baseMs: 1 },
  ...more,
})

beforeAll(async () => {
  if (fakeServer === undefined) return
  emulator = await startEmulator(fakeServer, fakeGcsArguments)
  const storage = new Storage({ apiEndpoint: `http://127.0.0.1:${emulator.port}`, projectId: "test" })
  await storage.createBucket(BUCKET)
  bucket = storage.bucket(BUCKET)
}, 60_000)
afterAll(() => emulator?.stop())

const originalsIn = (prefix: string): OriginalsUnderTest => {
  const nameOf = (key: string): string => (prefix === "" ? key : `${prefix}/${key}`)
  return {
    originals: googleOriginals(options({ prefix })),
    write: (key, bytes) => bucket.file(nameOf(key)).save(Buffer.from(bytes), { resumable: false }),
    remove: async (key) => void (await bucket.file(nameOf(key)).delete()),
  }
}

describe.skipIf(fakeServer === undefined)("stores in Google Cloud Storage", () => {
  describe("renditions in Google Cloud Storage", () => {
    it.each(renditionsContract)("$name", async ({ run }) => {
      await expect(run(googleRenditions(options()))).resolves.toBeUndefined()
    })
  })

  describe("renditions in Google Cloud Storage, under a prefix with unusual characters", () => {
    it.each(renditionsContract)("$name", async ({ run }) => {
      await expect(run(googleRenditions(options({ prefix: PREFIX })))).resolves.toBeUndefined()
    })
  })

  describe("originals in Google Cloud Storage", () => {
    it.each(originalsContract)("$name", async ({ run }) => {
      await expect(run(originalsIn(""))).resolves.toBeUndefined()
    })
  })

  describe("originals in Google Cloud Storage, under a prefix with unusual characters", () => {
    it.each(originalsContract)("$name", async ({ run }) => {
      await expect(run(originalsIn(PREFIX))).resolves.toBeUndefined()
    })
  })

  describe("buckets", () => {
    it("a missing bucket is no bucket to store in, and a bucket that can be read has no problem", async () => {
      const renditions = googleRenditions(options({ bucket: "nowhere" }))
      await expect(renditions.put("480h/a.jpg", new Uint8Array(1), META)).rejects.toMatchObject({
        code: "store-unavailable",
      })
      expect(await googleOriginals(options()).check?.()).toBeUndefined()
      expect(await googleOriginals(options()).isGone?.("never.jpg")).toBe(true)
    })

    it("objects have the type, Cache-Control and cache tag that a CDN needs, and originals their focal point", async () => {
      const renditions = googleRenditions({ ...options(), cacheControl: "public, max-age=60" })
      await renditions.put("shop/480h/a.jpg", new Uint8Array(1), META)
      const [metadata] = await bucket.file("shop/480h/a.jpg").getMetadata()
      expect(metadata).toMatchObject({ contentType: "image/jpeg", cacheControl: "public, max-age=60" })
      expect(metadata.metadata?.["cacheTag"]).toBe(cacheTagOf("shop/a.jpg"))
      const focus = { metadata: { "focal-point": "0.4,0.3" } }
      await bucket.file("focus.jpg").save(Buffer.from("photo"), { resumable: false, metadata: focus })
      expect(await googleOriginals(options()).head("focus.jpg")).toMatchObject({ focalPoint: [0.4, 0.3] })
    })
  })
})

/** Answers of Google that the emulator does not give. */
describe("failures of Google Cloud Storage", () => {
  let server: Server
  let answer: (request: IncomingMessage, response: ServerResponse) => void = () => {}
  beforeAll(async () => {
    server = createServer((request, response) => answer(request, response))
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done))
  })
  afterAll(async () => {
    server.closeAllConnections()
    await new Promise((done) => server.close(done))
  })

  const open = (more: Partial<GoogleOptions> = {}): Originals => {
    const { port } = server.address() as AddressInfo
    const endpoint = `http://127.0.0.1:${port}`
    return googleOriginals({ bucket: BUCKET, endpoint, projectId: "test", retries: { baseMs: 1 }, ...more })
  }

  const refuse =
    (status: number, message: string): typeof answer =>
    (_, response) => {
      response.writeHead(status, { "content-type": "application/json" })
      response.end(JSON.stringify({ error: { code: status, message, errors: [{ message, reason: "any" }] } }))
    }

  it("a missing bucket is not a missing original", async () => {
    answer = refuse(404, "The specified bucket does not exist.")
    await expect(open().head("a.jpg")).rejects.toMatchObject({ code: "store-unavailable" })
    expect(await open().isGone?.("a.jpg")).toBe(false)
    expect(await open().check?.()).toMatchObject({ isPermanent: true })
    answer = refuse(404, "No such object: my-bucket/a.jpg")
    expect(await open().head("a.jpg")).toBeUndefined()
    expect(await open().isGone?.("a.jpg")).toBe(true)
  })

  it("a forbidden original is absent, is reported and is not gone", async () => {
    answer = refuse(403, "does not have storage.objects.get access, or it may not exist")
    const notices: string[] = []
    const originals = open({ onNotice: (notice) => void notices.push(notice) })
    expect(await originals.head("a.jpg")).toBeUndefined()
    expect(await originals.isGone?.("a.jpg")).toBe(false)
    expect(notices).toEqual([expect.stringContaining("gs://shop/a.jpg is missing or may not be read: 403")])
  })

  it("wrong credentials are denied", async () => {
    answer = refuse(401, "Invalid Credentials")
    await expect(open().head("a.jpg")).rejects.toMatchObject({ code: "store-denied" })
    expect(await open().check?.()).toMatchObject({ isPermanent: true })
  })

  it("a transient failure is repeated, and a lasting one is unavailable", async () => {
    let count = 0
    answer = (request, response) => {
      count += 1
      if (count < 3) return refuse(503, "try again")(request, response)
      response.writeHead(200, { "content-type": "application/json" })
      response.end(JSON.stringify({ generation: "7", size: "5" }))
    }
    expect(await open().head("a.jpg")).toEqual({ version: "7", byteLength: 5, isStable: true })
    answer = refuse(503, "try again")
    await expect(open({ retries: { attempts: 2, baseMs: 1 } }).head("a.jpg")).rejects.toMatchObject({
      code: "store-unavailable",
    })
  })

  it("a server that does not answer is unavailable within the limits", async () => {
    answer = () => {}
    const limits = { timeouts: { attemptMs: 50, callMs: 500 }, retries: { attempts: 2, baseMs: 1 } }
    await expect(open(limits).head("a.jpg")).rejects.toMatchObject({ code: "store-unavailable" })
  })
})
