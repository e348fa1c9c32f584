import { describe, expect, it } from "vitest"

import { memoryOriginals } from "./memory.ts"
import { recheckedOriginals } from "./rechecked.ts"
import type { HeadOptions, Originals, OriginalStat } from "./store.ts"

interface Stage {
  readonly store: Originals
  readonly set: (key: string) => void
  readonly remove: (key: string) => void
  readonly pass: (seconds: number) => void
  /** Number of lookups in the store since the last call. */
  readonly takeLookups: () => number
}

const stage = (seconds: number): Stage => {
  const memory = memoryOriginals()
  let nowMs = 1000
  let lookups = 0
  const counted: Originals = {
    ...memory,
    head: async (key) => {
      lookups += 1
      return memory.head(key)
    },
  }
  return {
    store: recheckedOriginals(counted, seconds, () => nowMs),
    set: (key) => memory.set(key, Buffer.from(key)),
    remove: memory.remove,
    pass: (passed) => (nowMs += passed * 1000),
    takeLookups: () => {
      const taken = lookups
      lookups = 0
      return taken
    },
  }
}

describe("recheckedOriginals", () => {
  it("an original is looked up once in the given time, and again after it", async () => {
    const { store, set, pass, takeLookups } = stage(60)
    set("a.jpg")
    const first = await store.head("a.jpg")
    set("a.jpg")
    pass(59)
    expect(await store.head("a.jpg")).toEqual(first)
    expect(takeLookups()).toBe(1)
    pass(1)
    expect((await store.head("a.jpg"))?.version).not.toBe(first?.version)
    expect(takeLookups()).toBe(1)
  })

  it("concurrent callers share one lookup", async () => {
    const { store, set, takeLookups } = stage(60)
    set("a.jpg")
    await Promise.all(Array.from({ length: 50 }, () => store.head("a.jpg")))
    expect(takeLookups()).toBe(1)
  })

  it("an absent original is looked up again after five seconds, or sooner if the given time is shorter", async () => {
    const { store, set, pass, takeLookups } = stage(60)
    expect(await store.head("a.jpg")).toBeUndefined()
    set("a.jpg")
    pass(4)
    expect(await store.head("a.jpg")).toBeUndefined()
    pass(1)
    expect(await store.head("a.jpg")).toBeDefined()
    expect(takeLookups()).toBe(2)

    const hasty = stage(1)
    await hasty.store.head("a.jpg")
    hasty.set("a.jpg")
    hasty.pass(1)
    expect(await hasty.store.head("a.jpg")).toBeDefined()
  })

  it("a fresh lookup reaches the store, and all callers get its result", async () => {
    const { store, set, remove } = stage(60)
    set("a.jpg")
    await store.head("a.jpg")
    set("a.jpg")
    const now = await store.head("a.jpg", { fresh: true })
    expect(await store.head("a.jpg")).toEqual(now)
    remove("a.jpg")
    expect(await store.head("a.jpg", { fresh: true })).toBeUndefined()
    expect(await store.head("a.jpg")).toBeUndefined()
  })

  it("reading an original updates the known version", async () => {
    const { store, set, takeLookups } = stage(60)
    set("a.jpg")
    await store.head("a.jpg")
    set("a.jpg")
    const object = await store.get("a.jpg")
    expect(await store.head("a.jpg")).toEqual(object?.stat)
    expect(takeLookups()).toBe(1)
  })

  it("the latest lookup counts, although an earlier one ends later", async () => {
    const answers: ((stat: OriginalStat) => void)[] = []
    const held: Originals = {
      ...memoryOriginals(),
      head: () => new Promise((give) => answers.push(give)),
    }
    let nowMs = 0
    const store = recheckedOriginals(held, 60, () => nowMs)
    const statOf = (version: string): OriginalStat => ({ version, byteLength: 1, isStable: true })
    const early = store.head("a.jpg")
    nowMs += 1
    const fresh = store.head("a.jpg", { fresh: true })
    answers[1]?.(statOf("new"))
    expect((await fresh)?.version).toBe("new")
    answers[0]?.(statOf("old"))
    expect((await early)?.version).toBe("old")
    expect((await store.head("a.jpg"))?.version).toBe("new")
  })

  it("a caller that leaves ends its own wait only", async () => {
    let give: ((stat: undefined) => void) | undefined
    const seen: (HeadOptions | undefined)[] = []
    const held: Originals = {
      ...memoryOriginals(),
      head: (_, options) => {
        seen.push(options)
        return new Promise((done) => (give = done))
      },
    }
    const store = recheckedOriginals(held, 60)
    const controller = new AbortController()
    const leaver = store.head("a.jpg", { signal: controller.signal })
    const stayer = store.head("a.jpg")
    controller.abort()
    await expect(leaver).rejects.toMatchObject({ name: "AbortError" })
    give?.(undefined)
    expect(await stayer).toBeUndefined()
    expect(seen).toEqual([undefined])
  })

  it("a failure is not remembered", async () => {
    let works = false
    const failing: Originals = {
      ...memoryOriginals(),
      head: async () => {
        if (!works) throw new Error("no answer")
        return undefined
      },
    }
    const store = recheckedOriginals(failing, 60)
    await expect(store.head("a.jpg")).rejects.toThrow("no answer")
    works = true
    expect(await store.head("a.jpg")).toBeUndefined()
  })

  it("absent originals do not displace present ones", async () => {
    const { store, set, takeLookups } = stage(60)
    for (let at = 0; at < 100; at++) set(`${at}.jpg`)
    for (let at = 0; at < 100; at++) await store.head(`${at}.jpg`)
    for (let at = 0; at < 60_000; at++) await store.head(`invented-${at}.jpg`)
    takeLookups()
    for (let at = 0; at < 100; at++) expect(await store.head(`${at}.jpg`)).toBeDefined()
    expect(takeLookups()).toBe(0)
  })

  it("the store itself is returned if no time is given", () => {
    const memory = memoryOriginals()
    expect(recheckedOriginals(memory, 0)).toBe(memory)
  })
})
