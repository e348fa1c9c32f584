/** Originals whose metadata changes and whose bytes do not, and the other way round. */
import { describe, expect, it } from "vitest"

import { memoryRenditions } from "../../src/store/memory.ts"
import type { RenditionMeta, Renditions } from "../../src/store/store.ts"
import type { Core } from "../../src/tailor/tailor.ts"
import { createFakeRenderer, type FakeRenderer } from "../support/fake-renderer.ts"
import { createTally, faultyOriginals, faultyRenditions } from "../support/faulty-store.ts"
import { type File, fileOriginals } from "../support/file-originals.ts"
import { ask, openCore } from "./support.ts"

const KEY = "480h/a.jpg"

interface Server {
  readonly core: Core
  readonly renderer: FakeRenderer
  readonly reads: ReturnType<typeof createTally>["counts"]
  readonly writes: ReturnType<typeof createTally>["counts"]
  /** Replaces the file on this server's disk. */
  readonly place: (file: File) => void
}

const openServer = (store: Renditions, file: File): Server => {
  const files = new Map([["a.jpg", file]])
  const [reads, writes] = [createTally(), createTally()]
  const renderer = createFakeRenderer()
  const core = openCore({
    originals: faultyOriginals(fileOriginals(files), reads.fault),
    renditions: faultyRenditions(store, writes.fault),
    renderer,
  })
  return {
    core,
    renderer,
    reads: reads.counts,
    writes: writes.counts,
    place: (next) => void files.set("a.jpg", next),
  }
}

const metaOf = async (store: Renditions): Promise<RenditionMeta> => {
  const meta = await store.head(KEY)
  if (!meta) throw new Error("Expected a stored rendition.")
  return meta
}

const outcomeOf = async ({ core }: Server): Promise<string> => {
  const { parseKey } = await import("../../src/sizes/key.ts")
  const parsed = parseKey(KEY.split("/"), core.grammar)
  if ("refused" in parsed) throw new Error("Expected a key.")
  return (await core.answer(parsed)).decision.outcome
}

describe("changed metadata", () => {
  it("an original with changed metadata and equal bytes is read once and its rendition is kept, without a new record", async () => {
    const store = memoryRenditions()
    const server = openServer(store, { content: "photo", mtime: 1, ctime: 1 })
    await ask(server.core, KEY)
    await server.core.idle()
    const before = await metaOf(store)
    server.place({ content: "photo", mtime: 1, ctime: 2 })
    for (let time = 0; time < 3; time++) expect(await outcomeOf(server)).toBe("hit")
    await server.core.idle()
    expect(await metaOf(store)).toEqual(before)
    expect({ ...server.renderer.calls, read: server.reads.get, put: server.writes.put }).toMatchObject({
      render: 1,
      read: 2,
      put: 1,
    })
  })

  it("an original with changed metadata and equal bytes gets a new record when its modification time changed too, and is then a hit without a read", async () => {
    const store = memoryRenditions()
    const server = openServer(store, { content: "photo", mtime: 1, ctime: 1 })
    await ask(server.core, KEY)
    await server.core.idle()
    const before = await metaOf(store)
    server.place({ content: "photo", mtime: 2, ctime: 2 })
    for (let time = 0; time < 3; time++) expect(await outcomeOf(server)).toBe("hit")
    await server.core.idle()
    expect(await metaOf(store)).toEqual({ ...before, version: "2-5-2", weakVersion: "2-5" })
    expect({ ...server.renderer.calls, read: server.reads.get, put: server.writes.put }).toMatchObject({
      render: 1,
      read: 2,
      put: 2,
    })
  })

  it("an original with changed metadata and equal bytes shares its rendition with a server that has a copy of it, and neither rewrites the record", async () => {
    const store = memoryRenditions()
    const one = openServer(store, { content: "photo", mtime: 1, ctime: 10 })
    const other = openServer(store, { content: "photo", mtime: 1, ctime: 20 })
    await ask(one.core, KEY)
    await one.core.idle()
    for (let time = 0; time < 3; time++) for (const server of [one, other]) expect(await outcomeOf(server)).toBe("hit")
    await Promise.all([one.core.idle(), other.core.idle()])
    expect([one.renderer.calls.render, other.renderer.calls.render]).toEqual([1, 0])
    expect([one.reads.get, other.reads.get]).toEqual([1, 1])
    expect([one.writes.put, other.writes.put]).toEqual([1, 0])
  })

  it("an original with changed metadata and equal bytes is compared at each request while it is unstable, and recorded as stable afterwards", async () => {
    const store = memoryRenditions()
    const server = openServer(store, { content: "photo", mtime: 1, ctime: 1, isStable: false })
    await ask(server.core, KEY)
    await server.core.idle()
    expect(await metaOf(store)).toMatchObject({ isStable: false })
    expect(await outcomeOf(server)).toBe("hit")
    server.place({ content: "photo", mtime: 1, ctime: 1 })
    for (let time = 0; time < 3; time++) expect(await outcomeOf(server)).toBe("hit")
    await server.core.idle()
    expect((await metaOf(store)).isStable).toBeUndefined()
    expect({ ...server.renderer.calls, read: server.reads.get, put: server.writes.put }).toMatchObject({
      render: 1,
      read: 3,
      put: 2,
    })
  })
})

describe("changed bytes", () => {
  it.each([
    ["its modification time and length do not", { content: "other", mtime: 1, ctime: 2 }],
    ["its length does not", { content: "other", mtime: 2, ctime: 2 }],
    ["everything else does too", { content: "another", mtime: 2, ctime: 2 }],
  ])("an original whose bytes change is rendered again although %s", async (_, file) => {
    const server = openServer(memoryRenditions(), { content: "photo", mtime: 1, ctime: 1 })
    await ask(server.core, KEY)
    server.place(file)
    expect(await ask(server.core, KEY)).toBe(`${file.content} @ 480h.`)
    expect(server.renderer.calls.render).toBe(2)
  })
})

describe("times", () => {
  it("the time of a rendition is a second later than that of the one before, even where both were rendered in one second", async () => {
    const store = memoryRenditions()
    const server = openServer(store, { content: "photo", mtime: 1, ctime: 1 })
    const times: number[] = []
    for (const content of ["one", "two", "three"]) {
      server.place({ content, mtime: 1, ctime: times.length + 2 })
      await ask(server.core, KEY)
      await server.core.idle()
      times.push((await metaOf(store)).modifiedMs)
      // A watch may delete the rendition in between.
      if (content === "two") await store.delete([KEY])
    }
    expect(times).toEqual([0, 1000, 2000])
  })
})
