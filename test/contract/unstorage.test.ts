/** Tests the stores over unstorage with the public contract, on files, in memory and on a real Redis. */
import { mkdir, rename, rm, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"

import * as fc from "fast-check"
import { createStorage, type Storage } from "unstorage"
import fsDriver from "unstorage/drivers/fs"
import memoryDriver from "unstorage/drivers/memory"
import redisDriver from "unstorage/drivers/redis"
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest"

import type { RenditionMeta } from "../../src/store/store.ts"
import { fromItem, toItem } from "../../src/store/unstorage/names.ts"
import { fromUnstorage } from "../../src/store/unstorage/unstorage.ts"
import { originalsContract, type OriginalsUnderTest, renditionsContract } from "../../src/testing/store-contract.ts"
import { type Emulator, startEmulator } from "../support/emulator.ts"
import { temporaryFolder } from "../support/folders.ts"
import { findTools } from "../support/tools.ts"

const redis = findTools("redis-server")?.["redis-server"]

let emulator: Emulator
beforeAll(async () => {
  if (redis === undefined) return
  emulator = await startEmulator(redis, (port, folder) => {
    const memoryOnly = ["--save", "", "--appendonly", "no", "--dir", folder]
    return ["--port", String(port), "--bind", "127.0.0.1", ...memoryOnly]
  })
})
afterAll(() => emulator?.stop())

let count = 0
const openRedis = (): Storage => {
  const url = `redis://127.0.0.1:${emulator.port}`
  const storage = createStorage({ driver: redisDriver({ url, base: `test${(count += 1)}` }) })
  onTestFinished(() => storage.dispose())
  return storage
}

const openFiles = async (): Promise<Storage> => createStorage({ driver: fsDriver({ base: await temporaryFolder() }) })

const STORAGES: readonly (readonly [string, () => Storage | Promise<Storage>, boolean])[] = [
  ["files", openFiles, true],
  ["memory", () => createStorage({ driver: memoryDriver() }), true],
  ["Redis", openRedis, redis !== undefined],
]

/** The program that writes originals is another one, and knows how unstorage names them. */
const originalsIn = (storage: Storage): OriginalsUnderTest => ({
  originals: fromUnstorage(storage).originals,
  write: (key, bytes) => storage.setItemRaw(toItem(key), bytes),
  remove: (key) => storage.removeItem(toItem(key)),
})

describe.each(STORAGES.filter(([, , isThere]) => isThere))("unstorage on %s", (driver, open) => {
  it.each(renditionsContract)("renditions: $name", async ({ run }) => {
    await expect(run(fromUnstorage(await open()).renditions)).resolves.toBeUndefined()
  })

  // The driver for files overwrites them in place.
  const cases = originalsContract.filter(({ name }) => driver !== "files" || !name.includes("while the original is"))
  it.each(cases)("originals: $name", async ({ run }) => {
    await expect(run(originalsIn(await open()))).resolves.toBeUndefined()
  })
})

describe("unstorage on files", () => {
  it.each(originalsContract)("originals that another program renames into place: $name", async ({ run }) => {
    const [folder, drafts] = [await temporaryFolder(), await temporaryFolder()]
    const pathOf = (key: string): string => join(folder, toItem(key).replaceAll(":", "/"))
    const subject: OriginalsUnderTest = {
      originals: fromUnstorage(createStorage({ driver: fsDriver({ base: folder }) })).originals,
      write: async (key, bytes) => {
        await mkdir(dirname(pathOf(key)), { recursive: true })
        await writeFile(join(drafts, "draft"), bytes)
        await rename(join(drafts, "draft"), pathOf(key))
      },
      remove: (key) => rm(pathOf(key)),
    }
    await expect(run(subject)).resolves.toBeUndefined()
  })

  it("an ordinary key is the path of its file", async () => {
    const folder = await temporaryFolder()
    await mkdir(join(folder, "shop"))
    await writeFile(join(folder, "shop", "a mug+1 (2) 100%.jpg"), "photo")
    const { originals } = fromUnstorage(createStorage({ driver: fsDriver({ base: folder }) }))
    expect((await originals.get("shop/a mug+1 (2) 100%.jpg"))?.bytes.length).toBe(5)
  })
})

const META: RenditionMeta = {
  original: "a.jpg",
  version: "1",
  kind: "jpeg",
  recipeId: "r",
  etag: '"e"',
  contentType: "image/jpeg",
  modifiedMs: 1_700_000_000_000,
}

describe("renditions over unstorage", () => {
  it("a value that is truncated, changed or foreign is no rendition", async () => {
    const storage = createStorage()
    const { renditions } = fromUnstorage(storage)
    const bytes = new Uint8Array(500).fill(7)
    await renditions.put("480h/a.jpg", bytes, META)
    const whole = new Uint8Array((await storage.getItemRaw<Uint8Array>("480h:a.jpg")) ?? [])
    const damaged = whole.slice()
    damaged[damaged.length - 1] = 8
    for (const value of [
      whole.subarray(0, -1),
      whole.subarray(0, 30),
      damaged,
      new Uint8Array(),
      Buffer.from("photo"),
    ]) {
      await storage.setItemRaw("480h:a.jpg", value)
      expect(await renditions.get("480h/a.jpg")).toBeUndefined()
    }
    await storage.setItemRaw("480h:a.jpg", whole)
    expect((await renditions.get("480h/a.jpg"))?.byteLength).toBe(500)
  })

  it("a storage that fails is unavailable", async () => {
    const failing = createStorage({
      driver: {
        ...memoryDriver(),
        getItemRaw: () => {
          throw new Error("connection lost")
        },
      },
    })
    const { originals, renditions } = fromUnstorage(failing)
    await expect(renditions.get("480h/a.jpg")).rejects.toMatchObject({ code: "store-unavailable" })
    await expect(originals.head("a.jpg")).rejects.toMatchObject({ code: "store-unavailable" })
  })
})

describe("names of items", () => {
  it("two keys never have one item, and unstorage changes none of them", async () => {
    const key = fc
      .array(fc.string({ unit: fc.constantFrom(..."a.:?\\^$ é%".split("")), minLength: 1, maxLength: 5 }), {
        minLength: 1,
        maxLength: 3,
      })
      .map((segments) => segments.join("/"))
      .filter((text) => !/(?:^|\/)\.{1,2}(?:\/|$)|\\/.test(text))
    await fc.assert(
      fc.asyncProperty(key, async (text) => {
        expect(fromItem(toItem(text))).toBe(text)
        const storage = createStorage()
        await storage.setItemRaw(toItem(text), new Uint8Array(1))
        expect((await storage.getKeys()).map(fromItem)).toEqual([text])
      }),
    )
  })
})
