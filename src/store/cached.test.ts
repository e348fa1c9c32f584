/** Tests that the cache and the store agree once no write is in progress. */
import { setImmediate as turn } from "node:timers/promises"

import { describe, expect, it } from "vitest"

import { cachedRenditions } from "./cached.ts"
import { memoryRenditions } from "./memory.ts"
import type { RenditionMeta, Renditions } from "./store.ts"

const KEY = "480h/a.jpg"

const meta = (version: string): RenditionMeta => ({
  original: "a.jpg",
  version,
  kind: "jpeg",
  recipeId: "r",
  etag: `"${version}"`,
  contentType: "image/jpeg",
  modifiedMs: 0,
})

interface Held {
  readonly store: Renditions
  /** Lets the waiting call of this name continue. */
  readonly go: (name: string) => Promise<void>
}

/** A store whose calls wait: writes before they write, and reads after they have read. */
const createHeld = (): Held => {
  const real = memoryRenditions()
  const waiting = new Map<string, () => void>()
  const hold = (name: string): Promise<void> => new Promise((resolve) => waiting.set(name, resolve))
  return {
    store: {
      ...real,
      put: async (key, bytes, about) => {
        await hold(`put ${about.version}`)
        return real.put(key, bytes, about)
      },
      get: async (key) => {
        const object = await real.get(key)
        await hold("get")
        return object
      },
    },
    go: async (name) => {
      await turn()
      waiting.get(name)?.()
    },
  }
}

const put = (store: Renditions, version: string): Promise<unknown> =>
  store.put(KEY, Buffer.from(version), meta(version))

const versionIn = async (held: Held, store: Renditions): Promise<string | undefined> => {
  const found = store.get(KEY)
  await held.go("get")
  return (await found)?.meta.version
}

describe("cachedRenditions", () => {
  it.each([
    ["old", "new"],
    ["new", "old"],
  ])("cachedRenditions returns the rendition that was stored last, if the %s one is stored first", async (...order) => {
    const held = createHeld()
    const cached = cachedRenditions(held.store, 1_000_000)
    const puts = { old: put(cached, "old"), new: put(cached, "new") }
    for (const version of order) {
      await held.go(`put ${version}`)
      await puts[version as keyof typeof puts]
    }
    expect(await versionIn(held, cached)).toBe(order[1])
  })

  it("cachedRenditions does not cache a rendition that was replaced while it was read", async () => {
    const held = createHeld()
    const first = put(held.store, "old")
    await held.go("put old")
    await first
    const cached = cachedRenditions(held.store, 1_000_000)
    const reading = cached.get(KEY)
    const writing = put(cached, "new")
    await held.go("put new")
    await writing
    await cached.delete([KEY])
    await held.go("get")
    await reading
    expect(await versionIn(held, cached)).toBe(undefined)
  })
})
