/** Tests of originals from several stores. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"

import { compareKeys, inKeyOrder } from "./key-order.ts"
import { memoryOriginals } from "./memory.ts"
import { prefixedOriginals } from "./prefixed.ts"
import type { Originals } from "./store.ts"

const text = (value: string): Uint8Array => new TextEncoder().encode(value)

/** A store whose originals contain the name of the store. */
const storeOf = (name: string, ...keys: readonly string[]): Originals => {
  const store = memoryOriginals()
  for (const key of keys) store.set(key, text(name))
  return store
}

const listed = async (originals: Originals, prefix = "", after?: string): Promise<readonly string[]> => {
  const keys: string[] = []
  for await (const key of originals.list(prefix, { after })) keys.push(key)
  return keys
}

const SHOP = prefixedOriginals([
  { prefix: "", store: storeOf("rest", "a.jpg", "shop.jpg", "shop/hidden.jpg", "z.jpg") },
  { prefix: "shop/", store: storeOf("shop", "mug.jpg", "sale/hidden.jpg", "zoo.jpg") },
  { prefix: "shop/sale/", store: storeOf("sale", "bag.jpg") },
])

const nameAt = async (key: string): Promise<string | undefined> => {
  const object = await SHOP.get(key)
  return object && Buffer.from(object.bytes).toString()
}

describe("prefixedOriginals", () => {
  it.each([
    ["a.jpg", "rest"],
    ["shop.jpg", "rest"],
    ["shop/mug.jpg", "shop"],
    ["shop/sale/bag.jpg", "sale"],
    ["shop/hidden.jpg", undefined],
    ["shop/sale/hidden.jpg", undefined],
    ["shop/", undefined],
  ])("%s is read from %s, the source of the longest prefix", async (key, name) => {
    expect(await nameAt(key)).toBe(name)
    expect((await SHOP.head(key)) !== undefined).toBe(name !== undefined)
  })

  it("a list has the keys of all sources in order, without those that another source hides", async () => {
    const all = ["a.jpg", "shop.jpg", "shop/mug.jpg", "shop/sale/bag.jpg", "shop/zoo.jpg", "z.jpg"]
    expect(await listed(SHOP)).toEqual(all)
    expect(await listed(SHOP, "shop/")).toEqual(["shop/mug.jpg", "shop/sale/bag.jpg", "shop/zoo.jpg"])
    expect(await listed(SHOP, "shop/s")).toEqual(["shop/sale/bag.jpg"])
    expect(await listed(SHOP, "other/")).toEqual([])
    for (const after of [...all, "", "b", "shop/", "shop/n", "shop/sale/", "shop/sale/c", "zz"])
      expect(await listed(SHOP, "", after)).toEqual(all.filter((key) => compareKeys(key, after) > 0))
  })

  it("a key without a source is absent and not gone", async () => {
    const originals = prefixedOriginals([{ prefix: "shop/", store: storeOf("shop", "mug.jpg") }])
    expect(await originals.get("other/mug.jpg")).toBeUndefined()
    expect(await originals.isGone?.("other/mug.jpg")).toBe(false)
    expect(await originals.isGone?.("shop/bag.jpg")).toBe(true)
  })

  it("the problems of all sources are reported, and one that only the operator can solve counts", async () => {
    const broken = (message: string, isPermanent: boolean): Originals => ({
      ...memoryOriginals(),
      check: async () => ({ message, isPermanent }),
    })
    const originals = prefixedOriginals([
      { prefix: "a/", store: broken("one", false) },
      { prefix: "b/", store: broken("two", true) },
      { prefix: "", store: memoryOriginals() },
    ])
    expect(await originals.check?.()).toEqual({ message: "one\ntwo", isPermanent: true })
    expect(await SHOP.check?.()).toBeUndefined()
  })
})

describe("inKeyOrder", () => {
  it("keys in the order of JavaScript's strings come in the order of UTF-8", async () => {
    const key = fc.string({ unit: fc.constantFrom("a", "b", "\ud7ff", "\ue000", "\uff61", "🏺", "𐀀"), maxLength: 4 })
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(key), async (keys) => {
        const byUnits = keys.toSorted((a, b) => (a < b ? -1 : 1))
        const ordered: string[] = []
        for await (const one of inKeyOrder(ReadableStream.from(byUnits))) ordered.push(one)
        expect(ordered).toEqual(keys.toSorted(compareKeys))
      }),
    )
  })
})
