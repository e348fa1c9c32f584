import { BlobServiceClient, type ContainerClient } from "@azure/storage-blob"
/** Tests every store behind a real server with names that other image services could not serve. */
import { type Bucket, Storage } from "@google-cloud/storage"
import sharp from "sharp"
import { createStorage } from "unstorage"
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest"

import { azureOriginals, azureRenditions } from "../../src/store/azure/azure.ts"
import { googleOriginals, googleRenditions } from "../../src/store/google/google.ts"
import { httpOriginals } from "../../src/store/http/http.ts"
import { memoryOriginals, memoryRenditions } from "../../src/store/memory.ts"
import { s3Originals, s3Renditions } from "../../src/store/s3/s3.ts"
import type { Originals, Renditions } from "../../src/store/store.ts"
import { toItem } from "../../src/store/unstorage/names.ts"
import { fromUnstorage } from "../../src/store/unstorage/unstorage.ts"
import { azuriteArguments, AZURITE_ACCOUNT, connectionStringOf } from "../support/azurite.ts"
import { type Emulator, startEmulator } from "../support/emulator.ts"
import { fakeGcsArguments } from "../support/fake-gcs.ts"
import { temporaryFolder } from "../support/folders.ts"
import { startPhotoServer } from "../support/http-photos.ts"
import { createPhotos, startServer } from "../support/server.ts"
import { findTools } from "../support/tools.ts"
import { NAMED_PHOTOS, NAMED_SIZE, paintNamed, REJECTED_PATHS, widthOf } from "../support/trial-names.ts"
import { ROOT, type S3Server, startVersitygw, versitygw } from "../support/versitygw.ts"

/** Both stores, and a function that adds an original. */
interface Stage {
  readonly originals: string | Originals
  readonly renditions: string | Renditions
  readonly write: (key: string, bytes: Uint8Array) => Promise<unknown>
}

const azurite = findTools("azurite-blob")?.["azurite-blob"]
const fakeGcs = findTools("fake-gcs-server")?.["fake-gcs-server"]

let s3: S3Server
let azure: Emulator
let container: ContainerClient
let google: Emulator
let bucket: Bucket
beforeAll(async () => {
  if (versitygw !== undefined) {
    s3 = await startVersitygw()
    for (const name of ["in", "out"]) await s3.createBucket(`named-${name}`)
  }
  if (azurite !== undefined) {
    azure = await startEmulator(azurite, azuriteArguments)
    container = BlobServiceClient.fromConnectionString(connectionStringOf(azure.port)).getContainerClient("named")
    await container.create()
  }
  if (fakeGcs !== undefined) {
    google = await startEmulator(fakeGcs, fakeGcsArguments)
    const storage = new Storage({ apiEndpoint: `http://127.0.0.1:${google.port}`, projectId: "test" })
    await storage.createBucket("named")
    bucket = storage.bucket("named")
  }
}, 60_000)
afterAll(async () => {
  await Promise.all([s3?.stop(), azure?.stop(), google?.stop()])
})

const STAGES: Readonly<Record<string, readonly [boolean, () => Promise<Stage>]>> = {
  folders: [
    true,
    async () => {
      const photos = await createPhotos()
      return { originals: photos.folder, renditions: await temporaryFolder(), write: photos.write }
    },
  ],
  memory: [
    true,
    async () => {
      const originals = memoryOriginals()
      return { originals, renditions: memoryRenditions(), write: async (key, bytes) => originals.set(key, bytes) }
    },
  ],
  S3: [
    versitygw !== undefined,
    async () => {
      const options = { endpoint: s3.endpoint, credentials: ROOT }
      return {
        originals: s3Originals({ bucket: "named-in", ...options }),
        renditions: s3Renditions({ bucket: "named-out", ...options }),
        write: (key, bytes) => s3.putObject("named-in", key, bytes),
      }
    },
  ],
  HTTP: [
    true,
    async () => {
      const server = await startPhotoServer()
      onTestFinished(server.stop)
      return {
        originals: httpOriginals({ baseUrl: server.baseUrl }),
        renditions: await temporaryFolder(),
        write: async (key, bytes) => server.set(key, bytes),
      }
    },
  ],
  Azure: [
    azurite !== undefined,
    async () => {
      const options = { account: AZURITE_ACCOUNT, container: "named", connectionString: connectionStringOf(azure.port) }
      return {
        originals: azureOriginals({ ...options, prefix: "in" }),
        renditions: azureRenditions({ ...options, prefix: "out" }),
        write: (key, bytes) => container.getBlockBlobClient(`in/${key}`).uploadData(bytes),
      }
    },
  ],
  "Google Cloud Storage": [
    fakeGcs !== undefined,
    async () => {
      const options = { bucket: "named", endpoint: `http://127.0.0.1:${google.port}`, projectId: "test" }
      return {
        originals: googleOriginals({ ...options, prefix: "in" }),
        renditions: googleRenditions({ ...options, prefix: "out" }),
        write: (key, bytes) => bucket.file(`in/${key}`).save(Buffer.from(bytes), { resumable: false }),
      }
    },
  ],
  unstorage: [
    true,
    async () => {
      const storage = createStorage()
      return {
        originals: fromUnstorage(storage).originals,
        renditions: fromUnstorage(createStorage()).renditions,
        write: (key, bytes) => storage.setItemRaw(toItem(key), bytes),
      }
    },
  ],
}

describe.each(Object.entries(STAGES).filter(([, [isThere]]) => isThere))("names of photos in %s", (_, [, open]) => {
  it("each name is served under all spellings of its URL, rendered and stored, and nothing else is", async () => {
    const { originals, renditions, write } = await open()
    for (const photo of NAMED_PHOTOS) await write(photo.key, await paintNamed(photo))
    const server = await startServer({ originals, renditions, sizes: [NAMED_SIZE, "480h", "360x270"], formats: [] })
    for (const photo of NAMED_PHOTOS)
      for (const url of photo.urls) {
        const path = `/${url.replace("{size}", NAMED_SIZE)}`
        for (const outcome of ["first", "again"]) {
          const { status, body } = await server.get(path)
          expect({ path, outcome, status }).toEqual({ path, outcome, status: 200 })
          const { width } = await sharp(body).metadata()
          expect({ path, width }).toEqual({ path, width: widthOf(photo) })
        }
      }
    const misses = server.reports.filter(({ outcome }) => outcome === "miss")
    expect(misses.map(({ original }) => original)).toEqual(NAMED_PHOTOS.map(({ key }) => key))
    for (const { path, statuses } of REJECTED_PATHS) {
      const { status } = await server.get(`/${path}`)
      expect({ path, isRejected: statuses.includes(status) }).toEqual({ path, isRejected: true })
    }
  })
})
