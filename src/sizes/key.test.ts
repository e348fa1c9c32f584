/**
 * Tests of keys: how URL paths are read, which are rejected, and that no path reads a file outside the originals. A key is also the path in
 * the store, so a mistake here would let clients read or overwrite other files, or fill the store.
 */
import { join, sep } from "node:path"

import * as fc from "fast-check"
import { describe, expect, it } from "vitest"

import {
  GRAMMAR,
  grammars,
  grammarsAndReadings,
  hostilePaths,
  keyOf,
  meanings,
  originalKeys,
  parse,
  refusalOf,
} from "../../test/support/keys.ts"
import { keysOf } from "./all-keys.ts"
import type { Refusal } from "./decode-path.ts"
import {
  canBeOriginal,
  imageKeyOf,
  encodeKey,
  formatKey,
  type Grammar,
  isRenditionKey,
  type Reading,
  splitKey,
  toOriginalKey,
} from "./key.ts"

const SHARED: Grammar = { ...GRAMMAR, sharedStore: true }

describe("parseKey", () => {
  it.each<[string, readonly string[]]>([
    ["/480h/photo.jpg", ["photo.jpg 480h base"]],
    ["/produs_227613/360x270/img.AZ70KuRzw9.jpg", ["produs_227613/img.AZ70KuRzw9.jpg 360x270 base"]],
    ["/a/b/c/1280w/photo.png", ["a/b/c/photo.png 1280w base"]],
    ["/card/photo.jpg", ["photo.jpg card base"]],
    ["/480h/no-extension", ["no-extension 480h base"]],
    ["/480h/.hidden", [".hidden 480h base"]],
    ["/.well/480h/.hidden.jpg", [".well/.hidden.jpg 480h base"]],
    // The name of an image followed by a listed format: the explicit format comes first.
    ["/480h/img.jpg.webp", ["img.jpg 480h webp", "img.jpg.webp 480h base"]],
    ["/480h/IMG.JPG.avif", ["IMG.JPG 480h avif", "IMG.JPG.avif 480h base"]],
    ["/480h/scan.TIF.webp", ["scan.TIF 480h webp", "scan.TIF.webp 480h base"]],
    ["/480h/img.webp.webp", ["img.webp 480h webp", "img.webp.webp 480h base"]],
    ["/480h/img.jpg.avif.webp", ["img.jpg.avif 480h webp", "img.jpg.avif.webp 480h base"]],
    // Without the extension the name is not that of an image: the original comes first.
    ["/480h/photo.webp", ["photo.webp 480h base", "photo 480h webp"]],
    ["/480h/notes.v2.webp", ["notes.v2.webp 480h base", "notes.v2 480h webp"]],
    ["/480h/.jpg.webp", [".jpg.webp 480h base", ".jpg 480h webp"]],
    // Nothing remains without the extension.
    ["/480h/.webp", [".webp 480h base"]],
    // Explicit formats are lower case.
    ["/480h/img.jpg.WEBP", ["img.jpg.WEBP 480h base"]],
    ["/480h/img.jpg.Avif", ["img.jpg.Avif 480h base"]],
    // The format is unlisted or retired, or the extension is not a format.
    ["/480h/img.jpg.gif", ["img.jpg.gif 480h base"]],
    ["/480h/img.jpg.png", ["img.jpg.png 480h base"]],
    ["/480h/photo.png", ["photo.png 480h base"]],
    ["/480h/img.jpg.jpg", ["img.jpg.jpg 480h base"]],
    // Only the second-to-last segment is the size.
    ["/480h/360x270/photo.jpg", ["480h/photo.jpg 360x270 base"]],
    ["/info/480h/photo.jpg", ["info/photo.jpg 480h base"]],
    ["/480h/480h", ["480h 480h base"]],
    ["/480h/info", ["info 480h base"]],
    // Info.
    ["/info/photo.jpg.json", ["photo.jpg info base"]],
    ["/a/b/info/photo.json", ["a/b/photo info base"]],
    ["/info/img.jpg.webp.json", ["img.jpg.webp info base"]],
    ["/info/data.json.json", ["data.json info base"]],
    ["/480h/photo.jpg.json", ["photo.jpg.json 480h base"]],
  ])("parseKey reads %s", (path, expected) => {
    expect(meanings(path)).toEqual(expected)
  })

  it("parseKey returns the reading that was formatted, and all its readings format to the same key", () => {
    fc.assert(
      fc.property(grammarsAndReadings, ([grammar, reading]) => {
        fc.pre(canBeOriginal(reading.original, grammar))
        const formatted = formatKey(reading)
        const parsed = parse(`/${encodeKey(formatted)}`, grammar)
        expect(parsed).toMatchObject({ key: formatted })
        expect("readings" in parsed && parsed.readings).toContainEqual(reading)
        expect("readings" in parsed && parsed.readings.map(formatKey)).not.toContainEqual(
          expect.not.stringMatching(exactly(formatted)),
        )
      }),
      { numRuns: 500 },
    )
  })

  it("parseKey reaches all originals in all sizes, with any name", () => {
    fc.assert(
      fc.property(originalKeys, (original) => {
        for (const size of GRAMMAR.sizes) {
          const parsed = parse(`/${encodeKey(formatKey({ original, size, format: undefined }))}`)
          expect("readings" in parsed && parsed.readings.map((reading) => reading.original)).toContain(original)
        }
      }),
    )
  })

  it("parseKey returns one or two readings, of different originals", () => {
    fc.assert(
      fc.property(hostilePaths, (path) => {
        const parsed = parse(path)
        const originals = "refused" in parsed ? ["refused"] : parsed.readings.map(({ original }) => original)
        expect([1, 2]).toContain(originals.length)
        expect(new Set(originals).size).toBe(originals.length)
      }),
    )
  })

  describe("parseKey rejects", () => {
    it.each([
      ["a URL without a size", "/photo.jpg"],
      ["info without .json", "/info/photo.jpg"],
      ["info without a file", "/info/.json"],
    ])("parseKey rejects %s", (_, path) => {
      expect(refusalOf(path)?.refused).toBe("bad-url")
    })

    it.each([
      "/360×270/a.jpg",
      "/0360x270/a.jpg",
      "/360X270/a.jpg",
      "/360x270x1/a.jpg",
      "/+361x271/a.jpg",
      "/360x270%20/a.jpg",
    ])("parseKey rejects %s and names the nearest size and all sizes", (path) => {
      expect(refusalOf(path)).toEqual({
        refused: "size-not-allowed",
        detail: expect.stringContaining("not on the list"),
        hint: "The nearest is 360x270. Allowed: 360x270, 480h, 1280w, card.",
      })
    })

    it.each([
      "/800x800/a.jpg",
      "/Card/a.jpg",
      "/480H/a.jpg",
      "/1280/a.jpg",
      "/1e3w/a.jpg",
      "/INFO/a.jpg.json",
      "/x/a.jpg",
    ])("parseKey rejects %s, a spelling that is not listed", (path) => {
      expect(refusalOf(path)?.refused).toBe("size-not-allowed")
    })

    it("parseKey accepts a named size only by its name, and suggests it", () => {
      expect(refusalOf("/800x800/a.jpg")?.hint).toContain("The nearest is card.")
      expect(meanings("/card/a.jpg")).toEqual(["a.jpg card base"])
    })

    it("parseKey rejects a retired size and reports that it is retired", () => {
      expect(refusalOf("/640w/a.jpg")).toMatchObject({
        refused: "size-not-allowed",
        detail: '"640w" is retired.',
        hint: expect.stringContaining("The nearest is 1280w."),
      })
      expect(refusalOf("/banner/a.jpg")).toMatchObject({ refused: "size-not-allowed", detail: '"banner" is retired.' })
    })

    it("parseKey rejects a very long size with a short message", () => {
      const refusal = refusalOf(`/${"9".repeat(5000)}/a.jpg`)
      expect(refusal?.detail.length).toBeLessThan(200)
    })
  })

  it("parseKey suggests the URL with .json if that is missing, percent-encoded", () => {
    expect(refusalOf("/shop/info/photo.jpg")?.hint).toContain("/shop/info/photo.jpg.json")
    expect(refusalOf("/a%20b/info/50%25%2B.jpg")?.hint).toContain("/a%20b/info/50%25%2B.jpg.json")
    fc.assert(
      fc.property(originalKeys, (original) => {
        const { directory, file } = splitKey(original)
        fc.pre(!file.endsWith(".json"))
        const hint = refusalOf(`/${encodeKey(`${directory}info/${file}`)}`)?.hint
        expect(meanings(/\S*\/\S*\.json/.exec(hint ?? "")?.[0] ?? "")).toEqual([`${original} info base`])
      }),
    )
  })

  it("parseKey returns the error for an unlisted format in case no original has that name either", () => {
    const otherwiseOf = (path: string, grammar = GRAMMAR): Refusal | undefined => {
      const parsed = parse(path, grammar)
      return "refused" in parsed ? undefined : parsed.otherwise
    }
    expect(otherwiseOf("/480h/img.jpg.gif")).toEqual({
      refused: "format-not-allowed",
      detail: '"gif" is not on the list of formats.',
      hint: "Allowed: avif, webp.",
    })
    expect(otherwiseOf("/480h/img.jpg.png")?.detail).toBe('"png" is retired.')
    expect(otherwiseOf("/480h/img.jpg.webp", { ...GRAMMAR, formats: [] })?.hint).toBe(
      "Allowed: none but the original's own.",
    )
    // The request may be for a missing original.
    for (const path of ["/480h/photo.gif", "/480h/img.jpg.webp", "/480h/img.jpg", "/480h/img.jpg.tif", "/480h/.png"])
      expect(otherwiseOf(path)).toBeUndefined()
  })
})

const exactly = (text: string): RegExp => new RegExp(`^${text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&")}$`, "u")

describe("a URL without a size", () => {
  it.each(["/", "/photo.jpg"])("parseKey describes the form of URLs, base path included, for %s", (path) => {
    expect(parse(path, { ...GRAMMAR, basePath: "/img" })).toEqual({
      refused: "bad-url",
      detail: "The URL has no size.",
      hint: "Expected /img/<directory>/<size>/<file>, for instance /img/360x270/photo.jpg.",
    })
  })
})

describe("hostile paths", () => {
  const readingsOf = (path: string, grammar: Grammar): readonly Reading[] => {
    const parsed = parse(path, grammar)
    return "refused" in parsed ? [] : parsed.readings
  }

  it("no path reads a file outside the originals", () => {
    const root = join(sep, "srv", "photos")
    fc.assert(
      fc.property(hostilePaths, grammars, (path, grammar) => {
        for (const reading of readingsOf(path, grammar)) {
          expect(join(root, reading.original).startsWith(root + sep)).toBe(true)
          expect(join(root, formatKey(reading)).startsWith(root + sep)).toBe(true)
        }
      }),
      { numRuns: 1500 },
    )
  })

  it("no path has an invalid key of an original as a reading", () => {
    fc.assert(
      fc.property(hostilePaths, grammars, (path, grammar) => {
        for (const { original } of readingsOf(path, grammar)) expect(toOriginalKey(original)).toBe(original)
      }),
      { numRuns: 1500 },
    )
  })

  it("no path has a key that a purge of its original would miss", () => {
    fc.assert(
      fc.property(hostilePaths, grammars, (path, grammar) => {
        for (const reading of readingsOf(path, grammar))
          expect(keysOf(reading.original, grammar)).toContain(formatKey(reading))
      }),
      { numRuns: 1500 },
    )
  })

  it("no path makes parseKey throw, or reject without a reason", () => {
    fc.assert(
      fc.property(hostilePaths, grammars, (path, grammar) => {
        const refusal = refusalOf(path, grammar)
        expect(refusal === undefined || refusal.detail.length > 10).toBe(true)
      }),
      { numRuns: 1500 },
    )
  })

  it.each(["/480h/..webp", "/480h/...webp", "/a/480h/..avif", "/info/..json", "/info/...json", "/a/b/info/...json"])(
    "%s does not mean the folder or its parent",
    (path) => {
      const originals = readingsOf(path, GRAMMAR).map(({ original }) => original)
      expect(originals.filter((original) => toOriginalKey(original) === undefined)).toEqual([])
    },
  )
})

describe("in a shared store", () => {
  it.each([
    "/480h/360x270/photo.jpg",
    "/a/480h/card/photo.jpg",
    "/480h/640w/photo.jpg",
    "/480h/banner/photo.jpg",
    "/480h/info/photo.jpg.json",
    "/info/480h/photo.jpg.json",
    "/480h/480h/photo.jpg.webp",
  ])("parseKey rejects a rendition as an original in a shared store: %s", (path) => {
    const inner = path.replace(/^\/([^/]+)\/([^/]+)\/([^/]+)$/, "/$2/$1/$3")
    expect(refusalOf(inner, SHARED)?.refused).toBe("original-not-found")
  })

  it("parseKey accepts the name of a size for a file and for folders higher up in a shared store", () => {
    expect(meanings("/480h/a/360x270/photo.jpg", SHARED)).toEqual(["480h/a/photo.jpg 360x270 base"])
    expect(meanings("/360x270/480h", SHARED)).toEqual(["480h 360x270 base"])
    expect(meanings("/480h/640h/360x270/photo.jpg", SHARED)).toEqual(["480h/640h/photo.jpg 360x270 base"])
  })

  it("parseKey never returns a rendition as an original in a shared store", () => {
    fc.assert(
      fc.property(hostilePaths, (path) => {
        const parsed = parse(path, SHARED)
        const originals = "refused" in parsed ? [] : parsed.readings.map(({ original }) => original)
        expect(originals.filter((original) => isRenditionKey(original, SHARED))).toEqual([])
      }),
      { numRuns: 500 },
    )
  })

  it.each([
    ["shop/a.jpg", "shop/a.jpg"],
    ["shop/notes.txt", undefined],
    ["../a.jpg", undefined],
    ["shop/640w/a.jpg", undefined],
    ["shop/info/a.jpg", undefined],
  ])("imageKeyOf finds the key of an image original in a shared store: %s", (text, key) => {
    expect(imageKeyOf(text, SHARED)).toBe(key)
  })

  it("imageKeyOf takes a folder named like a size for a part of the key in a separate store", () => {
    expect(imageKeyOf("shop/640w/a.jpg", { ...SHARED, sharedStore: false })).toBe("shop/640w/a.jpg")
  })

  it("canBeOriginal is false for all renditions in a shared store, so renditions of renditions are impossible", () => {
    fc.assert(
      fc.property(originalKeys, (original) => {
        expect(keysOf(original, SHARED).filter((rendition) => canBeOriginal(rendition, SHARED))).toEqual([])
      }),
    )
  })

  it("parseKey accepts an original in a folder named like a size if there are two stores", () => {
    expect(meanings("/360x270/480h/photo.jpg")).toEqual(["360x270/photo.jpg 480h base"])
    expect(canBeOriginal("360x270/photo.jpg", GRAMMAR)).toBe(true)
    expect(canBeOriginal("360x270/photo.jpg", SHARED)).toBe(false)
  })
})

describe("limits of the store", () => {
  const long = (bytes: number, ending = ".jpg"): string => `${"a".repeat(bytes - ending.length)}${ending}`
  const isRefused = (path: string, grammar: Grammar = GRAMMAR): boolean =>
    refusalOf(path, grammar)?.detail === "The URL is too long to be stored."

  it("parseKey rejects a segment of over 255 bytes, including the longest extension and .json", () => {
    expect(isRefused(`/480h/${long(245)}`)).toBe(false)
    expect(isRefused(`/480h/${long(246)}`)).toBe(true)
  })

  it("parseKey measures UTF-8 bytes, not characters", () => {
    expect(isRefused(`/480h/${encodeKey("é".repeat(120))}`)).toBe(false)
    expect(isRefused(`/480h/${encodeKey("é".repeat(123))}`)).toBe(true)
    expect(isRefused(`/480h/${encodeKey("中".repeat(81))}`)).toBe(false)
    expect(isRefused(`/480h/${encodeKey("中".repeat(82))}`)).toBe(true)
    expect(isRefused(`/480h/${encodeKey("😀".repeat(61))}`)).toBe(false)
    expect(isRefused(`/480h/${encodeKey("😀".repeat(62))}`)).toBe(true)
  })

  it("parseKey measures decoded segments", () => {
    expect(isRefused(`/480h/${"%61".repeat(200)}`)).toBe(false)
  })

  it("parseKey counts retired formats, whose renditions are still purged", () => {
    const jpegs: Grammar = { ...GRAMMAR, formats: [], retired: { sizes: [], formats: ["jpeg"] } }
    expect(isRefused(`/480h/${long(245)}`, jpegs)).toBe(false)
    expect(isRefused(`/480h/${long(246)}`, jpegs)).toBe(true)
  })

  it("parseKey rejects a long directory and a long key", () => {
    expect(isRefused(`/${long(255)}/480h/a.jpg`)).toBe(false)
    expect(isRefused(`/${long(256)}/480h/a.jpg`)).toBe(true)
    const deep = (count: number): string => `/${"0123456789/".repeat(count)}480h/a.jpg`
    expect(isRefused(deep(90))).toBe(false)
    expect(isRefused(deep(93))).toBe(true)
  })

  it("parseKey accepts only originals whose keys and records are all within the limits", () => {
    const lengths = fc.tuple(fc.integer({ min: 5, max: 300 }), fc.integer({ min: 1, max: 300 }), fc.nat(5))
    fc.assert(
      fc.property(lengths, ([file, folder, depth]) => {
        const original = keyOf(`${`${"d".repeat(folder)}/`.repeat(depth)}${long(file)}`)
        const { directory, file: name } = splitKey(original)
        fc.pre(!("refused" in parse(`/${directory}360x270/${name}`)))
        for (const rendition of keysOf(original, { ...GRAMMAR, retired: { sizes: [], formats: ["png"] } })) {
          const record = `${rendition}.json`
          expect(Math.max(...record.split("/").map((part) => part.length))).toBeLessThanOrEqual(255)
          expect(record.length).toBeLessThanOrEqual(1024)
        }
      }),
    )
  })

  it("parseKey accepts either all URLs of an original or none", () => {
    const near = (limit: number): fc.Arbitrary<number> =>
      fc.oneof(fc.integer({ min: limit - 25, max: limit + 1 }), fc.integer({ min: 5, max: limit + 50 }))
    const originals = fc.oneof(
      near(255).map((bytes) => keyOf(long(bytes))),
      near(1024).map((bytes) => keyOf("0123456789/".repeat(bytes).slice(0, bytes).replace(/\/$/, "a"))),
    )
    fc.assert(
      fc.property(originals, (original) => {
        const keys = keysOf(original, { ...GRAMMAR, retired: { sizes: [], formats: [] } })
        expect(new Set(keys.map((key) => isRefused(`/${key}`))).size).toBe(1)
      }),
    )
  })
})

describe("toOriginalKey", () => {
  it.each(["a", "a/b/c.jpg", ".hidden", "...", "a b", "100%.jpg", "é", "360x270/a.jpg", "info/a"])(
    "toOriginalKey accepts %s",
    (text) => {
      expect(toOriginalKey(text)).toBe(text)
    },
  )

  it.each([
    "",
    "/",
    "/a",
    "a/",
    "a//b",
    ".",
    "..",
    "a/..",
    "../a",
    "a/./b",
    "a\\b",
    "a\0",
    "a\nb",
    "a\u007f",
    "a\u0085",
  ])("toOriginalKey rejects %j", (text) => {
    expect(toOriginalKey(text)).toBeUndefined()
  })

  it("toOriginalKey rejects half a surrogate pair, which no URL can contain", () => {
    expect(toOriginalKey("\ud800.jpg")).toBeUndefined()
    expect(toOriginalKey("a/\udfff")).toBeUndefined()
    expect(toOriginalKey("😀.jpg")).toBe("😀.jpg")
  })
})

describe("splitKey", () => {
  it("splitKey separates the last segment and keeps the slash of the directory", () => {
    expect(splitKey("a.jpg")).toEqual({ directory: "", file: "a.jpg" })
    expect(splitKey("a/b/c.jpg")).toEqual({ directory: "a/b/", file: "c.jpg" })
  })
})
