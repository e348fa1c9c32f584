/** Tests every store of imgtailor with the public contract, and the contract with broken stores. */
import { mkdir, rename, rm, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"

import { describe, expect, it } from "vitest"

import { cachedRenditions } from "../../src/store/cached.ts"
import { folderOriginals, folderRenditions } from "../../src/store/folder.ts"
import { memoryOriginals, memoryRenditions } from "../../src/store/memory.ts"
import type { Originals, RenditionObject, Renditions } from "../../src/store/store.ts"
import { originalsContract, type OriginalsUnderTest, renditionsContract } from "../../src/testing/store-contract.ts"
import { temporaryFolder } from "../support/folders.ts"

const RENDITIONS: Readonly<Record<string, () => Promise<Renditions>>> = {
  "renditions in memory": async () => memoryRenditions(),
  "renditions in a folder that is created with the first one": async () =>
    folderRenditions(join(await temporaryFolder(), "not", "yet")),
  "renditions in a folder with a memory cache": async () =>
    cachedRenditions(folderRenditions(await temporaryFolder()), 16_000_000),
  "renditions beside their originals": async () => {
    const folder = await temporaryFolder()
    return folderRenditions(join(folder, ".imgtailor"), { files: folder })
  },
}

/** A folder in which a new file is moved into place, so that no reader sees a part of it. */
const folderUnderTest = async (): Promise<OriginalsUnderTest> => {
  const folder = await temporaryFolder()
  const drafts = await temporaryFolder()
  return {
    originals: folderOriginals(folder),
    write: async (key, bytes) => {
      await mkdir(dirname(join(folder, key)), { recursive: true })
      await writeFile(join(drafts, "draft"), bytes)
      await rename(join(drafts, "draft"), join(folder, key))
    },
    remove: (key) => rm(join(folder, key)),
  }
}

/** A folder in which an editor overwrites files in place. */
const folderWrittenInPlace = async (): Promise<OriginalsUnderTest> => {
  const folder = await temporaryFolder()
  return {
    originals: folderOriginals(folder),
    write: async (key, bytes) => {
      await mkdir(dirname(join(folder, key)), { recursive: true })
      await writeFile(join(folder, key), bytes)
    },
    remove: (key) => rm(join(folder, key)),
  }
}

const ORIGINALS: Readonly<Record<string, () => Promise<OriginalsUnderTest>>> = {
  "originals in memory": async () => {
    const originals = memoryOriginals()
    return {
      originals,
      write: async (key, bytes) => originals.set(key, bytes),
      remove: async (key) => originals.remove(key),
    }
  },
  "originals in a folder": folderUnderTest,
}

describe.each(Object.entries(RENDITIONS))("%s", (_, open) => {
  it.each(renditionsContract)("$name", async ({ run }) => {
    await expect(run(await open())).resolves.toBeUndefined()
  })
})

describe.each(Object.entries(ORIGINALS))("%s", (_, open) => {
  it.each(originalsContract)("$name", async ({ run }) => {
    await expect(run(await open())).resolves.toBeUndefined()
  })
})

describe("originals in a folder, saved in place", () => {
  const cases = originalsContract.filter(({ name }) => !name.includes("while the original is replaced"))
  it.each(cases)("$name", async ({ run }) => {
    await expect(run(await folderWrittenInPlace())).resolves.toBeUndefined()
  })
})

/** Renditions in memory with one defect. */
const brokenRenditions = (flaw: (sound: Renditions) => Partial<Renditions>): Renditions => {
  const sound = memoryRenditions()
  return { ...sound, ...flaw(sound) }
}

const truncated = (object: RenditionObject | undefined): RenditionObject | undefined =>
  object && { ...object, body: (object.body as Uint8Array).subarray(0, 1_048_576) }

const LOWER_CASE = (sound: Renditions): Partial<Renditions> => ({
  head: (key) => sound.head(key.toLowerCase()),
  get: (key) => sound.get(key.toLowerCase()),
  put: (key, bytes, meta) => sound.put(key.toLowerCase(), bytes, meta),
  delete: (keys) => sound.delete(keys.map((key) => key.toLowerCase())),
})

const BROKEN_RENDITIONS: Readonly<Record<string, Renditions>> = {
  "throws for an absent rendition": brokenRenditions((sound) => ({
    get: async (key) => (await sound.get(key)) ?? Promise.reject(new Error("no such key")),
  })),
  "keeps the record of the first put": brokenRenditions((sound) => ({
    put: async (key, bytes, meta) => sound.put(key, bytes, (await sound.head(key)) ?? meta),
  })),
  "truncates long renditions": brokenRenditions((sound) => ({ get: async (key) => truncated(await sound.get(key)) })),
  "ignores case": brokenRenditions(LOWER_CASE),
  "decodes keys": brokenRenditions((sound) => ({
    get: (key) => sound.get(key.includes("%20") ? decodeURIComponent(key) : key),
  })),
  "counts absent renditions as deleted": brokenRenditions((sound) => ({
    delete: async (keys) => {
      await sound.delete(keys)
      return keys.length
    },
  })),
  "lists keys outside the prefix": brokenRenditions((sound) => ({
    async *list(prefix) {
      yield* sound.list?.(prefix.slice(0, prefix.lastIndexOf("/"))) ?? []
    },
  })),
  "stores in two steps": brokenRenditions((sound) => ({
    put: async (key, bytes, meta) => {
      await sound.put(key, bytes.subarray(0, bytes.length / 2), meta)
      await new Promise((done) => setImmediate(done))
      await sound.put(key, bytes, meta)
    },
  })),
}

const BROKEN_ORIGINALS: Readonly<Record<string, (sound: Originals) => Partial<Originals>>> = {
  "never changes a version": (sound) => ({
    get: async (key, options) => {
      const object = await sound.get(key, options)
      return object && { ...object, stat: { ...object.stat, version: "1" } }
    },
  }),
  "lists in another order": (sound) => ({
    async *list(prefix, options) {
      const keys: string[] = []
      for await (const key of sound.list(prefix, options)) keys.push(key)
      yield* keys.toReversed()
    },
  }),
  "ignores the key after which to list": (sound) => ({ list: (prefix) => sound.list(prefix) }),
  "ignores the limit on bytes": (sound) => ({ get: (key) => sound.get(key) }),
  "reports a wrong length": (sound) => ({
    head: async (key) => {
      const stat = await sound.head(key)
      return stat && { ...stat, byteLength: stat.byteLength + 1 }
    },
  }),
}

/** True if any case of a contract fails. */
const isNoticed = async <T>(
  cases: readonly { readonly run: (subject: T) => Promise<void> }[],
  subject: T,
): Promise<boolean> => {
  const results = await Promise.allSettled(cases.map(({ run }) => run(subject)))
  return results.some(({ status }) => status === "rejected")
}

describe("the contract", () => {
  it.each(Object.entries(BROKEN_RENDITIONS))("notices a store of renditions that %s", async (_, store) => {
    expect(await isNoticed(renditionsContract, store)).toBe(true)
  })

  it.each(Object.entries(BROKEN_ORIGINALS))("notices a store of originals that %s", async (_, flaw) => {
    const originals = memoryOriginals()
    const subject: OriginalsUnderTest = {
      originals: { ...originals, ...flaw(originals) },
      write: async (key, bytes) => originals.set(key, bytes),
      remove: async (key) => originals.remove(key),
    }
    expect(await isNoticed(originalsContract, subject)).toBe(true)
  })
})
