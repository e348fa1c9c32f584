/** Byte ranges: one range is returned, every other header is ignored or unsatisfiable, and the bytes are never the wrong ones. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"

import { parseRange } from "./range.ts"

describe("parseRange, for a body of 100 bytes,", () => {
  it.each<[string, string, number, number]>([
    ["the first byte", "bytes=0-0", 0, 0],
    ["the last byte", "bytes=99-99", 99, 99],
    ["the middle", "bytes=10-19", 10, 19],
    ["the whole body", "bytes=0-99", 0, 99],
    ["from a byte to the end", "bytes=90-", 90, 99],
    ["from the start to the end", "bytes=0-", 0, 99],
    ["up to the end, for an end after it", "bytes=90-1000", 90, 99],
    ["the last ten", "bytes=-10", 90, 99],
    ["the last byte, by suffix", "bytes=-1", 99, 99],
    ["the last hundred", "bytes=-100", 0, 99],
    ["leading zeros", "bytes=0010-0019", 10, 19],
    ["a unit in upper case", "BYTES=10-19", 10, 19],
    ["an end beyond every integer", `bytes=0-${"9".repeat(400)}`, 0, 99],
  ])("parseRange returns %s", (_, header, start, end) => {
    expect(parseRange(header, 100)).toEqual({ start, end })
  })

  it.each([
    ["longer than the body", "bytes=-101"],
    ["far longer than the body", "bytes=-99999999999"],
    ["longer than any integer", `bytes=-${"9".repeat(400)}`],
  ])("parseRange returns the whole body for a suffix that is %s (RFC 9110 §14.1.2)", (_, header) => {
    expect(parseRange(header, 100)).toEqual({ start: 0, end: 99 })
  })

  it.each([
    ["no header", undefined],
    ["an empty header", ""],
    ["another unit", "items=0-10"],
    ["a unit alone", "bytes"],
    ["no range", "bytes="],
    ["a dash", "bytes=-"],
    ["a number alone", "bytes=10"],
    ["words", "bytes=first-last"],
    ["a negative start", "bytes=-5-10"],
    ["two dashes", "bytes=1--2"],
    ["a fraction", "bytes=0.5-10"],
    ["an exponent", "bytes=0-1e1"],
    ["hexadecimal", "bytes=0x0-0x9"],
    ["a sign", "bytes=+0-+9"],
    ["something before it", "x bytes=0-1"],
    ["two ranges", "bytes=0-1,5-6"],
    ["two ranges after the end", "bytes=100-,200-"],
    ["an end before the start", "bytes=5-2"],
    ["two ranges that overlap", "bytes=0-10,5-20"],
    ["the same range many times", `bytes=${Array.from({ length: 1000 }, () => "0-1").join(",")}`],
    ["a valid range and an invalid one", "bytes=0-1,x"],
  ])("parseRange ignores %s", (_, header) => {
    expect(parseRange(header, 100)).toBe("none")
  })

  it.each([
    ["a range right after the end", "bytes=100-"],
    ["a closed range right after the end", "bytes=100-100"],
    ["a range far after the end", "bytes=1000-2000"],
    ["a start beyond every integer", `bytes=${"9".repeat(400)}-`],
    ["an empty suffix", "bytes=-0"],
  ])("parseRange calls %s unsatisfiable", (_, header) => {
    expect(parseRange(header, 100)).toBe("unsatisfiable")
  })

  it("parseRange never returns a part for a range that ends before it starts", () => {
    expect(["none", "unsatisfiable"]).toContain(parseRange("bytes=20-10", 100))
  })

  it("parseRange calls every range of an empty body unsatisfiable", () => {
    for (const header of ["bytes=0-", "bytes=0-0", "bytes=-0"]) expect(parseRange(header, 0)).toBe("unsatisfiable")
  })
})

describe("parseRange", () => {
  const bytes = fc.integer({ min: 1, max: 1_000_000 })

  it("parseRange returns the requested range, limited to the body", () => {
    fc.assert(
      fc.property(bytes, fc.nat(2_000_000), fc.nat(2_000_000), (length, start, more) => {
        const end = Math.min(start + more, length - 1)
        expect(parseRange(`bytes=${start}-${start + more}`, length)).toEqual(
          start < length ? { start, end } : "unsatisfiable",
        )
      }),
    )
  })

  it("parseRange never returns bytes outside the body", () => {
    const hostile = fc.string({ unit: fc.constantFrom(..."0123456789-, =bytes".split("")), maxLength: 20 })
    fc.assert(
      fc.property(
        fc.nat(100),
        fc.oneof(
          hostile,
          hostile.map((text) => `bytes=${text}`),
          fc.string(),
        ),
        (length, header) => {
          const range = parseRange(header, length)
          const { start, end } = typeof range === "string" ? { start: 0, end: 0 } : range
          const isWithin =
            Number.isInteger(start) && Number.isInteger(end) && start >= 0 && start <= end && end < length
          expect(isWithin || typeof range === "string").toBe(true)
        },
      ),
      { numRuns: 2000 },
    )
  })
})
