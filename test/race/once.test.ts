/** How often an original is read, rendered and written: for identical concurrent misses, slow and failing stores, and clients that leave. */
import { describe, expect, it } from "vitest"

import { memoryOriginals, memoryRenditions, type MemoryOriginals } from "../../src/store/memory.ts"
import type { Originals, Renditions } from "../../src/store/store.ts"
import type { WorkLimits } from "../../src/tailor/limits.ts"
import type { Core } from "../../src/tailor/tailor.ts"
import { CORRUPT, createFakeRenderer, type FakeRenderer } from "../support/fake-renderer.ts"
import {
  createLatch,
  createTally,
  failing,
  type Fault,
  faultyOriginals,
  faultyRenditions,
  hanging,
  on,
} from "../support/faulty-store.ts"
import { ask, LIMITS, openCore } from "./support.ts"

const KEY = "480h/a.jpg"
const RENDERED = "photo @ 480h."

interface Shop {
  readonly core: Core
  /** The originals, without faults. */
  readonly photos: MemoryOriginals
  /** The stored renditions, without faults. */
  readonly store: Renditions
  readonly renderer: FakeRenderer
  readonly reads: ReturnType<typeof createTally>["counts"]
  readonly writes: ReturnType<typeof createTally>["counts"]
}

interface ShopOptions {
  readonly originalsFault?: Fault
  readonly renditionsFault?: Fault
  readonly step?: (name: string) => Promise<void>
  readonly peakBytes?: number
  /** Whether equal versions of an original prove equal bytes. */
  readonly isStable?: boolean
  readonly limits?: Partial<WorkLimits>
}

const unstable = (store: Originals): Originals => ({
  ...store,
  head: async (key) => {
    const stat = await store.head(key)
    return stat && { ...stat, isStable: false }
  },
  get: async (key) => {
    const object = await store.get(key)
    return object && { ...object, stat: { ...object.stat, isStable: false } }
  },
})

const openShop = ({
  originalsFault,
  renditionsFault,
  step,
  peakBytes,
  isStable = true,
  limits = {},
}: ShopOptions = {}): Shop => {
  const photos = memoryOriginals()
  photos.set("a.jpg", Buffer.from("photo"))
  const store = memoryRenditions()
  const [reads, writes] = [createTally(), createTally()]
  const { memoryBytes } = { ...LIMITS, ...limits }
  const renderer = createFakeRenderer({ step, memoryBytes, ...(peakBytes !== undefined && { peakBytes }) })
  const pass: Fault = async () => {}
  const core = openCore({
    originals: faultyOriginals(
      faultyOriginals(isStable ? photos : unstable(photos), originalsFault ?? pass),
      reads.fault,
    ),
    renditions: faultyRenditions(faultyRenditions(store, renditionsFault ?? pass), writes.fault),
    renderer,
    limits,
  })
  return { core, photos, store, renderer, reads: reads.counts, writes: writes.counts }
}

/** A step of the renderer that stops until the latch opens. */
const holdRender = (): {
  readonly step: (name: string) => Promise<void>
  readonly latch: ReturnType<typeof createLatch>
} => {
  const latch = createLatch()
  return { latch, step: async (name) => (name === "render" ? latch.hold("get", name) : undefined) }
}

const storedText = async (store: Renditions, key = KEY): Promise<string | undefined> => {
  const object = await store.get(key)
  return object && Buffer.from(object.body as Uint8Array).toString()
}

describe("identical misses", () => {
  it("identical concurrent misses cost one read, one render and one write, and get the same rendition", async () => {
    const { core, renderer, reads, writes } = openShop()
    const answers = await Promise.all(Array.from({ length: 200 }, () => ask(core, KEY)))
    await core.idle()
    expect(new Set(answers)).toEqual(new Set([RENDERED]))
    expect({ read: reads.get, ...renderer.calls, written: writes.put }).toEqual({
      read: 1,
      inspect: 1,
      decode: 0,
      render: 1,
      written: 1,
    })
  })

  it("identical concurrent misses cost no more when the first client leaves, and succeed for the others", async () => {
    const { step, latch } = holdRender()
    const { core, renderer, reads, writes } = openShop({ step })
    const clients = Array.from({ length: 200 }, () => new AbortController())
    const answers = clients.map(({ signal }) => ask(core, KEY, signal))
    await latch.reached
    for (const at of [0, 7, 199]) clients[at]?.abort()
    latch.open()
    const settled = await Promise.all(answers)
    await core.idle()
    expect(settled.filter((answer) => answer === "left").length).toBe(3)
    expect(settled.filter((answer) => answer === RENDERED).length).toBe(197)
    expect({ read: reads.get, ...renderer.calls, written: writes.put }).toEqual({
      read: 1,
      inspect: 1,
      decode: 0,
      render: 1,
      written: 1,
    })
  })

  it("identical concurrent misses cost no more when all clients leave during the render: it is stored, and the next request joins it", async () => {
    const { step, latch } = holdRender()
    const { core, renderer, store } = openShop({ step })
    const clients = Array.from({ length: 5 }, () => new AbortController())
    const answers = clients.map(({ signal }) => ask(core, KEY, signal))
    await latch.reached
    for (const client of clients) client.abort()
    expect(new Set(await Promise.all(answers))).toEqual(new Set(["left"]))
    const late = ask(core, KEY)
    latch.open()
    expect(await late).toBe(RENDERED)
    await core.idle()
    expect(renderer.calls.render).toBe(1)
    expect(await storedText(store)).toBe(RENDERED)
  })

  it("identical concurrent misses are decided as one miss and as coalesced for the others", async () => {
    const { core } = openShop()
    const { parseKey } = await import("../../src/sizes/key.ts")
    const parsed = parseKey(KEY.split("/"), core.grammar)
    if ("refused" in parsed) throw new Error("Expected a key.")
    const found = await Promise.all(Array.from({ length: 5 }, () => core.answer(parsed)))
    expect(found.map(({ decision }) => decision.outcome).toSorted()).toEqual([
      ...Array.from({ length: 4 }, () => "coalesced"),
      "miss",
    ])
    expect((await core.answer(parsed)).decision.outcome).toBe("hit")
  })

  it("identical concurrent misses share a failure, and the next request tries again", async () => {
    let fails = true
    const { core, renderer } = openShop({
      originalsFault: on(["get"], async (call, key) => (fails ? failing(call, key) : undefined)),
    })
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(core, KEY)))
    expect(new Set(answers)).toEqual(new Set(["store-unavailable"]))
    fails = false
    expect(await ask(core, KEY)).toBe(RENDERED)
    expect(renderer.calls.render).toBe(1)
  })

  it("identical concurrent misses of an unstable original are rendered once, and read a second time by all requests that came during the render", async () => {
    const { step, latch } = holdRender()
    const { core, renderer, reads, writes } = openShop({ step, isStable: false })
    const early = [ask(core, KEY), ask(core, KEY)]
    await latch.reached
    const later = Array.from({ length: 50 }, () => ask(core, KEY))
    await new Promise((done) => setImmediate(done))
    latch.open()
    expect(new Set(await Promise.all([...early, ...later]))).toEqual(new Set([RENDERED]))
    expect({ read: reads.get, render: renderer.calls.render, written: writes.put }).toEqual({
      read: 2,
      render: 1,
      written: 1,
    })
  })

  it("identical concurrent misses are joined only within one size and format", async () => {
    const { core, renderer } = openShop()
    const keys = [KEY, "1280w/a.jpg", "480h/a.jpg.webp", "480h/a.jpg.avif", "info/a.jpg.json"]
    const answers = await Promise.all(keys.flatMap((key) => [ask(core, key), ask(core, key)]))
    expect(new Set(answers).size).toBe(keys.length)
    expect(renderer.calls.render).toBe(keys.length)
  })
})

describe("clients", () => {
  it("a client that leaves takes its render out of the queue when no other client waits for it", async () => {
    const { step, latch } = holdRender()
    const { core, photos, renderer, reads } = openShop({ step, limits: { renders: 1 } })
    photos.set("b.jpg", Buffer.from("other"))
    const first = ask(core, KEY)
    await latch.reached
    const client = new AbortController()
    const second = ask(core, "480h/b.jpg", client.signal)
    await new Promise((done) => setImmediate(done))
    client.abort()
    expect(await second).toBe("left")
    latch.open()
    expect(await first).toBe(RENDERED)
    await core.idle()
    expect({ render: renderer.calls.render, read: reads.get }).toEqual({ render: 1, read: 1 })
  })

  it("a client that leaves before its request began is not answered", async () => {
    const { core } = openShop()
    expect(await ask(core, KEY, AbortSignal.abort())).toBe("left")
    await core.idle()
  })

  it("a client that leaves during the lookup of the stored rendition is not answered either", async () => {
    const latch = createLatch()
    const { core } = openShop({ renditionsFault: on(["get"], latch.hold) })
    const client = new AbortController()
    const answer = ask(core, KEY, client.signal)
    await latch.reached
    client.abort()
    latch.open()
    expect(await answer).toBe("left")
    await core.idle()
  })
})

describe("corrupt originals", () => {
  it("a corrupt original is decoded once per version, and works after its repair", async () => {
    const { core, photos, renderer } = openShop()
    photos.set("a.jpg", Buffer.from(CORRUPT))
    for (let time = 0; time < 10; time++) expect(await ask(core, KEY)).toBe("corrupt-original")
    expect(renderer.calls.render).toBe(1)
    photos.set("a.jpg", Buffer.from(`${CORRUPT} still`))
    for (let time = 0; time < 10; time++) expect(await ask(core, KEY)).toBe("corrupt-original")
    expect(renderer.calls.render).toBe(2)
    photos.set("a.jpg", Buffer.from("photo"))
    expect(await ask(core, KEY)).toBe(RENDERED)
  })

  it("a corrupt original is never stored", async () => {
    const { core, photos, store, writes } = openShop()
    photos.set("a.jpg", Buffer.from(CORRUPT))
    await ask(core, KEY)
    await core.idle()
    expect(await storedText(store)).toBeUndefined()
    expect(writes.put).toBe(0)
  })

  it("a corrupt original that replaces a sound one has its rendition deleted", async () => {
    const { core, photos, store } = openShop()
    await ask(core, KEY)
    photos.set("a.jpg", Buffer.from(CORRUPT))
    expect(await ask(core, KEY)).toBe("corrupt-original")
    await core.idle()
    expect(await storedText(store)).toBeUndefined()
  })
})

describe("changes during a render", () => {
  it("an original that changes during its render to other bytes is sent in its former version and stored in the present one", async () => {
    const { step, latch } = holdRender()
    const { core, photos, store, renderer } = openShop({ step })
    const answer = ask(core, KEY)
    await latch.reached
    photos.set("a.jpg", Buffer.from("new"))
    latch.open()
    expect(await answer).toBe(RENDERED)
    await core.idle()
    expect(await storedText(store)).toBe("new @ 480h.")
    expect(renderer.calls.render).toBe(2)
    expect(await ask(core, KEY)).toBe("new @ 480h.")
    expect(renderer.calls.render).toBe(2)
  })

  it("an original that changes during its render to nothing has its rendition deleted", async () => {
    const { step, latch } = holdRender()
    const { core, photos, store } = openShop({ step })
    const answer = ask(core, KEY)
    await latch.reached
    photos.remove("a.jpg")
    latch.open()
    expect(await answer).toBe(RENDERED)
    await core.idle()
    expect(await storedText(store)).toBeUndefined()
  })

  it("an original that changes during its render to bytes that do not decode has its rendition deleted", async () => {
    const { step, latch } = holdRender()
    const { core, photos, store } = openShop({ step })
    const answer = ask(core, KEY)
    await latch.reached
    photos.set("a.jpg", Buffer.from(CORRUPT))
    latch.open()
    expect(await answer).toBe(RENDERED)
    await core.idle()
    expect(await storedText(store)).toBeUndefined()
  })

  it("an original that changes during its render again and again is not rendered for ever because of one request", async () => {
    let version = 0
    const shop: Shop = openShop({
      step: async (name) => {
        if (name === "render") shop.photos.set("a.jpg", Buffer.from(`version ${(version += 1)}`))
      },
    })
    await ask(shop.core, KEY)
    await shop.core.idle()
    expect(shop.renderer.calls.render).toBeLessThan(10)
  })

  it("an original that changes during its render back and forth is stored in its last version", async () => {
    const { step, latch } = holdRender()
    const { core, photos, store } = openShop({ step })
    const answers = [ask(core, KEY)]
    await latch.reached
    for (const content of ["b", "a", "b", "photo"]) {
      photos.set("a.jpg", Buffer.from(content))
      answers.push(ask(core, KEY))
    }
    latch.open()
    await Promise.all(answers)
    await core.idle()
    expect(await ask(core, KEY)).toBe(RENDERED)
    expect(await storedText(store)).toBe(RENDERED)
  })
})

describe("deleted originals", () => {
  it("an original that was deleted has its rendition deleted with the next request", async () => {
    const { core, photos, store } = openShop()
    await ask(core, KEY)
    photos.remove("a.jpg")
    expect(await ask(core, KEY)).toBe("original-not-found")
    expect(await storedText(store)).toBeUndefined()
  })

  it("an original that was deleted is answered as not found where its rendition cannot be deleted", async () => {
    const { core, photos } = openShop({ renditionsFault: on(["delete"], failing) })
    await ask(core, KEY)
    photos.remove("a.jpg")
    expect(await ask(core, KEY)).toBe("original-not-found")
  })
})

describe("failures of the renditions' store", () => {
  it("a renditions' store that cannot write fails no request, is reported once, and has the rendition rendered again for the next request", async () => {
    const { core, renderer, writes } = openShop({ renditionsFault: on(["put"], failing) })
    const { parseKey } = await import("../../src/sizes/key.ts")
    const parsed = parseKey(KEY.split("/"), core.grammar)
    if ("refused" in parsed) throw new Error("Expected a key.")
    const [first, ...others] = await Promise.all([core.answer(parsed), core.answer(parsed), core.answer(parsed)])
    expect(first.decision.storeFailure).toContain("put failed")
    expect(others.map(({ decision }) => decision.storeFailure)).toEqual([undefined, undefined])
    await core.idle()
    expect(await ask(core, KEY)).toBe(RENDERED)
    expect({ render: renderer.calls.render, put: writes.put }).toEqual({ render: 2, put: 2 })
  })

  it("a renditions' store that never finishes writing delays a response by two seconds", async () => {
    const { core } = openShop({ renditionsFault: on(["put"], hanging) })
    const { parseKey } = await import("../../src/sizes/key.ts")
    const parsed = parseKey(KEY.split("/"), core.grammar)
    if ("refused" in parsed) throw new Error("Expected a key.")
    const found = await core.answer(parsed)
    expect(Buffer.from(found.body as Uint8Array).toString()).toBe(RENDERED)
    expect(found.decision.storeFailure).toBeDefined()
  })

  it("a renditions' store that cannot read fails no request, and each request renders again", async () => {
    const { core, renderer, writes } = openShop({ renditionsFault: on(["get"], failing) })
    for (let time = 0; time < 2; time++) expect(await ask(core, KEY)).toBe(RENDERED)
    await core.idle()
    expect({ render: renderer.calls.render, put: writes.put }).toEqual({ render: 2, put: 2 })
  })

  it("a renditions' store that never answers delays a request until its deadline at most", async () => {
    const { core } = openShop({ renditionsFault: on(["get"], hanging), limits: { deadlineMs: 50 } })
    expect(["busy", "store-unavailable"]).toContain(await ask(core, KEY))
  }, 3000)
})

describe("failures of the originals' store", () => {
  it("an originals' store that fails to look up an original fails the request with a code", async () => {
    const { core } = openShop({ originalsFault: on(["head"], failing) })
    expect(await ask(core, KEY)).toBe("store-unavailable")
  })

  it("an originals' store that never answers a lookup delays a request until its deadline at most", async () => {
    const { core } = openShop({ originalsFault: on(["head"], hanging), limits: { deadlineMs: 50 } })
    expect(["busy", "store-unavailable"]).toContain(await ask(core, KEY))
  }, 3000)

  it("an originals' store that never finishes a read delays a request until its deadline at most", async () => {
    const { core } = openShop({ originalsFault: on(["get"], hanging), limits: { deadlineMs: 50 } })
    expect(await ask(core, KEY)).toBe("busy")
  }, 3000)

  it("an originals' store that is slow is read once all the same", async () => {
    const latch = createLatch()
    const { core, reads, renderer } = openShop({ originalsFault: on(["get"], latch.hold) })
    const early = ask(core, KEY)
    await latch.reached
    const later = Array.from({ length: 10 }, () => ask(core, KEY))
    latch.open()
    expect(new Set(await Promise.all([early, ...later]))).toEqual(new Set([RENDERED]))
    expect({ read: reads.get, render: renderer.calls.render }).toEqual({ read: 1, render: 1 })
  })
})

describe("limits", () => {
  it("a request for more work than the limits allow is refused at the deadline, continues, and is stored", async () => {
    const { step, latch } = holdRender()
    const { core, renderer, store } = openShop({ step, limits: { deadlineMs: 50 } })
    expect(await ask(core, KEY)).toBe("busy")
    latch.open()
    await core.idle()
    expect(await storedText(store)).toBe(RENDERED)
    expect(await ask(core, KEY)).toBe(RENDERED)
    expect(renderer.calls.render).toBe(1)
  })

  it("a request for more work than the limits allow is refused at once while the queue is full", async () => {
    const { step, latch } = holdRender()
    const { core, photos } = openShop({ step, limits: { renders: 1, queue: 1 } })
    for (const name of ["b", "c"]) photos.set(`${name}.jpg`, Buffer.from(name))
    const first = ask(core, KEY)
    await latch.reached
    const second = ask(core, "480h/b.jpg")
    await new Promise((done) => setImmediate(done))
    expect(await ask(core, "480h/c.jpg")).toBe("busy")
    // A request that joins a running render needs no place in the queue.
    const joined = ask(core, KEY)
    latch.open()
    expect(await Promise.all([first, second, joined])).toEqual([RENDERED, "b @ 480h.", RENDERED])
    expect(await ask(core, "480h/c.jpg")).toBe("c @ 480h.")
  })

  it("a render waits for memory, and runs alone if it needs more than the limit", async () => {
    let [running, most] = [0, 0]
    const { core, photos, renderer } = openShop({
      peakBytes: 2000,
      limits: { memoryBytes: 1000, renders: 4 },
      step: async (name) => {
        if (name !== "render") return
        running += 1
        most = Math.max(most, running)
        await new Promise((done) => setImmediate(done))
        running -= 1
      },
    })
    const names = ["b", "c", "d", "e"]
    for (const name of names) photos.set(`${name}.jpg`, Buffer.from(name))
    await Promise.all(names.map((name) => ask(core, `480h/${name}.jpg`)))
    expect({ most, render: renderer.calls.render }).toEqual({ most: 1, render: 4 })
  })
})
