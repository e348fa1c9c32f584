/** Tests that all keys of an original, and all originals of a key, are found without listing a store. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"

import {
  GRAMMAR,
  grammars,
  grammarsAndReadings,
  hostilePaths,
  keyOf,
  originalKeys,
  parse,
} from "../../test/support/keys.ts"
import { keysOf, originalsIn } from "./all-keys.ts"
import { formatKey, type Grammar, isRenditionKey } from "./key.ts"

describe("originalsIn", () => {
  it("originalsIn includes the original of all keys that keysOf returns", () => {
    fc.assert(
      fc.property(originalKeys, grammars, (original, grammar) => {
        for (const each of keysOf(original, grammar)) expect(originalsIn(each)).toContain(original)
      }),
    )
  })

  it("originalsIn includes all originals that a path may mean, and at most one other", () => {
    fc.assert(
      fc.property(hostilePaths, grammars, (path, grammar) => {
        const parsed = parse(path, grammar)
        if ("refused" in parsed) return
        const originals = originalsIn(parsed.key)
        expect(originals).toEqual(expect.arrayContaining(parsed.readings.map(({ original }) => original)))
        expect(originals.length).toBeLessThanOrEqual(2)
      }),
    )
  })
})

describe("keysOf", () => {
  it("keysOf returns all listed and retired sizes and formats, and info", () => {
    const { sizes, ...rest } = GRAMMAR
    expect(keysOf(keyOf("shop/img.jpg"), { ...rest, sizes: [sizes[0], ...sizes.slice(3)] })).toEqual([
      "shop/360x270/img.jpg",
      "shop/360x270/img.jpg.avif",
      "shop/360x270/img.jpg.webp",
      "shop/360x270/img.jpg.png",
      "shop/card/img.jpg",
      "shop/card/img.jpg.avif",
      "shop/card/img.jpg.webp",
      "shop/card/img.jpg.png",
      "shop/640w/img.jpg",
      "shop/640w/img.jpg.avif",
      "shop/640w/img.jpg.webp",
      "shop/640w/img.jpg.png",
      "shop/banner/img.jpg",
      "shop/banner/img.jpg.avif",
      "shop/banner/img.jpg.webp",
      "shop/banner/img.jpg.png",
      "shop/info/img.jpg.json",
    ])
  })

  it("keysOf returns each key once, and only keys of renditions", () => {
    fc.assert(
      fc.property(originalKeys, grammars, (original, grammar) => {
        const keys = keysOf(original, grammar)
        expect(new Set(keys).size).toBe(keys.length)
        expect(keys.filter((rendition) => !isRenditionKey(rendition, grammar))).toEqual([])
      }),
    )
  })

  it("keysOf returns keys from before a size or a format was retired", () => {
    fc.assert(
      fc.property(grammarsAndReadings, ([grammar, reading]) => {
        const [first, ...others] = grammar.sizes
        const later: Grammar = {
          ...grammar,
          sizes: [first],
          formats: [],
          retired: { sizes: others.map(({ name }) => name), formats: grammar.formats },
        }
        expect(keysOf(reading.original, later)).toContain(formatKey(reading))
      }),
    )
  })
})
