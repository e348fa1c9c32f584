/** Tests the S3 stores with the public contract, on a real server. */
import { afterAll, beforeAll, describe, expect, it } from "vitest"

import { s3Originals, s3Renditions } from "../../src/store/s3/s3.ts"
import type { Renditions } from "../../src/store/store.ts"
import { originalsContract, type OriginalsUnderTest, renditionsContract } from "../../src/testing/store-contract.ts"
import { ROOT, type S3Server, startVersitygw, versitygw } from "../support/versitygw.ts"

const BUCKET = "shop"

let server: S3Server
beforeAll(async () => {
  if (versitygw === undefined) return
  server = await startVersitygw()
  await server.createBucket(BUCKET)
})
afterAll(() => server?.stop())

/** versitygw stores objects as files, whose names are limited to 255 bytes. */
const asFiles = (store: Renditions): Renditions => ({ ...store, keyLimits: { segment: 255, key: store.keyLimits.key } })

const renditionsIn = (prefix?: string): Renditions =>
  s3Renditions({ bucket: BUCKET, prefix, endpoint: server.endpoint, credentials: ROOT })

const originalsIn = (prefix: string): OriginalsUnderTest => ({
  originals: s3Originals({ bucket: BUCKET, prefix, endpoint: server.endpoint, credentials: ROOT }),
  write: (key, bytes) => server.putObject(BUCKET, prefix + key, bytes),
  remove: (key) => server.deleteObject(BUCKET, prefix + key),
})

describe.skipIf(versitygw === undefined)("renditions in S3", () => {
  it.each(renditionsContract)("$name", async ({ run }) => {
    await expect(run(asFiles(renditionsIn()))).resolves.toBeUndefined()
  })
})

describe.skipIf(versitygw === undefined)("renditions in S3, under a prefix with unusual characters", () => {
  it.each(renditionsContract)("$name", async ({ run }) => {
    await expect(run(asFiles(renditionsIn("made für+all/100%")))).resolves.toBeUndefined()
  })
})

describe.skipIf(versitygw === undefined)("originals in S3", () => {
  it.each(originalsContract)("$name", async ({ run }) => {
    await expect(run(originalsIn(""))).resolves.toBeUndefined()
  })
})

describe.skipIf(versitygw === undefined)("originals in S3, under a prefix", () => {
  it.each(originalsContract)("$name", async ({ run }) => {
    await expect(run(originalsIn("photos/2026/"))).resolves.toBeUndefined()
  })
})
