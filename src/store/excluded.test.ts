/** Tests of excludedOriginals: which keys are hidden from head, get and list, and what remains visible. */
import { describe, expect, it } from "vitest"

import { excludedOriginals } from "./excluded.ts"
import { memoryOriginals } from "./memory.ts"
import type { Originals } from "./store.ts"

const KEYS = [
  ".DS_Store",
  "._a.jpg",
  ".git/a.jpg",
  ".hidden.jpg",
  ".well-known/a.jpg",
  "a.jpg",
  "drafts.jpg",
  "drafts/a.jpg",
  "drafts/b/c.jpg",
  "shop/.thumbs/a.jpg",
  "shop/a..b.jpg",
  "shop/a.psd",
  "shop/drafts/a.jpg",
]

const originalsWith = (patterns: readonly string[]): Originals => {
  const store = memoryOriginals()
  for (const key of KEYS) store.set(key, new TextEncoder().encode(key))
  return excludedOriginals(store, patterns)
}

/** The keys that each method shows. */
const visibleIn = async (store: Originals): Promise<Readonly<Record<"head" | "get" | "list", readonly string[]>>> => {
  const heads = await Promise.all(KEYS.map(async (key) => ((await store.head(key)) ? [key] : [])))
  const gets = await Promise.all(KEYS.map(async (key) => ((await store.get(key)) ? [key] : [])))
  const listed: string[] = []
  for await (const key of store.list("")) listed.push(key)
  return { head: heads.flat(), get: gets.flat(), list: listed }
}

describe("excludedOriginals", () => {
  it.each<[readonly string[], readonly string[]]>([
    [
      [],
      [
        ".hidden.jpg",
        "a.jpg",
        "drafts.jpg",
        "drafts/a.jpg",
        "drafts/b/c.jpg",
        "shop/a..b.jpg",
        "shop/a.psd",
        "shop/drafts/a.jpg",
      ],
    ],
    [
      ["drafts/**", "**/.*"],
      ["a.jpg", "drafts.jpg", "shop/a..b.jpg", "shop/a.psd", "shop/drafts/a.jpg"],
    ],
    [
      ["**/drafts/**", "**/*.psd"],
      [".hidden.jpg", "a.jpg", "drafts.jpg", "shop/a..b.jpg"],
    ],
    [["**", "!.well-known/**"], [".well-known/a.jpg"]],
    [
      ["!**/.*", "!**/.*/**", ".git/**", "drafts/**", "!drafts/b/**", "shop/**"],
      [".DS_Store", "._a.jpg", ".hidden.jpg", ".well-known/a.jpg", "a.jpg", "drafts.jpg", "drafts/b/c.jpg"],
    ],
  ])("excludedOriginals with %j shows the same keys by head, get and list", async (patterns, visible) => {
    expect(await visibleIn(originalsWith(patterns))).toEqual({ head: visible, get: visible, list: visible })
  })

  it("excludedOriginals lists from a prefix and after a key", async () => {
    const keys: string[] = []
    for await (const key of originalsWith(["drafts/b/**"]).list("", { after: "a.jpg" })) keys.push(key)
    expect(keys).toEqual(["drafts.jpg", "drafts/a.jpg", "shop/a..b.jpg", "shop/a.psd", "shop/drafts/a.jpg"])
  })

  it("excludedOriginals without patterns skips dot folders without listing their files", async () => {
    const store = memoryOriginals()
    const hidden = Array.from({ length: 50 }, (_, at) => [`.git/${at}.jpg`, `shop/.thumbs/b/${at}.jpg`]).flat()
    for (const key of [...hidden, "a.jpg", ".c.txt", "shop/b.jpg", "shop/z.jpg"]) store.set(key, new Uint8Array())
    let listed = 0
    const counted: Originals = {
      ...store,
      async *list(prefix, options) {
        for await (const key of store.list(prefix, options)) {
          listed += 1
          yield key
        }
      },
    }
    const keys: string[] = []
    for await (const key of excludedOriginals(counted, []).list("")) keys.push(key)
    expect(keys).toEqual(["a.jpg", "shop/b.jpg", "shop/z.jpg"])
    expect(listed).toBeLessThan(10)
  })

  it("excludedOriginals never states that an excluded original was deleted", async () => {
    const gone = excludedOriginals({ ...memoryOriginals(), isGone: async () => true }, ["drafts/**"])
    expect(await gone.isGone?.("a.jpg")).toBe(true)
    expect(await gone.isGone?.("drafts/a.jpg")).toBe(false)
    expect(await gone.isGone?.(".git/a.jpg")).toBe(false)
  })
})
