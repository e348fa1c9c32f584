/** Concurrent renditions of one original: it is read once and decoded once, and no request gets a version from before it began. */
import { setImmediate as turn } from "node:timers/promises"

import { describe, expect, it } from "vitest"

import type { Recipe } from "../../src/sizes/recipe.ts"
import { memoryOriginals, memoryRenditions, type MemoryOriginals } from "../../src/store/memory.ts"
import type { OriginalObject } from "../../src/store/store.ts"
import type { WorkLimits } from "../../src/tailor/limits.ts"
import { createSharedOriginals } from "../../src/tailor/shared-originals.ts"
import type { Core } from "../../src/tailor/tailor.ts"
import { CORRUPT, createFakeRenderer, type FakeRenderer } from "../support/fake-renderer.ts"
import { createLatch, createTally, type Fault, faultyOriginals } from "../support/faulty-store.ts"
import { ask, LIMITS, openCore } from "./support.ts"

const KEYS = ["480h/a.jpg", "1280w/a.jpg", "480h/a.jpg.webp", "1280w/a.jpg.webp", "480h/a.jpg.avif", "info/a.jpg.json"]
const RENDERED = [
  "photo @ 480h.",
  "photo @ 1280w.",
  "photo @ 480h.webp",
  "photo @ 1280w.webp",
  "photo @ 480h.avif",
  '{"content":"photo"}',
]

interface Shop {
  readonly core: Core
  readonly photos: MemoryOriginals
  readonly renderer: FakeRenderer
  readonly reads: ReturnType<typeof createTally>["counts"]
}

interface ShopOptions {
  readonly fault?: Fault
  readonly step?: (name: string) => Promise<void>
  readonly isStable?: boolean
  readonly canShare?: (recipe: Recipe) => boolean
  readonly content?: string
  readonly peakBytes?: number
  readonly limits?: Partial<WorkLimits>
}

const openShop = (options: ShopOptions = {}): Shop => {
  const { fault = async () => {}, step, canShare, isStable = true, content = "photo", peakBytes = 1 } = options
  const photos = memoryOriginals()
  photos.set("a.jpg", Buffer.from(content))
  const reads = createTally()
  const store = faultyOriginals(faultyOriginals(photos, fault), reads.fault)
  const { memoryBytes } = { ...LIMITS, ...options.limits }
  const renderer = createFakeRenderer({ peakBytes, memoryBytes, step, ...(canShare && { canShare }) })
  const core = openCore({
    originals: {
      ...store,
      head: async (key, how) => {
        const stat = await store.head(key, how)
        return stat && { ...stat, isStable: isStable }
      },
      get: async (key, how) => {
        const object = await store.get(key, how)
        return object && { ...object, stat: { ...object.stat, isStable: isStable } }
      },
    },
    renditions: memoryRenditions(),
    renderer,
    limits: options.limits ?? {},
  })
  return { core, photos, renderer, reads: reads.counts }
}

const askAll = (core: Core, keys = KEYS): Promise<string[]> => Promise.all(keys.map((key) => ask(core, key)))

const untilQuiet = async (): Promise<void> => {
  for (let round = 0; round < 20; round++) await turn()
}

describe("sharing", () => {
  it.each([1, 2, 4, 10])(
    "concurrent renditions of one original cost one read and one decode, with %i concurrent renders",
    async (renders) => {
      const { core, renderer, reads } = openShop({ limits: { renders } })
      expect(await askAll(core)).toEqual(RENDERED)
      expect(reads.get).toBe(1)
      expect(renderer.calls).toMatchObject({ decode: 1, render: KEYS.length })
    },
  )

  it("concurrent renditions of one original cost one read and a decode each where the decoder reads only the part that each needs", async () => {
    const { core, renderer, reads } = openShop({ canShare: () => false })
    expect(await askAll(core)).toEqual(RENDERED)
    expect(reads.get).toBe(1)
    expect(renderer.calls).toMatchObject({ decode: 0, render: KEYS.length })
  })

  it("renditions of one original that are not concurrent are decoded one by one", async () => {
    const { core, renderer } = openShop()
    for (const key of KEYS) await ask(core, key)
    expect(renderer.calls).toMatchObject({ decode: 0, render: KEYS.length })
  })

  it("concurrent renditions of an unstable original have it read again for a request that comes during the read", async () => {
    const latch = createLatch()
    const fault: Fault = async (call, key) => (call === "get" ? latch.hold(call, key) : undefined)
    const { core, reads, photos } = openShop({ fault, isStable: false })
    const first = ask(core, KEYS[0] ?? "")
    await latch.reached
    photos.set("a.jpg", Buffer.from("other"))
    const second = ask(core, KEYS[1] ?? "")
    await untilQuiet()
    latch.open()
    await first
    expect(await second).toBe("other @ 1280w.")
    await core.idle()
    expect(reads.get).toBeGreaterThan(1)
  })

  it("concurrent renditions of one original never give bytes that were read before the version was stable to a request that saw it stable", async () => {
    let content = "photo"
    const get = async (): Promise<OriginalObject> => {
      const bytes = Buffer.from(content)
      return { bytes, stat: { version: "the same", byteLength: 5, isStable: content === "other" } }
    }
    const shared = createSharedOriginals({
      originals: { get },
      renderer: createFakeRenderer(),
      maxBytes: 1000,
      maxIdleBytes: 1000,
      maxOpen: 4,
    })
    const read = async (isStable: boolean): Promise<string> => {
      const stat = { version: "the same", byteLength: 5, isStable }
      const use = await shared.join("a.jpg", { stat, readCount: shared.readCount() })
      return Buffer.from((await (await use.read(() => {}).content)?.digest()) ?? "", "hex").toString()
    }
    expect(await read(false)).toBe("digest of photo")
    content = "other"
    expect(await read(true)).toBe("digest of other")
  })

  it("concurrent renditions of one original fail with the read that they wait for, and later ones do not", async () => {
    let isBroken = true
    const fault: Fault = async (call) => {
      if (call === "get" && isBroken) throw new Error("reset")
    }
    const { core } = openShop({ fault })
    expect(await Promise.allSettled(KEYS.map((key) => ask(core, key)))).toMatchObject(
      KEYS.map(() => ({ status: "rejected" })),
    )
    isBroken = false
    expect(await askAll(core)).toEqual(RENDERED)
  })

  it("concurrent renditions of one original are all refused for a damaged original, and its memory is released", async () => {
    const { core, photos } = openShop({ content: CORRUPT, peakBytes: 1000, limits: { memoryBytes: 1000 } })
    expect(new Set(await askAll(core))).toEqual(new Set(["corrupt-original"]))
    photos.set("a.jpg", Buffer.from("photo"))
    expect(await askAll(core)).toEqual(RENDERED)
  })

  it("concurrent renditions of one original decode nothing when all clients leave during the wait for memory", async () => {
    const latch = createLatch()
    const step = async (name: string): Promise<void> => (name === "render" ? latch.hold("get", name) : undefined)
    const { core, photos, renderer } = openShop({ step, peakBytes: 1000, limits: { memoryBytes: 1000 } })
    photos.set("b.jpg", Buffer.from("photo"))
    const other = ask(core, "480h/b.jpg")
    await latch.reached
    const leaving = new AbortController()
    const asked = KEYS.map((key) => ask(core, key, leaving.signal))
    await untilQuiet()
    leaving.abort()
    expect(new Set(await Promise.all(asked))).toEqual(new Set(["left"]))
    latch.open()
    expect(await other).toBe("photo @ 480h.")
    await core.idle()
    expect(renderer.calls).toMatchObject({ decode: 0, render: 1 })
    expect(await askAll(core)).toEqual(RENDERED)
  })

  it("concurrent renditions of one original release the memory of shared pixels for a render that cannot use them", async () => {
    const latch = createLatch()
    const step = async (name: string): Promise<void> => (name === "render" ? latch.hold("get", name) : undefined)
    const canShare = (recipe: Recipe): boolean => recipe.kind === "info" || recipe.format !== "avif"
    const { core, renderer } = openShop({ step, canShare, peakBytes: 1000, limits: { memoryBytes: 1000, renders: 10 } })
    const sharing = askAll(core, KEYS.slice(0, 2))
    await latch.reached
    const alone = ask(core, "480h/a.jpg.avif")
    await untilQuiet()
    latch.open()
    expect(await sharing).toEqual(RENDERED.slice(0, 2))
    expect(await alone).toBe("photo @ 480h.avif")
    expect(renderer.calls).toMatchObject({ decode: 1, render: 3 })
  })

  it("concurrent renditions of one original keep memory and slots until a decode has ended when all clients leave during it", async () => {
    const latch = createLatch()
    const step = async (name: string): Promise<void> => (name === "decode" ? latch.hold("get", name) : undefined)
    const { core, photos, renderer } = openShop({ step, peakBytes: 1000, limits: { memoryBytes: 1000, renders: 10 } })
    photos.set("b.jpg", Buffer.from("photo"))
    const leaving = new AbortController()
    const asked = KEYS.map((key) => ask(core, key, leaving.signal))
    await latch.reached
    leaving.abort()
    expect(new Set(await Promise.all(asked))).toEqual(new Set(["left"]))
    const other = ask(core, "480h/b.jpg")
    await untilQuiet()
    expect(renderer.calls).toMatchObject({ decode: 1, render: 0 })
    latch.open()
    expect(await other).toBe("photo @ 480h.")
    await core.idle()
    expect(await askAll(core)).toEqual(RENDERED)
  })

  it("concurrent renditions of one original drop unused pixels for a render that needs the memory", async () => {
    const { core, photos, renderer } = openShop({ peakBytes: 600, limits: { memoryBytes: 1000, renders: 2 } })
    for (const name of ["b", "c", "d"]) photos.set(`${name}.jpg`, Buffer.from("photo"))
    const all = ["a", "b", "c", "d"].flatMap((name) =>
      KEYS.slice(0, 5).map((key) => key.replace("a.jpg", `${name}.jpg`)),
    )
    const interleaved = all.toSorted((one, other) => (one.split("/")[0] ?? "").localeCompare(other.split("/")[0] ?? ""))
    const answers = await askAll(core, interleaved)
    expect(answers.every((answer) => answer.startsWith("photo @"))).toBe(true)
    expect(renderer.calls.render).toBe(20)
  })
})
