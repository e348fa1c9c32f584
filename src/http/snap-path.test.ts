/** URLs with an unlisted size: the result is always a listed size, and the same as for the URL of that size. */
import { isDeepStrictEqual } from "node:util"

import * as fc from "fast-check"
import { describe, expect, it } from "vitest"

import type { Grammar } from "../sizes/key.ts"
import { parseSizeList, type SizeInput, type SizeList } from "../sizes/list.ts"
import { resolveSnapped } from "./snap-path.ts"
import { resolveUrlPath, type ResolvedUrl } from "./url-path.ts"

const listOf = (...inputs: SizeInput[]): SizeList => {
  const parsed = parseSizeList(inputs)
  if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems))
  return parsed.list
}

const GRAMMAR: Grammar = {
  sizes: listOf("320w", "1280w", "480h", "360x270", "720x540", { size: "120x120", name: "thumb", gravity: "north" }),
  formats: ["avif", "webp"],
  retired: { sizes: ["640w"], formats: ["gif"] },
  sharedStore: false,
  basePath: "/img",
  maxBytes: { segment: 255, key: 1024 },
}

const resolveUrl = (path: string, accept?: string, grammar = GRAMMAR): ReturnType<typeof resolveSnapped> =>
  resolveSnapped(path, accept, "/img", grammar)

const keyOf = (path: string, accept?: string, grammar = GRAMMAR): string => {
  const resolved = resolveUrl(path, accept, grammar)
  return "refused" in resolved ? resolved.refused : resolved.parsed.key
}

const side = fc.integer({ min: 1, max: 9999 })
const size = fc.oneof(
  side.map((width) => `${width}w`),
  side.map((height) => `${height}h`),
  fc.tuple(side, side).map(([width, height]) => `${width}x${height}`),
)
const file = fc.constantFrom("a.jpg", "a.jpg.webp", "a.webp", "a%20%C8%99.png", "a.jpg.gif", "x")
const accept = fc.constantFrom(undefined, "image/webp", "image/avif,image/webp", "image/jpeg")

describe("resolveSnapped", () => {
  it.each([
    ["/img/shop/361x270/a.jpg", "shop/720x540/a.jpg"],
    ["/img/shop/400w/a.jpg.webp", "shop/1280w/a.jpg.webp"],
    ["/img/9h/a.jpg", "480h/a.jpg"],
    ["/img/119x119/a.jpg", "thumb/a.jpg"],
    ["/img/120x120/a.jpg", "thumb/a.jpg"],
    ["/img/%33%36%31x270/a.jpg", "720x540/a.jpg"],
    ["/img/320w/a.jpg", "320w/a.jpg"],
    ["/img/info/a.jpg.json", "info/a.jpg.json"],
    ["/img/400w/320w/a.jpg", "400w/320w/a.jpg"],
    ["/img/320w/400w/a.jpg", "320w/1280w/a.jpg"],
  ])("resolveSnapped resolves %s to %s", (path, key) => {
    expect(keyOf(path)).toBe(key)
  })

  it.each([
    ["a retired size", "/img/640w/a.jpg", "size-not-allowed"],
    ["a retired size, escaped", "/img/%3640w/a.jpg", "size-not-allowed"],
    ["a size that is not canonical", "/img/0400w/a.jpg", "size-not-allowed"],
    ["a name that is not listed", "/img/thumbs/a.jpg", "size-not-allowed"],
    ["a size beyond the largest possible one", "/img/9000w/a.jpg", "size-not-allowed"],
    ["another base path", "/400w/a.jpg", "bad-url"],
    ["no directory for the size", "/img/400w", "bad-url"],
    ["dots", "/img/../400w/a.jpg", "bad-url"],
    ["a malformed escape", "/img/400w/%zz", "bad-url"],
    ["a name that is too long", `/img/400w/${"x".repeat(250)}.jpg`, "bad-url"],
  ])("resolveSnapped refuses %s", (_, path, code) => {
    expect(keyOf(path)).toBe(code)
  })

  it("resolveSnapped refuses like resolveUrlPath where the list has no size of that shape", () => {
    const crops = { ...GRAMMAR, sizes: listOf("360x270") }
    expect(resolveUrl("/img/400w/a.jpg", undefined, crops)).toEqual(
      resolveUrlPath("/img/400w/a.jpg", undefined, "/img", crops),
    )
    expect(keyOf("/img/400w/a.jpg", undefined, crops)).toBe("size-not-allowed")
  })

  it("resolveSnapped does not take a rendition for an original in a shared store", () => {
    const shared = { ...GRAMMAR, sharedStore: true }
    expect(keyOf("/img/320w/400w/a.jpg", undefined, shared)).toBe("original-not-found")
  })

  it("resolveSnapped names the listed URL and negotiates like it", () => {
    expect(resolveUrl("/img/shop/400w/a b.jpg", "image/webp")).toMatchObject({
      isNegotiated: true,
      contentLocation: "/img/shop/1280w/a%20b.jpg.webp",
    })
    expect(resolveUrl("/img/400w/a.jpg.avif")).toMatchObject({
      isNegotiated: false,
      contentLocation: "/img/1280w/a.jpg.avif",
    })
  })

  it("resolveSnapped returns a listed size, and the same result as for the URL that it names", () => {
    fc.assert(
      fc.property(size, file, accept, (requested, name, accepted) => {
        const path = (segment: string): string => `/img/shop/${segment}/${name}`
        const resolved = resolveUrl(path(requested), accepted)
        const plain = resolveUrlPath(path(requested), accepted, "/img", GRAMMAR)
        // Only URLs that are refused without snapping as well, and sizes without a suitable listed one, are refused.
        fc.pre(!("refused" in resolved) || !isDeepStrictEqual(resolved, plain))
        const { parsed, isNegotiated } = resolved as ResolvedUrl
        expect(GRAMMAR.sizes).toContain(parsed.readings[0].size)
        const segment = parsed.key.split("/")[1] ?? ""
        const named = resolveUrlPath(path(segment), accepted, "/img", GRAMMAR)
        expect(named).toMatchObject({ parsed, isNegotiated })
        // A listed size is resolved to itself.
        expect(resolveUrl(path(segment), accepted)).toEqual(named)
      }),
      { numRuns: 2000 },
    )
  })

  it("resolveSnapped returns the result of resolveUrlPath for a text that is not a size", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 20 }), (text) => {
        const path = `/img/${text}`
        const plain = resolveUrlPath(path, undefined, "/img", GRAMMAR)
        const resolved = resolveUrl(path)
        const isSnapped = !("refused" in resolved) && "refused" in plain && plain.refused === "size-not-allowed"
        expect(isSnapped ? plain : resolved).toEqual(plain)
      }),
      { numRuns: 2000 },
    )
  })
})
