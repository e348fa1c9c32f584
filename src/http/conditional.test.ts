/** Conditional requests as RFC 9110 has them: which header counts, in which order, and what a malformed one does, which is nothing. */
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
const isGood = (headers: Headers): boolean => isRangeCurrent((name) => headers[name], VALIDATORS)

describe("evaluateConditions", () => {
  it("sends where there are no conditions", () => {
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
    ["an ETag that has ours between commas", '"x,abc,y"', "send"],
    ["a star in quotes", '"*"', "send"],
    ["nothing", "", "send"],
    ["an open quote", '"abc', "send"],
  ])("If-None-Match with %s", (_, value, outcome) => {
    expect(evaluate({ "if-none-match": value })).toBe(outcome)
  })

  it.each([
    ["the ETag", '"abc"', "send"],
    ["the ETag in a list", '"x", "abc"', "send"],
    ["a star", "*", "send"],
    ["the ETag, weak, which is no proof", 'W/"abc"', "failed"],
    ["another ETag", '"x"', "failed"],
    ["nothing", "", "failed"],
    ["the ETag without quotes", "abc", "failed"],
  ])("If-Match with %s", (_, value, outcome) => {
    expect(evaluate({ "if-match": value })).toBe(outcome)
  })

  it.each([
    ["the very second", MODIFIED, "not-modified"],
    ["a second later", LATER, "not-modified"],
    ["a second earlier", EARLIER, "send"],
    ["no date", "yesterday", "send"],
    ["nothing", "", "send"],
  ])("If-Modified-Since with %s", (_, value, outcome) => {
    expect(evaluate({ "if-modified-since": value })).toBe(outcome)
  })

  it.each([
    ["the very second", MODIFIED, "send"],
    ["a second later", LATER, "send"],
    ["a second earlier", EARLIER, "failed"],
    ["no date", "yesterday", "send"],
    ["nothing", "", "send"],
  ])("If-Unmodified-Since with %s", (_, value, outcome) => {
    expect(evaluate({ "if-unmodified-since": value })).toBe(outcome)
  })

  it.each<[string, Headers, string]>([
    ["If-Match silences If-Unmodified-Since", { "if-match": ETAG, "if-unmodified-since": EARLIER }, "send"],
    ["a failed If-Match is not made good by a date", { "if-match": '"x"', "if-unmodified-since": LATER }, "failed"],
    ["If-None-Match silences If-Modified-Since", { "if-none-match": '"x"', "if-modified-since": LATER }, "send"],
    [
      "If-None-Match matches whatever the date",
      { "if-none-match": ETAG, "if-modified-since": EARLIER },
      "not-modified",
    ],
    ["If-Match comes before If-None-Match", { "if-match": '"x"', "if-none-match": ETAG }, "failed"],
    ["If-Match that holds leaves If-None-Match to decide", { "if-match": ETAG, "if-none-match": ETAG }, "not-modified"],
    [
      "If-Unmodified-Since comes before If-None-Match",
      { "if-unmodified-since": EARLIER, "if-none-match": ETAG },
      "failed",
    ],
    [
      "If-Unmodified-Since that holds leaves the rest",
      { "if-unmodified-since": LATER, "if-modified-since": LATER },
      "not-modified",
    ],
  ])("in the order of RFC 9110 §13.2.2: %s", (_, headers, outcome) => {
    expect(evaluate(headers)).toBe(outcome)
  })

  describe("dates", () => {
    const zone = process.env["TZ"]
    afterEach(() => {
      if (zone === undefined) delete process.env["TZ"]
      else process.env["TZ"] = zone
    })

    it.each([
      ["IMF-fixdate", MODIFIED],
      ["RFC 850", "Sunday, 06-Nov-94 08:49:37 GMT"],
      ["asctime", "Sun Nov  6 08:49:37 1994"],
    ])("are understood as %s, in Greenwich time wherever the server stands", (_, date) => {
      for (const place of ["UTC", "Asia/Tokyo", "America/New_York"]) {
        process.env["TZ"] = place
        expect(evaluate({ "if-modified-since": date })).toBe("not-modified")
        expect(evaluate({ "if-unmodified-since": date })).toBe("send")
        expect(isGood({ "if-range": date })).toBe(true)
      }
    })

    it.each(["9999", "2099-01-01", "2099-01-01T00:00:00Z", "1 Jan 2099", "Sun, 06 Nov 2099 08:49:37 +0100"])(
      "in no form that HTTP knows are ignored: %s",
      (date) => {
        expect(evaluate({ "if-modified-since": date })).toBe("send")
      },
    )
  })

  it("finds an ETag in any list that has it, whatever stands around it", () => {
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

  it("has an outcome for every header there is", () => {
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
    ["without If-Range", {}, true],
    ["with the ETag", { "if-range": '"abc"' }, true],
    ["with the ETag between spaces", { "if-range": ' "abc" ' }, true],
    ["with another ETag", { "if-range": '"x"' }, false],
    ["with the ETag, weak, which is no proof of equal bytes", { "if-range": 'W/"abc"' }, false],
    ["with a list, which it never is", { "if-range": '"abc", "x"' }, false],
    ["with the very second", { "if-range": MODIFIED }, true],
    ["with a second later", { "if-range": LATER }, false],
    ["with a second earlier", { "if-range": EARLIER }, false],
    ["with something else", { "if-range": "abc" }, false],
    ["with a star", { "if-range": "*" }, false],
    ["with nothing", { "if-range": "" }, false],
  ])("%s: %s", (_, headers, isStillGood) => {
    expect(isGood(headers)).toBe(isStillGood)
  })
})
