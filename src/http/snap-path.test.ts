/** Addresses of sizes that are not listed: whatever is asked for, what comes out is on the list, and is the same as if that were asked. */
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

const ask = (path: string, accept?: string, grammar = GRAMMAR): ReturnType<typeof resolveSnapped> =>
  resolveSnapped(path, accept, "/img", grammar)

const keyOf = (path: string, accept?: string, grammar = GRAMMAR): string => {
  const wanted = ask(path, accept, grammar)
  return "refused" in wanted ? wanted.refused : wanted.parsed.key
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
  ])("reads %s as %s", (path, key) => {
    expect(keyOf(path)).toBe(key)
  })

  it.each([
    ["a retired size", "/img/640w/a.jpg", "size-not-allowed"],
    ["a retired size, escaped", "/img/%3640w/a.jpg", "size-not-allowed"],
    ["what is no canonical size", "/img/0400w/a.jpg", "size-not-allowed"],
    ["a name that is not listed", "/img/thumbs/a.jpg", "size-not-allowed"],
    ["more pixels than any size has", "/img/9000w/a.jpg", "size-not-allowed"],
    ["another base path", "/400w/a.jpg", "bad-url"],
    ["no directory for the size", "/img/400w", "bad-url"],
    ["dots", "/img/../400w/a.jpg", "bad-url"],
    ["an escape that is none", "/img/400w/%zz", "bad-url"],
    ["a name that is too long", `/img/400w/${"x".repeat(250)}.jpg`, "bad-url"],
  ])("refuses %s", (_, path, code) => {
    expect(keyOf(path)).toBe(code)
  })

  it("refuses as ever where the list has no size of that kind", () => {
    const crops = { ...GRAMMAR, sizes: listOf("360x270") }
    expect(ask("/img/400w/a.jpg", undefined, crops)).toEqual(
      resolveUrlPath("/img/400w/a.jpg", undefined, "/img", crops),
    )
    expect(keyOf("/img/400w/a.jpg", undefined, crops)).toBe("size-not-allowed")
  })

  it("takes nothing for an original that is a rendition in a store of both", () => {
    const shared = { ...GRAMMAR, sharedStore: true }
    expect(keyOf("/img/320w/400w/a.jpg", undefined, shared)).toBe("original-not-found")
  })

  it("names the address that it is answered for, which is negotiated as that one would be", () => {
    expect(ask("/img/shop/400w/a b.jpg", "image/webp")).toMatchObject({
      isNegotiated: true,
      contentLocation: "/img/shop/1280w/a%20b.jpg.webp",
    })
    expect(ask("/img/400w/a.jpg.avif")).toMatchObject({
      isNegotiated: false,
      contentLocation: "/img/1280w/a.jpg.avif",
    })
  })

  it("gives what is listed, and the same as for the address that it names", () => {
    fc.assert(
      fc.property(size, file, accept, (asked, name, accepted) => {
        const path = (segment: string): string => `/img/shop/${segment}/${name}`
        const wanted = ask(path(asked), accepted)
        const plain = resolveUrlPath(path(asked), accepted, "/img", GRAMMAR)
        // Refused is only what would be in any case, and what no listed size is like.
        fc.pre(!("refused" in wanted) || !isDeepStrictEqual(wanted, plain))
        const { parsed, isNegotiated } = wanted as ResolvedUrl
        expect(GRAMMAR.sizes).toContain(parsed.readings[0].size)
        const segment = parsed.key.split("/")[1] ?? ""
        const named = resolveUrlPath(path(segment), accepted, "/img", GRAMMAR)
        expect(named).toMatchObject({ parsed, isNegotiated })
        // What was given snaps to itself.
        expect(ask(path(segment), accepted)).toEqual(named)
      }),
      { numRuns: 2000 },
    )
  })

  it("says of whatever is no size what is said without it", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 20 }), (text) => {
        const path = `/img/${text}`
        const plain = resolveUrlPath(path, undefined, "/img", GRAMMAR)
        const wanted = ask(path)
        const isSnapped = !("refused" in wanted) && "refused" in plain && plain.refused === "size-not-allowed"
        expect(isSnapped ? plain : wanted).toEqual(plain)
      }),
      { numRuns: 2000 },
    )
  })
})
