/** Tests the Google Cloud Storage stores with the public contract, on fake-gcs-server, and the errors of buckets. */
import { type Bucket, Storage } from "@google-cloud/storage"
import { afterAll, beforeAll, describe, expect, it } from "vitest"

import { type GoogleOptions, googleOriginals, googleRenditions } from "../../src/store/google/google.ts"
import { originalsContract, type OriginalsUnderTest, renditionsContract } from "../../src/testing/store-contract.ts"
import { type Emulator, startEmulator } from "../support/emulator.ts"
import { findTools } from "../support/tools.ts"

const server = findTools("fake-gcs-server")?.["fake-gcs-server"]

const BUCKET = "shop"
const PREFIX = "photos für+all/100%"

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
  if (server === undefined) return
  emulator = await startEmulator(server, (port) => {
    const url = `127.0.0.1:${port}`
    const places = ["-host", "127.0.0.1", "-port", String(port), "-external-url", `http://${url}`, "-public-host", url]
    return ["-backend", "memory", "-scheme", "http", ...places]
  })
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

describe.skipIf(server === undefined)("stores in Google Cloud Storage", () => {
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
})
