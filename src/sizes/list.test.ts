/** Tests of the size list: validation as a whole, and suggestions for unlisted sizes. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"

import {
  cacheControlOf,
  INFO,
  isSizeName,
  isSizeSegment,
  nearestSize,
  parseSizeList,
  type Problem,
  type SizeInput,
  type SizeList,
} from "./list.ts"
import { formatSize, GRAVITIES, MAX_SIDE, parseSize } from "./size.ts"

const listOf = (...inputs: readonly SizeInput[]): SizeList => {
  const parsed = parseSizeList(inputs)
  if ("problems" in parsed) throw new Error(parsed.problems.map(({ message }) => message).join("\n"))
  return parsed.list
}

const problemsOf = (...inputs: readonly SizeInput[]): readonly Problem[] => {
  const parsed = parseSizeList(inputs)
  return "problems" in parsed ? parsed.problems : []
}

const side = fc.integer({ min: 1, max: MAX_SIDE })
const sizeText = fc.oneof(
  fc.tuple(side, side).map(([width, height]) => formatSize({ width, height })),
  side.map((width) => formatSize({ width })),
  side.map((height) => formatSize({ height })),
)
const sizeList = fc.uniqueArray(sizeText, { minLength: 1, maxLength: 8 }).map((texts) => listOf(...texts))

describe("parseSizeList", () => {
  it("parseSizeList fills in defaults", () => {
    expect(listOf("360x270", "1280w", "480h")).toEqual([
      { width: 360, height: 270, name: "360x270", gravity: "center", quality: {} },
      { width: 1280, name: "1280w", gravity: "center", quality: {} },
      { height: 480, name: "480h", gravity: "center", quality: {} },
    ])
  })

  it("parseSizeList keeps name, gravity and quality, for all formats or for each", () => {
    expect(
      listOf(
        { size: "360x270", name: "card", gravity: "north", quality: 70 },
        { size: "1280w", name: "wide", quality: { avif: 50, webp: undefined } },
      ),
    ).toEqual([
      { width: 360, height: 270, name: "card", gravity: "north", quality: { jpeg: 70, webp: 70, avif: 70 } },
      { width: 1280, name: "wide", gravity: "center", quality: { avif: 50 } },
    ])
  })

  it("parseSizeList keeps the cacheControl of a size", () => {
    const [size] = listOf({ size: "480h", name: "fresh", cacheControl: "public, max-age=60" })
    expect(size).toMatchObject({ name: "fresh", cacheControl: "public, max-age=60" })
    expect(Object.keys(listOf("480h")[0])).not.toContain("cacheControl")
  })

  it.each([
    "",
    "no-cache\r\nX-Injected: 1",
    "max-age=６０",
    "public; max-age=60",
    "public, max-age",
    "max-age=soon",
    "a,,b",
  ])("parseSizeList rejects a size with cacheControl %j", (cacheControl) => {
    expect(problemsOf({ size: "480h", cacheControl })).toEqual([
      { path: [0, "cacheControl"], message: expect.stringContaining("directives separated by commas") },
    ])
  })

  it.each(["no-store", "public, max-age=60 , S-MaxAge=0", 'private="a, b", stale-if-error=1', "max-age=1,immutable"])(
    "parseSizeList accepts a size with cacheControl %j",
    (cacheControl) => {
      expect(listOf({ size: "480h", name: "fresh", cacheControl })[0]).toMatchObject({ cacheControl })
    },
  )

  it.each(["0x0", "0w", "00x270", "360x0"])("parseSizeList makes no suggestion for %s", (size) => {
    expect(problemsOf(size)).toEqual([{ path: [0], message: expect.not.stringContaining("Did you mean") }])
  })

  it("parseSizeList treats undefined options as absent", () => {
    expect(listOf({ size: "480h", name: undefined, gravity: undefined, quality: undefined })).toEqual(listOf("480h"))
  })

  it("parseSizeList accepts one size twice under different names, for instance with different gravity", () => {
    const list = listOf({ size: "300x300", name: "top", gravity: "north" }, "300x300")
    expect(list.map(({ name }) => name)).toEqual(["top", "300x300"])
  })

  it("parseSizeList reports all mistakes, each with its path, the value and a suggestion", () => {
    expect(
      problemsOf(
        "360×270",
        { size: "9999w" },
        { size: "480h", name: "Card" },
        { size: "481h", name: "info" },
        { size: "482h", gravity: "nort" as "north" },
        "banner",
      ),
    ).toEqual([
      { path: [0], message: expect.stringMatching(/360×270.*Did you mean 360x270\?$/) },
      { path: [1, "size"], message: expect.stringMatching(/9999w.*Did you mean 8192w\?$/) },
      { path: [2, "name"], message: expect.stringContaining('"Card"') },
      { path: [3, "name"], message: expect.stringContaining('got "info"') },
      { path: [4, "gravity"], message: expect.stringMatching(/northwest.*"nort"/) },
      { path: [5], message: expect.not.stringContaining("Did you mean") },
    ])
  })

  it.each<[string, readonly SizeInput[]]>([
    ["the same text", ["480h", "480h"]],
    [
      "the same name",
      [
        { size: "480h", name: "card" },
        { size: "481h", name: "card" },
      ],
    ],
    ["the same size with an alias", ["360x270", { size: "360x270", aliases: ["300x225"] }]],
  ])("parseSizeList rejects two sizes with one URL: %s", (_, inputs) => {
    expect(problemsOf(...inputs)).toEqual([{ path: [1], message: expect.stringContaining("twice") }])
  })

  it("parseSizeList rejects an empty list", () => {
    expect(problemsOf()).toEqual([{ path: [], message: expect.stringContaining("at least one size") }])
  })

  it("parseSizeList keeps the order and names each size by its text", () => {
    fc.assert(
      fc.property(fc.uniqueArray(sizeText, { minLength: 1, maxLength: 20 }), (texts) => {
        expect(listOf(...texts).map(({ name }) => name)).toEqual(texts)
      }),
    )
  })

  it("parseSizeList accepts all gravities", () => {
    const inputs = GRAVITIES.map((gravity) => ({ size: "300x300", name: gravity, gravity }))
    expect(listOf(...inputs).map(({ gravity }) => gravity)).toEqual(GRAVITIES)
  })
})

describe("cacheControlOf", () => {
  const [plain, special] = listOf("480h", { size: "1280w", name: "fresh", cacheControl: "no-cache" })

  it("cacheControlOf prefers the setting of the size to the fallback", () => {
    expect(special && cacheControlOf(special, "max-age=1")).toBe("no-cache")
  })

  it("cacheControlOf returns the fallback for a size without a setting and for info", () => {
    expect(cacheControlOf(plain, "max-age=1")).toBe("max-age=1")
    expect(cacheControlOf(INFO, "max-age=1")).toBe("max-age=1")
  })
})

describe("isSizeSegment", () => {
  it.each(["360x270", "640w", "480h", "card", "hero-2x"])("isSizeSegment accepts %s", (text) => {
    expect(isSizeSegment(text)).toBe(true)
  })

  it.each(["", "info", "0w", "9999w", "360×270", "Card", "a/b"])("isSizeSegment rejects %j", (text) => {
    expect(isSizeSegment(text)).toBe(false)
  })
})

describe("isSizeName", () => {
  it.each(["a", "card", "hero-2x", "x", "w", "h", `a${"b".repeat(31)}`])("isSizeName accepts %s", (name) => {
    expect(isSizeName(name)).toBe(true)
  })

  it.each(["", "info", "Card", "2x", "-a", "a_b", "a.b", "a b", "é", "a/b", "a\n", `a${"b".repeat(32)}`])(
    "isSizeName rejects %j",
    (name) => {
      expect(isSizeName(name)).toBe(false)
    },
  )

  it("isSizeName rejects all sizes", () => {
    fc.assert(
      fc.property(
        fc.oneof(sizeText, fc.string({ unit: fc.constantFrom(..."0123456789xwh".split("")), maxLength: 9 })),
        (text) => {
          expect(isSizeName(text) && parseSize(text) !== undefined).toBe(false)
        },
      ),
    )
  })
})

describe("nearestSize", () => {
  const list = listOf("360x270", "800x800", "480h", "1280w", "320w")

  it.each([
    ["360x270", "360x270"],
    ["300x300", "360x270"],
    ["300×300", "360x270"],
    ["0360x0270", "360x270"],
    ["360X270", "360x270"],
    ["700x900", "800x800"],
    ["9999x9999", "800x800"],
    ["500w", "320w"],
    ["900w", "1280w"],
    ["9999w", "1280w"],
    ["+1280w", "1280w"],
    ["1280W", "1280w"],
    ["1h", "480h"],
    ["8192h", "480h"],
  ])("nearestSize to %s is %s", (text, nearest) => {
    expect(nearestSize(text, list)?.name).toBe(nearest)
  })

  it("nearestSize returns another shape if none of that shape is listed", () => {
    expect(nearestSize("480h", listOf("360x270"))?.name).toBe("360x270")
  })

  it("nearestSize returns a named size", () => {
    expect(nearestSize("360x270", listOf("100w", { size: "361x271", name: "card" }))?.name).toBe("card")
  })

  it.each(["", "banner", "photo.jpg", "x", "1e3w"])(
    "nearestSize is undefined for %j, which does not look like a size",
    (text) => {
      expect(nearestSize(text, list)).toBeUndefined()
    },
  )

  it("nearestSize returns a listed size for any size, and a listed size for itself", () => {
    fc.assert(
      fc.property(sizeList, sizeText, (sizes, requested) => {
        const nearest = nearestSize(requested, sizes)
        expect(sizes).toContain(nearest)
        expect(nearest).toBe(sizes.find(({ name }) => name === requested) ?? nearest)
      }),
    )
  })

  it("nearestSize never skips a size that is nearer on both sides", () => {
    const square = fc.tuple(side, side).map(([width, height]) => formatSize({ width, height }))
    fc.assert(
      fc.property(fc.uniqueArray(square, { minLength: 1, maxLength: 8 }), square, (texts, requested) => {
        const off = (text: string): readonly [number, number] => {
          const [a, b] = [parseSize(text), parseSize(requested)]
          return [
            Math.abs(Math.log((a?.width ?? 1) / (b?.width ?? 1))),
            Math.abs(Math.log((a?.height ?? 1) / (b?.height ?? 1))),
          ]
        }
        const [width, height] = off(nearestSize(requested, listOf(...texts))?.name ?? "")
        const isBeaten = texts.some((text) => off(text)[0] < width - 1e-9 && off(text)[1] < height - 1e-9)
        expect(isBeaten).toBe(false)
      }),
    )
  })
})
