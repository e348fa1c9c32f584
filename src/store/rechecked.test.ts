import { describe, expect, it } from "vitest"

import { memoryOriginals } from "./memory.ts"
import { recheckedOriginals } from "./rechecked.ts"
import type { HeadOptions, Originals, OriginalStat } from "./store.ts"

interface Stage {
  readonly store: Originals
  readonly set: (key: string) => void
  readonly remove: (key: string) => void
  readonly pass: (seconds: number) => void
  /** How often the store itself was asked since the last call. */
  readonly takeAsked: () => number
}

const stage = (seconds: number): Stage => {
  const memory = memoryOriginals()
  let nowMs = 1000
  let asked = 0
  const counted: Originals = {
    ...memory,
    head: async (key) => {
      asked += 1
      return memory.head(key)
    },
  }
  return {
    store: recheckedOriginals(counted, seconds, () => nowMs),
    set: (key) => memory.set(key, Buffer.from(key)),
    remove: memory.remove,
    pass: (passed) => (nowMs += passed * 1000),
    takeAsked: () => {
      const taken = asked
      asked = 0
      return taken
    },
  }
}

describe("originals that are rechecked every so many seconds", () => {
  it("are looked at once in that time, and anew after it", async () => {
    const { store, set, pass, takeAsked } = stage(60)
    set("a.jpg")
    const first = await store.head("a.jpg")
    set("a.jpg")
    pass(59)
    expect(await store.head("a.jpg")).toEqual(first)
    expect(takeAsked()).toBe(1)
    pass(1)
    expect((await store.head("a.jpg"))?.version).not.toBe(first?.version)
    expect(takeAsked()).toBe(1)
  })

  it("are looked at by one question, however many ask at a time", async () => {
    const { store, set, takeAsked } = stage(60)
    set("a.jpg")
    await Promise.all(Array.from({ length: 50 }, () => store.head("a.jpg")))
    expect(takeAsked()).toBe(1)
  })

  it("are remembered as absent for some seconds only, and never longer than as present", async () => {
    const { store, set, pass, takeAsked } = stage(60)
    expect(await store.head("a.jpg")).toBeUndefined()
    set("a.jpg")
    pass(4)
    expect(await store.head("a.jpg")).toBeUndefined()
    pass(1)
    expect(await store.head("a.jpg")).toBeDefined()
    expect(takeAsked()).toBe(2)

    const hasty = stage(1)
    await hasty.store.head("a.jpg")
    hasty.set("a.jpg")
    hasty.pass(1)
    expect(await hasty.store.head("a.jpg")).toBeDefined()
  })

  it("are looked at at once by who asks for a fresh answer, and everybody knows it then", async () => {
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

  it("are known as they were when they were last read", async () => {
    const { store, set, takeAsked } = stage(60)
    set("a.jpg")
    await store.head("a.jpg")
    set("a.jpg")
    const object = await store.get("a.jpg")
    expect(await store.head("a.jpg")).toEqual(object?.stat)
    expect(takeAsked()).toBe(1)
  })

  it("are known by the latest question, though an earlier one be answered later", async () => {
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

  it("leave a caller who goes, and no other", async () => {
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

  it("do not remember a failure", async () => {
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

  it("are those of the store itself where no time is given", () => {
    const memory = memoryOriginals()
    expect(recheckedOriginals(memory, 0)).toBe(memory)
  })
})
