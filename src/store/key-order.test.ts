import * as fc from "fast-check"
import { describe, expect, it } from "vitest"

import { compareKeys, isListed } from "./key-order.ts"

/** Letters around the places where the orders of UTF-16 and UTF-8 differ. */
const letter = fc.constantFrom(
  "!",
  "-",
  ".",
  "/",
  "0",
  "A",
  "a",
  "\u{e9}",
  "\u{d7ff}",
  "\u{e000}",
  "\u{ffff}",
  "\u{10000}",
  "\u{1f3fa}",
  "\u{10ffff}",
)
const key = fc.oneof(
  fc.array(letter).map((letters) => letters.join("")),
  fc.string({ unit: "binary" }),
)

describe("compareKeys", () => {
  it("compareKeys orders keys as their UTF-8 bytes are ordered", () => {
    fc.assert(
      fc.property(key, key, (a, b) => {
        expect(Math.sign(compareKeys(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)))
      }),
    )
  })
})

describe("isListed", () => {
  it.each([
    ["a/b.jpg", "a/", undefined, true],
    ["a/b.jpg", "b/", undefined, false],
    ["a/b.jpg", "", "a/b.jpg", false],
    ["a/b.jpg", "", "a/a.jpg", true],
    ["a/b.jpg", "a/", "a/c.jpg", false],
  ] as const)("isListed: %s with prefix %j after %j is %j", (name, prefix, after, expected) => {
    expect(isListed(name, prefix, after)).toBe(expected)
  })
})
