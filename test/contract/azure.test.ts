/** Tests the Azure stores with the public contract, on Azurite, and the errors of accounts and containers. */
import { createServer, request } from "node:http"
import type { AddressInfo } from "node:net"

import { BlobServiceClient, type ContainerClient } from "@azure/storage-blob"
import { afterAll, beforeAll, describe, expect, it } from "vitest"

import { type AzureOptions, azureOriginals, azureRenditions } from "../../src/store/azure/azure.ts"
import { cacheTagOf } from "../../src/store/cache-tag.ts"
import type { Originals, RenditionMeta } from "../../src/store/store.ts"
import { originalsContract, type OriginalsUnderTest, renditionsContract } from "../../src/testing/store-contract.ts"
import { AZURITE_ACCOUNT, azuriteArguments, connectionStringOf } from "../support/azurite.ts"
import { type Emulator, startEmulator } from "../support/emulator.ts"
import { findTools } from "../support/tools.ts"

const azurite = findTools("azurite-blob")?.["azurite-blob"]

const CONTAINER = "shop"
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
let container: ContainerClient
const options = (more: Partial<AzureOptions> = {}): AzureOptions => {
  const connectionString = connectionStringOf(emulator.port)
  return { account: AZURITE_ACCOUNT, container: CONTAINER, connectionString, retries: { baseMs: 1 }, ...more }
}

beforeAll(async () => {
  if (azurite === undefined) return
  emulator = await startEmulator(azurite, azuriteArguments)
  const service = BlobServiceClient.fromConnectionString(options().connectionString ?? "")
  container = service.getContainerClient(CONTAINER)
  await container.create()
}, 60_000)
afterAll(() => emulator?.stop())

const originalsIn = (prefix: string): OriginalsUnderTest => ({
  originals: azureOriginals(options({ prefix })),
  write: async (key, bytes) => {
    const name = prefix === "" ? key : `${prefix}/${key}`
    await container.getBlockBlobClient(name).uploadData(bytes)
  },
  remove: async (key) => {
    await container.getBlobClient(prefix === "" ? key : `${prefix}/${key}`).delete()
  },
})

const keysOf = async (originals: Originals, prefix = ""): Promise<readonly string[]> => {
  const keys: string[] = []
  for await (const key of originals.list(prefix)) keys.push(key)
  return keys
}

describe.skipIf(azurite === undefined)("stores in Azure", () => {
  describe("renditions in Azure", () => {
    it.each(renditionsContract)("$name", async ({ run }) => {
      await expect(run(azureRenditions(options()))).resolves.toBeUndefined()
    })
  })

  describe("renditions in Azure, under a prefix with unusual characters", () => {
    it.each(renditionsContract)("$name", async ({ run }) => {
      await expect(run(azureRenditions(options({ prefix: PREFIX })))).resolves.toBeUndefined()
    })
  })

  describe("originals in Azure", () => {
    it.each(originalsContract)("$name", async ({ run }) => {
      await expect(run(originalsIn(""))).resolves.toBeUndefined()
    })
  })

  describe("originals in Azure, under a prefix with unusual characters", () => {
    it.each(originalsContract)("$name", async ({ run }) => {
      await expect(run(originalsIn(PREFIX))).resolves.toBeUndefined()
    })
  })

  describe("accounts and containers", () => {
    const shop = (more: Partial<AzureOptions> = {}): Originals => azureOriginals(options(more))

    it("a missing container is a store that only the operator can repair, and no missing original", async () => {
      const originals = shop({ container: "nowhere" })
      await expect(originals.head("a.jpg")).rejects.toMatchObject({ code: "store-unavailable" })
      await expect(originals.get("a.jpg")).rejects.toMatchObject({ code: "store-unavailable" })
      expect(await originals.isGone?.("a.jpg")).toBe(false)
      expect(await originals.check?.()).toMatchObject({ isPermanent: true })
      const renditions = azureRenditions(options({ container: "nowhere" }))
      await expect(renditions.put("480h/a.jpg", new Uint8Array(1), META)).rejects.toMatchObject({
        code: "store-unavailable",
      })
    })

    it("a wrong key is denied", async () => {
      const wrong = connectionStringOf(emulator.port, Buffer.from("wrong").toString("base64"))
      const originals = shop({ connectionString: wrong })
      await expect(originals.head("a.jpg")).rejects.toMatchObject({ code: "store-denied" })
      expect(await originals.check?.()).toMatchObject({ isPermanent: true })
    })

    it("a connection string of another account is a mistake", async () => {
      await expect(shop({ account: "another" }).head("a.jpg")).rejects.toMatchObject({ code: "bad-config" })
    })

    it("a container that can be read has no problem, and a deleted blob is gone", async () => {
      expect(await shop().check?.()).toBeUndefined()
      expect(await shop().isGone?.("never.jpg")).toBe(true)
    })

    it("a server that does not answer is unavailable within the limits, and may come back", async () => {
      const silent = createServer(() => {})
      await new Promise<void>((done) => silent.listen(0, "127.0.0.1", done))
      const { port } = silent.address() as AddressInfo
      const elsewhere = options().connectionString?.replace(/127.0.0.1:\d+/, `127.0.0.1:${port}`)
      const limits = { timeouts: { attemptMs: 50, callMs: 500 }, retries: { attempts: 2, baseMs: 1 } }
      const originals = shop({ connectionString: elsewhere, ...limits })
      await expect(originals.head("a.jpg")).rejects.toMatchObject({ code: "store-unavailable" })
      await expect(keysOf(originals)).rejects.toMatchObject({ code: "store-unavailable" })
      silent.closeAllConnections()
      await new Promise((done) => silent.close(done))
      await expect(originals.head("a.jpg")).rejects.toMatchObject({ code: "store-unavailable" })
      expect(await originals.check?.()).toMatchObject({ isPermanent: false })
    })

    it("a list continues where one of its pages fails once, and is in order", async () => {
      const names = Array.from({ length: 30 }, (_, at) => `paged/${String(at).padStart(2, "0")}.jpg`)
      await Promise.all(names.map((name) => container.getBlockBlobClient(name).uploadData(new Uint8Array(1))))
      let count = 0
      const proxy = createServer((incoming, outgoing) => {
        count += 1
        if (count === 1) return void outgoing.writeHead(503).end()
        const forwarded = request(
          { port: emulator.port, path: incoming.url, method: incoming.method, headers: incoming.headers },
          (answer) => answer.pipe(outgoing.writeHead(answer.statusCode ?? 500, answer.headers)),
        )
        incoming.pipe(forwarded)
      })
      await new Promise<void>((done) => proxy.listen(0, "127.0.0.1", done))
      const { port } = proxy.address() as AddressInfo
      const elsewhere = options().connectionString?.replace(/127.0.0.1:\d+/, `127.0.0.1:${port}`)
      const originals = shop({ connectionString: elsewhere })
      expect(await keysOf(originals, "paged/")).toEqual(names)
      proxy.closeAllConnections()
      await new Promise((done) => proxy.close(done))
    })

    it("blobs have the type, Cache-Control and cache tag that a CDN needs, and originals their focal point", async () => {
      const renditions = azureRenditions({ ...options(), cacheControl: "public, max-age=60" })
      await renditions.put("shop/480h/a.jpg", new Uint8Array(1), META)
      const properties = await container.getBlobClient("shop/480h/a.jpg").getProperties()
      expect(properties).toMatchObject({ contentType: "image/jpeg", cacheControl: "public, max-age=60" })
      expect(properties.metadata?.["cachetag"]).toBe(cacheTagOf("shop/a.jpg"))
      const metadata = { focalpoint: "0.4,0.3" }
      await container.getBlockBlobClient("focus.jpg").uploadData(new Uint8Array(1), { metadata })
      expect(await shop().head("focus.jpg")).toMatchObject({ focalPoint: [0.4, 0.3] })
      expect((await shop().get("focus.jpg"))?.stat).toMatchObject({ focalPoint: [0.4, 0.3] })
    })
  })
})
