/** Stores that refuse, hang or cannot know: which renditions are still sent, and which are deleted. */
import { afterEach, describe, expect, it, vi } from "vitest"

import { storeUnavailable } from "../../src/errors.ts"
import { parseKey } from "../../src/sizes/key.ts"
import { memoryOriginals, type MemoryOriginals, memoryRenditions } from "../../src/store/memory.ts"
import { type OpenBody, type Originals, readBody, type Renditions } from "../../src/store/store.ts"
import type { Decision } from "../../src/tailor/decision.ts"
import { createStored, type StoreFailure } from "../../src/tailor/stored.ts"
import type { Core } from "../../src/tailor/tailor.ts"
import { CORRUPT, createFakeRenderer, type FakeRenderer } from "../support/fake-renderer.ts"
import {
  createLatch,
  failing,
  type Fault,
  faultyOriginals,
  faultyRenditions,
  hanging,
  on,
} from "../support/faulty-store.ts"
import { ask, type CoreOptions, openCore } from "./support.ts"

const KEY = "480h/a.jpg"
const RENDERED = "photo @ 480h."

interface Shop {
  readonly core: Core
  readonly photos: MemoryOriginals
  readonly store: Renditions
  readonly renderer: FakeRenderer
  readonly failures: StoreFailure[]
  /** Faults that can be set while the shop is open. */
  readonly faults: { originals: Fault; renditions: Fault }
  /** Another process over the same stores. */
  readonly reopen: (options?: Partial<CoreOptions>) => Core
}

const pass: Fault = async () => {}

/** The same store, which never states that an original was deleted. */
const silent = (photos: Originals): Originals => ({
  name: photos.name,
  head: (key) => photos.head(key),
  get: (key) => photos.get(key),
  list: (prefix) => photos.list(prefix),
})

const openShop = async (options: Partial<CoreOptions> = {}): Promise<Shop> => {
  const photos = memoryOriginals()
  photos.set("a.jpg", Buffer.from("photo"))
  const store = memoryRenditions()
  const renderer = createFakeRenderer()
  const failures: StoreFailure[] = []
  const faults = { originals: pass, renditions: pass }
  const reopen = (others: Partial<CoreOptions> = {}): Core =>
    openCore({
      originals: faultyOriginals(photos, (...call) => faults.originals(...call)),
      renditions: faultyRenditions(store, (...call) => faults.renditions(...call)),
      renderer,
      onStoreFailure: (failure) => failures.push(failure),
      ...options,
      ...others,
    })
  const core = reopen()
  expect(await ask(core, KEY)).toBe(RENDERED)
  await core.idle()
  renderer.calls.render = 0
  return { core, photos, store, renderer, failures, faults, reopen }
}

const decide = async (core: Core, key = KEY): Promise<Decision> => {
  const parsed = parseKey(key.split("/"), core.grammar)
  if ("refused" in parsed) throw new Error("Expected a key.")
  return (await core.answer(parsed)).decision
}

const isStored = async ({ store }: Shop, key = KEY): Promise<boolean> => (await store.head(key)) !== undefined

afterEach(() => void vi.restoreAllMocks())

describe("missing originals", () => {
  it("a rendition of a missing original is deleted where the store states that the original was deleted", async () => {
    const shop = await openShop()
    shop.photos.remove("a.jpg")
    expect(await ask(shop.core, KEY)).toBe("original-not-found")
    expect(await isStored(shop)).toBe(false)
  })

  it.each<[string, Pick<Originals, "isGone">]>([
    ["cannot know", {}],
    ["denies it", { isGone: async () => false }],
    ["cannot be reached", { isGone: () => Promise.reject(storeUnavailable("memory", "a.jpg", "refused")) }],
  ])("a rendition of a missing original is kept where the store %s", async (_, answers) => {
    const shop = await openShop()
    const core = shop.reopen({ originals: { ...silent(shop.photos), ...answers } })
    shop.photos.remove("a.jpg")
    expect(await ask(core, KEY)).toBe("original-not-found")
    expect(await isStored(shop)).toBe(true)
    shop.photos.set("a.jpg", Buffer.from("photo"))
    expect(await ask(core, KEY)).toBe(RENDERED)
  })

  it("a rendition of a missing original is kept until every original that its key can mean was deleted", async () => {
    const shop = await openShop()
    const key = "480h/a.jpg.webp"
    expect(await ask(shop.core, key)).toBe("photo @ 480h.webp")
    await shop.core.idle()
    shop.photos.remove("a.jpg")
    const { photos } = shop
    const core = shop.reopen({ originals: { ...photos, isGone: async (original) => original === "a.jpg" } })
    expect(await ask(core, key)).toBe("original-not-found")
    expect(await isStored(shop, key)).toBe(true)
    expect(await ask(shop.core, key)).toBe("original-not-found")
    expect(await isStored(shop, key)).toBe(false)
  })

  it("a rendition of a missing original is reported where it cannot be deleted", async () => {
    const shop = await openShop()
    shop.faults.renditions = on(["delete"], failing)
    shop.photos.remove("a.jpg")
    expect(await ask(shop.core, KEY)).toBe("original-not-found")
    expect(shop.failures).toMatchObject([{ action: "delete", key: KEY }])
    expect(shop.failures[0]?.reason).toContain("delete failed")
  })

  it("a rendition of a missing original is kept when a render ends after its original disappeared from a store that does not know why", async () => {
    const shop = await openShop()
    let isHidden = false
    const core = shop.reopen({
      originals: { ...silent(shop.photos), head: async (key) => (isHidden ? undefined : shop.photos.head(key)) },
      renditions: {
        ...shop.store,
        put: async (...call) => {
          isHidden = true
          return shop.store.put(...call)
        },
      },
    })
    expect(await ask(core, "1280w/a.jpg")).toBe("photo @ 1280w.")
    await core.idle()
    expect(await isStored(shop, "1280w/a.jpg")).toBe(true)
  })
})

describe("outages", () => {
  const DAY = { staleIfErrorSeconds: 86_400 }

  it("an unreachable originals' store leads to stored renditions being sent as unverified, and fails other requests", async () => {
    const shop = await openShop(DAY)
    shop.faults.originals = failing
    expect(await decide(shop.core)).toMatchObject({ outcome: "hit", isUnverified: true, original: "a.jpg" })
    expect(await ask(shop.core, KEY)).toBe(RENDERED)
    expect(await ask(shop.core, "1280w/a.jpg")).toBe("store-unavailable")
    shop.faults.originals = pass
    expect((await decide(shop.core)).isUnverified).toBeUndefined()
    expect(shop.renderer.calls.render).toBe(0)
  })

  it("an unreachable originals' store fails requests where stale renditions are not allowed, and after the time for which they are", async () => {
    let now = 0
    const shop = await openShop({ staleIfErrorSeconds: 60, clock: () => now })
    shop.faults.originals = failing
    expect(await ask(shop.reopen({ staleIfErrorSeconds: 0 }), KEY)).toBe("store-unavailable")
    expect(await ask(shop.core, KEY)).toBe(RENDERED)
    now += 59_000
    expect(await ask(shop.core, KEY)).toBe(RENDERED)
    now += 1000
    expect(await ask(shop.core, KEY)).toBe("store-unavailable")
    // It works again in between: the time is counted from its next failure.
    shop.faults.originals = pass
    expect(await ask(shop.core, KEY)).toBe(RENDERED)
    shop.faults.originals = failing
    expect(await ask(shop.core, KEY)).toBe(RENDERED)
  })

  it("an unreachable originals' store never leads to a rendition of a version that is known to be replaced", async () => {
    const shop = await openShop(DAY)
    shop.photos.set("a.jpg", Buffer.from("new"))
    shop.faults.originals = on(["get"], failing)
    expect(await ask(shop.core, KEY)).toBe("store-unavailable")
    shop.faults.originals = failing
    expect(await ask(shop.core, KEY)).toBe("store-unavailable")
    shop.faults.originals = pass
    expect(await ask(shop.core, KEY)).toBe("new @ 480h.")
    shop.faults.originals = failing
    expect(await ask(shop.core, KEY)).toBe("new @ 480h.")
  })

  it("an unreachable originals' store never leads to a rendition that was made by another recipe", async () => {
    const shop = await openShop(DAY)
    shop.faults.originals = failing
    expect(await ask(shop.reopen({ jpegQuality: 50 }), KEY)).toBe("store-unavailable")
  })

  it("an unreachable originals' store sends a rendition that only a read could prove", async () => {
    const shop = await openShop(DAY)
    const unstable: Originals = {
      ...shop.photos,
      head: async (key) => {
        const stat = await shop.photos.head(key)
        return stat && { ...stat, version: "touched", weakVersion: "w" }
      },
      get: () => Promise.reject(storeUnavailable("memory", "a.jpg", "refused")),
    }
    const meta = await shop.store.head(KEY)
    if (meta) await shop.store.put(KEY, Buffer.from(RENDERED), { ...meta, weakVersion: "w" })
    expect(await decide(shop.reopen({ originals: unstable }))).toMatchObject({ outcome: "hit", isUnverified: true })
  })

  it("an unreachable originals' store does not matter for an original that is refused", async () => {
    const shop = await openShop(DAY)
    shop.photos.set("a.jpg", Buffer.from(CORRUPT))
    expect(await ask(shop.core, KEY)).toBe("corrupt-original")
  })
})

interface OpenCount {
  readonly renditions: Renditions
  /** Renditions that are open. */
  readonly open: () => number
  /** True once all that were opened are closed. */
  readonly wasClosed: () => boolean
}

/** The same store, whose renditions have to be streamed or closed. */
const countOpen = (store: Renditions): OpenCount => {
  let open = 0
  let opened = 0
  const renditions: Renditions = {
    ...store,
    get: async (key, options) => {
      const object = await store.get(key, options)
      if (!object) return undefined
      open += 1
      opened += 1
      const body: OpenBody = {
        stream: async function* () {
          open -= 1
          yield await readBody(object)
        },
        close: async () => void (open -= 1),
      }
      return { ...object, body }
    },
  }
  return { renditions, open: () => open, wasClosed: () => opened > 0 && open === 0 }
}

describe("opened renditions", () => {
  it("an opened rendition is closed where the second look at its original fails", async () => {
    const shop = await openShop()
    const { renditions, open } = countOpen(shop.store)
    const originals: Originals = {
      ...shop.photos,
      head: async (key, options) =>
        options?.fresh ? failing("head", key).then(() => undefined) : shop.photos.head(key),
    }
    const core = shop.reopen({ originals, renditions })
    expect([await ask(core, KEY), open()]).toEqual([RENDERED, 0])
    shop.photos.set("a.jpg", Buffer.from("other"))
    expect([await ask(core, KEY), open()]).toEqual(["store-unavailable", 0])
  })

  it("a rendition that is opened too late for a render is closed", async () => {
    const shop = await openShop()
    const { renditions, wasClosed } = countOpen(shop.store)
    const latch = createLatch()
    const stored = createStored({
      originals: shop.photos,
      renditions: faultyRenditions(renditions, latch.hold),
    })
    const parsed = parseKey(KEY.split("/"), shop.core.grammar)
    if ("refused" in parsed) throw new Error("Expected a key.")
    expect(await stored.readWhole(parsed.key)).toBeUndefined()
    latch.open()
    await expect.poll(wasClosed).toBe(true)
  })
})

describe("failures of the renditions' store", () => {
  it("a renditions' store that refuses to be read is reported, and its renditions are rendered and written again", async () => {
    const shop = await openShop()
    shop.faults.renditions = on(["get", "head"], failing)
    expect(await ask(shop.core, KEY)).toBe(RENDERED)
    await shop.core.idle()
    expect(shop.renderer.calls.render).toBe(1)
    expect(shop.failures).toMatchObject([{ action: "read", key: KEY }])
    shop.faults.renditions = pass
    expect((await decide(shop.core)).outcome).toBe("hit")
  })

  it("a renditions' store that holds a rendition whose bytes cannot be read has it rendered again and written over", async () => {
    const shop = await openShop()
    const meta = await shop.store.head(KEY)
    if (!meta) throw new Error("Expected a record.")
    const broken = { stream: () => failingStream(), close: async () => {} }
    const core = shop.reopen({
      renditions: {
        ...shop.store,
        get: async () => ({ meta: { ...meta, isStable: false }, byteLength: 5, body: broken }),
      },
    })
    expect(await ask(core, KEY)).toBe(RENDERED)
    expect(shop.renderer.calls.render).toBe(1)
  })

  it("a renditions' store that hangs during a render is waited for two seconds, and keeps no slot", async () => {
    const shop = await openShop({ limits: { renders: 1 } })
    const { photos } = shop
    const unstable: Originals = {
      ...silent(photos),
      head: async (key) => {
        const stat = await photos.head(key)
        return stat && { ...stat, isStable: false }
      },
      get: async (key) => {
        const object = await photos.get(key)
        return object && { ...object, stat: { ...object.stat, isStable: false } }
      },
    }
    let isFirst = true
    shop.faults.renditions = async (call) => {
      if (call === "get" && !isFirst) await new Promise(() => {})
      isFirst = false
    }
    const core = shop.reopen({ originals: unstable, limits: { renders: 1 } })
    expect(await ask(core, "1280w/a.jpg")).toBe("photo @ 1280w.")
    expect(await ask(core, "480h/a.jpg.webp")).toBe("photo @ 480h.webp")
    expect(shop.failures).toMatchObject([{ action: "read", key: "1280w/a.jpg" }])
  })

  it("a renditions' store that hangs delays requests until it is found out, and then one in ten seconds", async () => {
    const shop = await openShop({ limits: { deadlineMs: 50 } })
    shop.faults.renditions = on(["get", "put"], hanging)
    expect(await ask(shop.core, KEY)).toBe("busy")
    // The first one tries to write.
    void ask(shop.core, "1280w/a.jpg")
    const { outcome, storeFailure } = await decide(shop.core)
    expect({ outcome, storeFailure }).toEqual({ outcome: "miss", storeFailure: "the store does not respond" })
    const now = performance.now.bind(performance)
    let offset = 10_001
    vi.spyOn(performance, "now").mockImplementation(() => now() + offset)
    expect(await ask(shop.core, KEY)).toBe("busy")
    expect(await ask(shop.core, KEY)).toBe(RENDERED)
    shop.faults.renditions = pass
    offset = 30_000
    expect((await decide(shop.core)).outcome).toBe("hit")
  }, 5000)
})

async function* failingStream(): AsyncIterable<Uint8Array> {
  yield Buffer.from("pho")
  throw new Error("EIO: i/o error, read")
}
