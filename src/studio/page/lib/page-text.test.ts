import * as fc from "fast-check"
import { describe, expect, it } from "vitest"

import { parseRenderMs } from "../photo/fetch-rendition.ts"
import { positionOf } from "../photo/focal-position.ts"
import { parseSrcset } from "../photo/parse-srcset.ts"
import { withMark } from "../photo/preview-frame.ts"
import { nextIndex } from "../photos/next-index.ts"
import { formatSizes, parseSizes } from "../settings/parse-sizes.ts"
import { formatBytes, formatCount, formatMs, formatPercent, baseName, folderOf, visibleName } from "./format-text.ts"
import { formatRoute, parseRoute, PHOTO_TABS, type Route, tokenIn } from "./routes.ts"

const routes: fc.Arbitrary<Route> = fc.oneof(
  fc.record({ view: fc.constant("photos" as const), prefix: fc.string({ unit: "grapheme" }), after: fc.string() }),
  fc.record({
    view: fc.constant("photo" as const),
    key: fc.string({ unit: "grapheme", minLength: 1 }),
    tab: fc.constantFrom(...PHOTO_TABS),
    size: fc.string(),
    format: fc.string(),
  }),
  fc.record({ view: fc.constant("explain" as const), target: fc.string({ unit: "grapheme" }), accept: fc.string() }),
  fc.constant({ view: "live" as const }),
  fc.record({ view: fc.constant("settings" as const), tab: fc.constantFrom("values" as const, "list" as const) }),
)

describe("routes of the studio's page", () => {
  it("a route is read back from its fragment", () => {
    fc.assert(
      fc.property(routes, (route) => {
        expect(parseRoute(formatRoute(route))).toEqual(route)
      }),
    )
  })

  it("a route is never taken for a token", () => {
    fc.assert(
      fc.property(routes, (route) => {
        expect(tokenIn(formatRoute(route))).toBeUndefined()
      }),
    )
  })

  it("any fragment is a route", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(parseRoute(text).view).toBeTypeOf("string")
      }),
    )
  })

  it("a token is the fragment without a slash", () => {
    expect(["#abc", "abc", "", "#", "#/", "#/live"].map(tokenIn)).toEqual([
      "abc",
      "abc",
      undefined,
      undefined,
      undefined,
      undefined,
    ])
  })
})

describe("texts of the studio's page", () => {
  it("numbers have three significant digits and their unit", () => {
    const plain = (text: string): string => text.replaceAll(/[\u00a0\u202f]/g, " ")
    expect([0, 982, 12_400, 999_499, 999_500, 3_010_000].map((bytes) => plain(formatBytes(bytes)))).toEqual([
      "0 B",
      "982 B",
      "12.4 kB",
      "999 kB",
      "1.00 MB",
      "3.01 MB",
    ])
    expect([0.42, 38, 999.6, 1200, 180_000].map((ms) => plain(formatMs(ms)))).toEqual([
      "0.4 ms",
      "38 ms",
      "1.0 s",
      "1.2 s",
      "3 min",
    ])
    expect([0, 0.0042, 0.042, 0.98, 1].map((part) => plain(formatPercent(part)))).toEqual([
      "0 %",
      "0.42 %",
      "4.2 %",
      "98 %",
      "100 %",
    ])
    expect(plain(formatCount(1_234_567))).toBe("1 234 567")
  })

  it("a visible name has no character that hides or reorders text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (name) => {
        expect(visibleName(name)).not.toMatch(/[\n\r\u202a-\u202e\u2066-\u2069\u200b-\u200f]/)
      }),
    )
    expect(visibleName("a\nb\u202egpj.exe")).toBe("a⟨U+000A⟩b⟨U+202E⟩gpj.exe")
    expect(visibleName("<b>Übergröße 鞄.jpg")).toBe("<b>Übergröße 鞄.jpg")
  })

  it("a key is split into its folder and its name", () => {
    expect(["a.jpg", "shop/a.jpg", "shop/new/"].map((key) => [folderOf(key), baseName(key)])).toEqual([
      ["", "a.jpg"],
      ["shop/", "a.jpg"],
      ["shop/new/", "new"],
    ])
  })
})

describe("parts of the studio's page", () => {
  it.each([
    ["ArrowRight", 1, 2],
    ["ArrowLeft", 0, undefined],
    ["ArrowDown", 1, 5],
    ["ArrowDown", 7, undefined],
    ["ArrowUp", 5, 1],
    ["Home", 5, 0],
    ["End", 0, 9],
    ["Enter", 0, undefined],
    ["constructor", 0, undefined],
  ])("the key %s moves in a grid from %i to %s", (key, from, to) => {
    expect(nextIndex(key, from, { count: 10, columns: 4 })).toBe(to)
  })

  it("a list of sizes is read back from its text", () => {
    const list = ["360x270", "640w", { size: "200x200", name: "thumb", gravity: "smart" }] as const
    expect(parseSizes(formatSizes(list))).toEqual({ sizes: list })
    expect(parseSizes("360x270,, 640w,\n")).toEqual({ sizes: ["360x270", "640w"] })
    expect(parseSizes("{ broken")).toHaveProperty("mistake")
    expect(parseSizes(" \n")).toHaveProperty("mistake")
  })

  it("the candidates of a srcset are read, and marked URLs have the same candidates", () => {
    const srcset = "/640w/a,b.jpg 640w, /1280w/a,b.jpg 1280w"
    expect(parseSrcset(srcset)).toEqual([
      { url: "/640w/a,b.jpg", descriptor: "640w" },
      { url: "/1280w/a,b.jpg", descriptor: "1280w" },
    ])
    expect(withMark(srcset, "7")).toBe("/640w/a,b.jpg?studio-preview=7 640w, /1280w/a,b.jpg?studio-preview=7 1280w")
  })

  it("a crop has the focal point in its middle, or as near as the edges allow", () => {
    const original = { width: 400, height: 200 }
    const square = { width: 100, height: 100 }
    expect(positionOf(original, square, [0.5, 0.5])).toEqual([0.5, 0.5])
    expect(positionOf(original, square, [0.1, 0.9])).toEqual([0, 0.5])
    expect(positionOf(original, square, [0.375, 0.5])).toEqual([0.25, 0.5])
    expect(positionOf(original, { width: 100, height: 25 }, [0.2, 1])).toEqual([0.5, 1])
  })

  it("the time of the render is read from Server-Timing", () => {
    expect(parseRenderMs("stat;dur=0.1, render;dur=38.2, store;dur=1")).toBe(38.2)
    expect(parseRenderMs("prerender;dur=38.2")).toBeUndefined()
    expect(parseRenderMs(null)).toBeUndefined()
  })
})
