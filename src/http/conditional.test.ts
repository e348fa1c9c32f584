/** Conditional requests (RFC 9110): which header counts, in which order, and that malformed headers have no effect. */
import * as fc from "fast-check"
import { afterEach, describe, expect, it } from "vitest"

import { evaluateConditions, isRangeCurrent } from "./conditional.ts"

const ETAG = '"abc"'
const MODIFIED = "Sun, 06 Nov 1994 08:49:37 GMT"
const EARLIER = "Sun, 06 Nov 1994 08:49:36 GMT"
const LATER = "Sun, 06 Nov 1994 08:49:38 GMT"
const VALIDATORS = { etag: ETAG, modifiedMs: Date.UTC(1994, 10, 6, 8, 49, 37) }

type Headers = Readonly<Record<string, string>>

const evaluate = (headers: Headers): string => evaluateConditions((name) => headers[name], VALIDATORS)
const isCurrent = (headers: Headers): boolean => isRangeCurrent((name) => headers[name], VALIDATORS)

describe("evaluateConditions", () => {
  it("evaluateConditions sends a rendition without conditions", () => {
    expect(evaluate({})).toBe("send")
  })

  it.each([
    ["the ETag", '"abc"', "not-modified"],
    ["the ETag, weak", 'W/"abc"', "not-modified"],
    ["the ETag in a list", '"x", "abc", "y"', "not-modified"],
    ["the ETag in a list without spaces", '"x","abc"', "not-modified"],
    ["the ETag, weak, in a list", '"x", W/"abc"', "not-modified"],
    ["a star", "*", "not-modified"],
    ["a star between spaces", " * ", "not-modified"],
    ["another ETag", '"abcd"', "send"],
    ["another list", '"x", W/"y"', "send"],
    ["the ETag in upper case", '"ABC"', "send"],
    ["the ETag without quotes", "abc", "send"],
    ["an ETag that contains the ETag between commas", '"x,abc,y"', "send"],
    ["a star in quotes", '"*"', "send"],
    ["an empty value", "", "send"],
    ["an open quote", '"abc', "send"],
  ])("If-None-Match with %s (%s) leads to %s", (_, value, outcome) => {
    expect(evaluate({ "if-none-match": value })).toBe(outcome)
  })

  it.each([
    ["the ETag", '"abc"', "send"],
    ["the ETag in a list", '"x", "abc"', "send"],
    ["a star", "*", "send"],
    ["the ETag, weak", 'W/"abc"', "failed"],
    ["another ETag", '"x"', "failed"],
    ["an empty value", "", "failed"],
    ["the ETag without quotes", "abc", "failed"],
  ])("If-Match with %s (%s) leads to %s", (_, value, outcome) => {
    expect(evaluate({ "if-match": value })).toBe(outcome)
  })

  it.each([
    ["the same second", MODIFIED, "not-modified"],
    ["a second later", LATER, "not-modified"],
    ["a second earlier", EARLIER, "send"],
    ["no HTTP date", "yesterday", "send"],
    ["an empty value", "", "send"],
  ])("If-Modified-Since with %s (%s) leads to %s", (_, value, outcome) => {
    expect(evaluate({ "if-modified-since": value })).toBe(outcome)
  })

  it.each([
    ["the same second", MODIFIED, "send"],
    ["a second later", LATER, "send"],
    ["a second earlier", EARLIER, "failed"],
    ["no HTTP date", "yesterday", "send"],
    ["an empty value", "", "send"],
  ])("If-Unmodified-Since with %s (%s) leads to %s", (_, value, outcome) => {
    expect(evaluate({ "if-unmodified-since": value })).toBe(outcome)
  })

  it.each<[string, Headers, string]>([
    ["If-Match overrides If-Unmodified-Since", { "if-match": ETAG, "if-unmodified-since": EARLIER }, "send"],
    ["a date does not override a failed If-Match", { "if-match": '"x"', "if-unmodified-since": LATER }, "failed"],
    ["If-None-Match overrides If-Modified-Since", { "if-none-match": '"x"', "if-modified-since": LATER }, "send"],
    [
      "If-None-Match matches regardless of the date",
      { "if-none-match": ETAG, "if-modified-since": EARLIER },
      "not-modified",
    ],
    ["If-Match is evaluated before If-None-Match", { "if-match": '"x"', "if-none-match": ETAG }, "failed"],
    ["If-None-Match decides where If-Match holds", { "if-match": ETAG, "if-none-match": ETAG }, "not-modified"],
    [
      "If-Unmodified-Since is evaluated before If-None-Match",
      { "if-unmodified-since": EARLIER, "if-none-match": ETAG },
      "failed",
    ],
    [
      "If-Modified-Since decides where If-Unmodified-Since holds",
      { "if-unmodified-since": LATER, "if-modified-since": LATER },
      "not-modified",
    ],
  ])("conditions follow the order of RFC 9110 §13.2.2: %s", (_, headers, outcome) => {
    expect(evaluate(headers)).toBe(outcome)
  })

  describe("dates in conditions", () => {
    const zone = process.env["TZ"]
    afterEach(() => {
      if (zone === undefined) delete process.env["TZ"]
      else process.env["TZ"] = zone
    })

    it.each([
      ["IMF-fixdate", MODIFIED],
      ["RFC 850", "Sunday, 06-Nov-94 08:49:37 GMT"],
      ["asctime", "Sun Nov  6 08:49:37 1994"],
    ])("a date in the form %s is read as GMT in every time zone of the server", (_, date) => {
      for (const place of ["UTC", "Asia/Tokyo", "America/New_York"]) {
        process.env["TZ"] = place
        expect(evaluate({ "if-modified-since": date })).toBe("not-modified")
        expect(evaluate({ "if-unmodified-since": date })).toBe("send")
        expect(isCurrent({ "if-range": date })).toBe(true)
      }
    })

    it.each(["9999", "2099-01-01", "2099-01-01T00:00:00Z", "1 Jan 2099", "Sun, 06 Nov 2099 08:49:37 +0100"])(
      "a date in a form other than those of HTTP is ignored: %s",
      (date) => {
        expect(evaluate({ "if-modified-since": date })).toBe("send")
      },
    )
  })

  it("If-Match and If-None-Match find an ETag anywhere in a list", () => {
    const tag = fc
      .tuple(
        fc.constantFrom("", "W/"),
        fc.string({ unit: fc.constantFrom(..."abcW/,*;!#é ".replaceAll(" ", "").split("")) }),
      )
      .map(([weak, text]) => `${weak}"${text}"`)
    const list = fc.array(tag, { maxLength: 5 })
    fc.assert(
      fc.property(list, list, fc.constantFrom(",", ", ", " ,\t"), (before, after, comma) => {
        const value = [...before, ETAG, ...after].join(comma)
        expect(evaluate({ "if-none-match": value })).toBe("not-modified")
        expect(evaluate({ "if-match": value })).toBe("send")
        const others = [...before, ...after].filter((other) => !other.endsWith(ETAG)).join(comma)
        expect(evaluate({ "if-none-match": others })).toBe("send")
        expect(evaluate({ "if-match": others })).toBe("failed")
      }),
    )
  })

  it("evaluateConditions has an outcome for every header", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), fc.string(), (a, b, c, d) => {
        const headers = { "if-match": a, "if-none-match": b, "if-modified-since": c, "if-unmodified-since": d }
        expect(["send", "not-modified", "failed"]).toContain(evaluate(headers))
      }),
    )
  })
})

describe("isRangeCurrent", () => {
  it.each<[string, Headers, boolean]>([
    ["is missing", {}, true],
    ["is the ETag", { "if-range": '"abc"' }, true],
    ["is the ETag between spaces", { "if-range": ' "abc" ' }, true],
    ["is another ETag", { "if-range": '"x"' }, false],
    ["is the ETag, weak, which does not prove equal bytes", { "if-range": 'W/"abc"' }, false],
    ["is a list, which it must not be", { "if-range": '"abc", "x"' }, false],
    ["is the same second", { "if-range": MODIFIED }, true],
    ["is a second later", { "if-range": LATER }, false],
    ["is a second earlier", { "if-range": EARLIER }, false],
    ["is something else", { "if-range": "abc" }, false],
    ["is a star", { "if-range": "*" }, false],
    ["is empty", { "if-range": "" }, false],
  ])("a range is current where If-Range %s: %s", (_, headers, expected) => {
    expect(isCurrent(headers)).toBe(expected)
  })
})
