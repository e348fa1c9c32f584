/** Deletions: of stale renditions, and of none that is not proved to be stale. */
import { createHash } from "node:crypto"

import { describe, expect, it } from "vitest"

import { ask, openCore } from "../../test/race/support.ts"
import { createFakeRenderer } from "../../test/support/fake-renderer.ts"
import { createTally, failing, type Fault, faultyOriginals, faultyRenditions } from "../../test/support/faulty-store.ts"
import { type File, fileOriginals } from "../../test/support/file-originals.ts"
import { toOriginalKey } from "../sizes/key.ts"
import { memoryRenditions } from "../store/memory.ts"
import type { Originals, Renditions } from "../store/store.ts"
import type { Core } from "./tailor.ts"

const PHOTO: File = { content: "photo", mtime: 1, ctime: 1 }
const STORED = ["480h/a.jpg", "480h/a.jpg.webp", "480h/b.jpg"]

interface Shop {
  readonly core: Core
  readonly files: Map<string, File>
  readonly store: Renditions
  /** Keys of the stored renditions. */
  readonly keys: () => Promise<readonly string[]>
  readonly reads: ReturnType<typeof createTally>["counts"]
  /** Another process over the same renditions. */
  readonly reopen: (originals?: Partial<Originals>, fault?: Fault) => Core
}

const openShop = async (): Promise<Shop> => {
  const files = new Map([
    ["a.jpg", PHOTO],
    ["b.jpg", PHOTO],
  ])
  const store = memoryRenditions()
  const originals = fileOriginals(files)
  const reads = createTally()
  const reopen = (others: Partial<Originals> = {}, fault: Fault = async () => {}): Core =>
    openCore({
      originals: faultyOriginals({ ...originals, ...others }, reads.fault),
      renditions: faultyRenditions(store, fault),
      renderer: createFakeRenderer(),
    })
  const core = reopen()
  for (const key of STORED) await ask(core, key)
  await core.idle()
  // A purge computes real digests, unlike the fake renderer.
  for (const key of STORED) {
    const stored = await store.get(key)
    const digest = createHash("sha256").update("photo").digest("hex")
    if (stored?.body instanceof Uint8Array) await store.put(key, stored.body, { ...stored.meta, digest })
  }
  const keys = async (): Promise<readonly string[]> => {
    const all: string[] = []
    for await (const key of store.list?.("") ?? []) all.push(key)
    return all.toSorted()
  }
  return { core, files, store, keys, reads: reads.counts, reopen }
}

const keyOf = (text: string): NonNullable<ReturnType<typeof toOriginalKey>> => {
  const key = toOriginalKey(text)
  if (key === undefined) throw new Error("Expected a key.")
  return key
}

const A = keyOf("a.jpg")

describe.each(["purgeStale", "sweep"] as const)("%s", (method) => {
  const clean = (core: Core, options?: Parameters<Core["sweep"]>[1]): Promise<number | undefined> =>
    method === "sweep" ? core.sweep("", options) : core.purgeStale(A, options)

  it("keeps fresh renditions", async () => {
    const { core, keys } = await openShop()
    expect(await clean(core)).toBe(0)
    expect(await keys()).toEqual(STORED)
  })

  it("deletes the renditions of an original that was replaced, and of no other", async () => {
    const { core, files, keys } = await openShop()
    files.set("a.jpg", { content: "other!", mtime: 2, ctime: 2 })
    expect(await clean(core)).toBe(2)
    expect(await keys()).toEqual(["480h/b.jpg"])
  })

  it("keeps the renditions of an original whose metadata changed", async () => {
    const { core, files, keys } = await openShop()
    files.set("a.jpg", { ...PHOTO, ctime: 2 })
    expect(await clean(core)).toBe(0)
    expect(await keys()).toEqual(STORED)
  })

  it("deletes the renditions of an original that was deleted", async () => {
    const { core, files, keys } = await openShop()
    files.delete("a.jpg")
    expect(await clean(core)).toBe(2)
    expect(await keys()).toEqual(["480h/b.jpg"])
  })

  it("keeps the renditions of an original of which the store does not know whether it was deleted", async () => {
    const { files, keys, reopen } = await openShop()
    files.delete("a.jpg")
    expect(await clean(reopen({ isGone: async () => false }))).toBe(0)
    expect(await keys()).toEqual(STORED)
  })

  it("deletes the renditions of an original that was seen to disappear, although the store cannot know", async () => {
    const { files, keys, reopen } = await openShop()
    files.delete("a.jpg")
    expect(await clean(reopen({ isGone: async () => false }), { isRemoved: true })).toBe(2)
    expect(await keys()).toEqual(["480h/b.jpg"])
  })

  it("continues after a key that fails, and then rejects", async () => {
    const { files, keys, reopen } = await openShop()
    files.clear()
    const core = reopen({}, async (call, key) =>
      call === "head" && key === "480h/a.jpg" ? failing(call, key) : undefined,
    )
    await expect(clean(core)).rejects.toMatchObject({ code: "store-unavailable" })
    expect(await keys()).toEqual(method === "sweep" ? ["480h/a.jpg"] : ["480h/a.jpg", "480h/b.jpg"])
  })

  it("continues after a deletion that fails, and then rejects", async () => {
    const { store, keys, reopen } = await openShop()
    for (let n = 0; n < 120; n++) await store.put(`480h/${n}.jpg`, Buffer.from("x"), await metaOf(store))
    const core = reopen({ head: async () => undefined, isGone: async () => true }, async (call, key) => {
      if (call === "delete" && key.includes("480h/a.jpg")) await failing(call, key)
    })
    await expect(clean(core)).rejects.toMatchObject({ code: "store-unavailable" })
    // The batch of the key that fails is kept by this store.
    expect(await keys()).toHaveLength(method === "sweep" ? 50 : 123)
  })

  it("ends early when its signal aborts, without deleting more", async () => {
    const { core, files, keys } = await openShop()
    files.clear()
    expect(await clean(core, { signal: AbortSignal.abort() })).toBe(0)
    expect(await keys()).toEqual(STORED)
  })
})

describe("purgeStale", () => {
  it("reads an original once where only its bytes can tell, and deletes renditions of other bytes", async () => {
    const { core, files, keys, reads } = await openShop()
    const before = reads.get
    files.set("a.jpg", { content: "other", mtime: 1, ctime: 2 })
    expect(await core.purgeStale(A)).toBe(2)
    expect(await keys()).toEqual(["480h/b.jpg"])
    expect(reads.get - before).toBe(1)
  })
})

describe("sweep", () => {
  it("reads no original and lets other work run between batches", async () => {
    const { core, files, store, reads } = await openShop()
    const stored = await store.get("480h/a.jpg")
    for (let n = 0; n < 1000; n++) {
      files.set(`${n}.jpg`, { ...PHOTO, ctime: 2 })
      if (stored?.body instanceof Uint8Array)
        await store.put(`480h/${n}.jpg`, stored.body, { ...stored.meta, original: `${n}.jpg` })
    }
    const before = reads.get
    let turns = 0
    let isOver = false
    const count = (): void => {
      turns += 1
      if (!isOver) setImmediate(count)
    }
    setImmediate(count)
    expect(await core.sweep("")).toBe(0)
    isOver = true
    expect(reads.get).toBe(before)
    expect(turns).toBeGreaterThanOrEqual(1000 / 50)
  })

  it("gives up a store that fails for every key", async () => {
    let heads = 0
    const { store, reopen } = await openShop()
    for (let n = 0; n < 100; n++) await store.put(`480h/${n}.jpg`, Buffer.from("x"), await metaOf(store))
    const core = reopen({}, async (call, key) => {
      if (call !== "head") return
      heads += 1
      await failing(call, key)
    })
    await expect(core.sweep("")).rejects.toMatchObject({ code: "store-unavailable" })
    expect(heads).toBe(10)
  })
})

const metaOf = async (store: Renditions): Promise<NonNullable<Awaited<ReturnType<Renditions["head"]>>>> => {
  const meta = await store.head("480h/a.jpg")
  if (!meta) throw new Error("Expected a record.")
  return meta
}
