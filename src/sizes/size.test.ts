/** Tests of the text form of sizes: each has one canonical spelling, so that no rendition has two URLs. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"

import { type Box, formatSize, guessSize, MAX_SIDE, parseSize } from "./size.ts"

const side = fc.integer({ min: 1, max: MAX_SIDE })
const box: fc.Arbitrary<Box> = fc.oneof(
  fc.record({ width: side, height: side }),
  fc.record({ width: side }),
  fc.record({ height: side }),
)

/** Texts of the characters of sizes, so that many are almost valid. */
const almostSize = fc.string({ unit: fc.constantFrom(..."0123456789xwhXWH×*+-. e".split("")), maxLength: 11 })

describe("parseSize", () => {
  it.each<[string, Box]>([
    ["360x270", { width: 360, height: 270 }],
    ["1280w", { width: 1280 }],
    ["480h", { height: 480 }],
    ["1x1", { width: 1, height: 1 }],
    ["8192x8192", { width: 8192, height: 8192 }],
    ["1w", { width: 1 }],
    ["8192h", { height: 8192 }],
  ])("parseSize reads %s", (text, expected) => {
    expect(parseSize(text)).toEqual(expected)
  })

  it.each([
    ["no text", ""],
    ["no digits", "w"],
    ["a separator alone", "x"],
    ["a number without a unit", "360"],
    ["one side missing", "360x"],
    ["the other side missing", "x270"],
    ["zero", "0w"],
    ["a side of zero", "0x270"],
    ["more than the largest side", "8193w"],
    ["five digits", "10000h"],
    ["one side too large", "360x8193"],
    ["a leading zero", "0360x270"],
    ["a leading zero on the second side", "360x0270"],
    ["a plus sign", "+480h"],
    ["a minus sign", "-480h"],
    ["an upper-case X", "360X270"],
    ["an upper-case W", "1280W"],
    ["an upper-case H", "480H"],
    ["a typographic multiplication sign", "360×270"],
    ["an asterisk", "360*270"],
    ["three sides", "360x270x1"],
    ["two units", "360wh"],
    ["a box with a unit", "360x270w"],
    ["an exponent", "1e3w"],
    ["a fraction", "1.5w"],
    ["hexadecimal", "0x1f"],
    ["a space before", " 480h"],
    ["a space after", "480h "],
    ["a line break after", "480h\n"],
    ["spaces within", "360 x 270"],
    ["full-width digits", "\uff14\uff18\uff10h"],
    ["Arabic digits", "٤٨٠h"],
    ["a name", "card"],
  ])("parseSize rejects %s", (_, text) => {
    expect(parseSize(text)).toBeUndefined()
  })

  it("parseSize is the inverse of formatSize", () => {
    fc.assert(
      fc.property(box, (size) => {
        expect(parseSize(formatSize(size))).toEqual(size)
      }),
    )
  })

  it("parseSize accepts only the canonical spelling of a size", () => {
    fc.assert(
      fc.property(fc.oneof(almostSize, fc.string()), (text) => {
        const size = parseSize(text)
        expect(size && formatSize(size)).toBe(size && text)
        expect(size === undefined).toBe(
          !/^(?:[1-9]\d{0,3}x[1-9]\d{0,3}|[1-9]\d{0,3}[wh])$/.test(text) || isTooLarge(text),
        )
      }),
      { numRuns: 1000 },
    )
  })

  it("parseSize accepts exactly the sides from 1 to MAX_SIDE", () => {
    const all = Array.from({ length: 10_001 }, (_, pixels) => pixels)
    const allowed = all.filter((pixels) => pixels >= 1 && pixels <= MAX_SIDE)
    expect(all.filter((pixels) => parseSize(`${pixels}w`))).toEqual(allowed)
    expect(all.filter((pixels) => parseSize(`1x${pixels}`))).toEqual(allowed)
  })
})

const isTooLarge = (text: string): boolean => (text.match(/\d+/g) ?? []).some((digits) => Number(digits) > MAX_SIDE)

describe("guessSize", () => {
  it.each<[string, Box]>([
    ["360×270", { width: 360, height: 270 }],
    ["360X270", { width: 360, height: 270 }],
    ["360*270", { width: 360, height: 270 }],
    ["0360x270", { width: 360, height: 270 }],
    ["+480h", { height: 480 }],
    ["-480h", { height: 480 }],
    ["480H", { height: 480 }],
    ["9999w", { width: 8192 }],
    ["0w", { width: 1 }],
    ["360x270 ", { width: 360, height: 270 }],
    ["360 x 270", { width: 360, height: 270 }],
    ["360x270x1", { width: 360, height: 270 }],
  ])("guessSize reads %s as a valid size", (text, expected) => {
    expect(guessSize(text)).toEqual(expected)
  })

  it.each(["", "card", "info", "x", "1e3w", "photo.jpg", "w360"])("guessSize returns undefined for %j", (text) => {
    expect(guessSize(text)).toBeUndefined()
  })

  it("guessSize returns only valid sizes, and a canonical size unchanged", () => {
    fc.assert(
      fc.property(fc.oneof(almostSize, fc.string()), (text) => {
        const guess = guessSize(text)
        expect(guess && parseSize(formatSize(guess))).toEqual(guess)
      }),
      { numRuns: 1000 },
    )
    fc.assert(
      fc.property(box, (size) => {
        expect(guessSize(formatSize(size))).toEqual(size)
      }),
    )
  })
})
