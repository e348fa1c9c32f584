/** Tests the Azure stores with the public contract, on Azurite, and the errors of accounts and containers. */
import { BlobServiceClient, type ContainerClient } from "@azure/storage-blob"
import { afterAll, beforeAll, describe, expect, it } from "vitest"

import { type AzureOptions, azureOriginals, azureRenditions } from "../../src/store/azure/azure.ts"
import { originalsContract, type OriginalsUnderTest, renditionsContract } from "../../src/testing/store-contract.ts"
import { type Emulator, startEmulator } from "../support/emulator.ts"
import { findTools } from "../support/tools.ts"

const azurite = findTools("azurite-blob")?.["azurite-blob"]

const ACCOUNT = "devstoreaccount1"
/** The published key of the emulator's account. */
const KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
const CONTAINER = "shop"
const PREFIX = "photos für+all/100%"

let emulator: Emulator
let container: ContainerClient
const options = (more: Partial<AzureOptions> = {}): AzureOptions => {
  const endpoint = `http://127.0.0.1:${emulator.port}/${ACCOUNT}`
  const connectionString = `DefaultEndpointsProtocol=http;AccountName=${ACCOUNT};AccountKey=${KEY};BlobEndpoint=${endpoint};`
  return { account: ACCOUNT, container: CONTAINER, connectionString, retries: { baseMs: 1 }, ...more }
}

beforeAll(async () => {
  if (azurite === undefined) return
  const flags = [
    "--blobHost",
    "127.0.0.1",
    "--silent",
    "--skipApiVersionCheck",
    "--disableTelemetry",
    "--inMemoryPersistence",
  ]
  emulator = await startEmulator(azurite, (port) => ["--blobPort", String(port), ...flags])
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
})
