/** Tests of negotiation: only formats that the request names are chosen, and only if the file name leaves the format open. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"

import { type Format, FORMATS } from "./format.ts"
import { isNegotiable, namesFormat, negotiate } from "./negotiate.ts"

const BOTH = ["avif", "webp"] as const

const CHROME = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"
const SAFARI = "image/webp,image/png,image/svg+xml,image/*;q=0.8,video/*;q=0.8,*/*;q=0.5"
const OLD_SAFARI = "image/png,image/svg+xml,image/*;q=0.8,video/*;q=0.8,*/*;q=0.5"

describe("negotiate", () => {
  it.each<[string, string | undefined, Format | undefined]>([
    ["no Accept at all", undefined, undefined],
    ["an empty Accept", "", undefined],
    ["Chrome", CHROME, "avif"],
    ["Safari 14", SAFARI, "webp"],
    ["an old Safari", OLD_SAFARI, undefined],
    ["curl", "*/*", undefined],
    ["any image", "image/*", undefined],
    ["any image, with a wildcard of lower weight", "image/*,*/*;q=0.8", undefined],
    ["a page", "text/html", undefined],
    ["both, in the other order", "image/webp,image/avif", "avif"],
    ["only AVIF", "image/avif", "avif"],
    ["only WebP", "image/webp", "webp"],
    ["WebP rather than AVIF", "image/avif;q=0.5,image/webp", "webp"],
    ["AVIF rather than WebP", "image/webp;q=0.5,image/avif;q=0.6", "avif"],
    ["both with one weight", "image/webp;q=0.3,image/avif;q=0.3", "avif"],
    ["no WebP", "image/webp;q=0", undefined],
    ["no WebP, with three digits", "image/webp;q=0.000", undefined],
    ["no WebP but any other type", "image/webp;q=0, */*", undefined],
    ["no AVIF but WebP", "image/avif;q=0,image/webp", "webp"],
    ["the lowest weight", "image/webp;q=0.001", "webp"],
    ["JPEG rather than WebP", "image/webp;q=0.5,image/jpeg", undefined],
    ["JPEG and WebP with one weight", "image/jpeg,image/webp", "webp"],
    ["WebP rather than JPEG", "image/jpeg;q=0.4,image/webp;q=0.5", "webp"],
    ["any image rather than WebP", "image/webp;q=0.5,image/*", undefined],
    ["anything rather than WebP", "image/webp;q=0.5,*/*;q=0.8", undefined],
    ["WebP rather than anything", "image/webp;q=0.5,*/*;q=0.1", "webp"],
    ["no JPEG but any other image", "image/jpeg;q=0,image/*,image/webp;q=0.5", "webp"],
    ["upper case", "IMAGE/WEBP", "webp"],
    ["mixed case and a weight in upper case", "Image/Avif;Q=0.2,image/WebP;q=0.9", "webp"],
    ["spaces everywhere", " image/avif ; q=0.1 ,  image/webp ;  q=0.9 ", "webp"],
    ["tabs", "image/avif;\tq=0.1,\timage/webp", "webp"],
    ["another parameter before the weight", "image/webp;level=1;q=0,image/avif;level=1;q=0.3", "avif"],
    ["empty elements", ",,image/webp,,", "webp"],
    ["types that only begin alike", "image/webp2,image/avif-sequence", undefined],
    ["a type that only ends alike", "ximage/webp", undefined],
    ["no slash", "webp", undefined],
    ["too many slashes", "image/webp/x", undefined],
    ["a weight over one", "image/webp;q=1.5", undefined],
    ["a weight of many digits", "image/webp;q=0.1234", undefined],
    ["a negative weight", "image/webp;q=-1", undefined],
    ["a weight that is not a number", "image/webp;q=high", undefined],
    ["an empty weight", "image/webp;q=", undefined],
    ["a weight in another notation", "image/webp;q=1e-1", undefined],
    ["a sentence", "give me image/webp please", undefined],
  ])("negotiate chooses the format for %s", (_, accept, format) => {
    expect(negotiate(accept, "photo.jpg", BOTH)).toBe(format)
  })

  it("negotiate compares with the weight of the type that the file name suggests", () => {
    const accept = "image/png,image/webp;q=0.9,image/gif;q=0.1"
    expect(negotiate(accept, "photo.png", BOTH)).toBeUndefined()
    expect(negotiate(accept, "photo.jpg", BOTH)).toBe("webp")
    expect(negotiate(accept, "photo.gif", BOTH)).toBe("webp")
    // The base rendition of a TIFF is a JPEG.
    expect(negotiate("image/jpeg,image/webp;q=0.9", "scan.tif", BOTH)).toBeUndefined()
  })

  it.each(["photo", "notes.txt", ".jpg", "photo.webp", "photo.WEBP", "img.jpg.avif", "photo.jpg.webp", "a.json"])(
    "isNegotiable is false for %s",
    (file) => {
      expect(isNegotiable(file, BOTH)).toBe(false)
      expect(negotiate(CHROME, file, BOTH)).toBeUndefined()
    },
  )

  it.each(["photo.jpg", "PHOTO.JPG", "img.webp.jpg", "scan.tiff", "a.gif", "photo.HEIC"])(
    "isNegotiable is true for %s",
    (file) => {
      expect(isNegotiable(file, BOTH)).toBe(true)
      expect(negotiate(CHROME, file, BOTH)).toBe("avif")
    },
  )

  it("isNegotiable is false only for extensions of listed formats", () => {
    expect(negotiate(CHROME, "photo.avif", ["webp"])).toBe("webp")
    expect(negotiate(CHROME, "photo.webp", ["avif"])).toBe("avif")
  })

  it("negotiate prefers formats in the order of the list, and chooses no other", () => {
    expect(negotiate(CHROME, "photo.jpg", ["webp", "avif"])).toBe("webp")
    expect(negotiate(CHROME, "photo.jpg", ["webp"])).toBe("webp")
    expect(negotiate(CHROME, "photo.jpg", [])).toBeUndefined()
  })

  const weight = fc.oneof(
    fc.constantFrom("", ";q=0", ";q=0.0", ";q=1", ";q=1.000", ";q=2", ";q=x", ";q=", ";v=1", "; q=0.5", ";Q=0.4"),
    fc.integer({ min: 0, max: 999 }).map((q) => `;q=0.${q}`),
  )
  const range = fc.constantFrom(
    ...FORMATS.map((format) => `image/${format}`),
    "image/*",
    "*/*",
    "IMAGE/AVIF",
    "image/svg+xml",
    "text/html",
    "image",
    "",
  )
  const accept = fc.oneof(
    fc
      .array(fc.tuple(range, weight), { maxLength: 8 })
      .map((elements) => elements.map((element) => element.join("")).join(", ")),
    fc.string(),
  )
  const formats = fc.shuffledSubarray<Format>([...FORMATS])
  const file = fc.constantFrom("a.jpg", "a.png", "a.webp", "a.avif", "a.gif", "a.tif", "a", "a.txt", "a.jpg.webp")

  it("negotiate chooses only listed formats that Accept names with a weight above zero", () => {
    fc.assert(
      fc.property(accept, file, formats, (header, name, listed) => {
        const format = negotiate(header, name, listed)
        const isNamed = header
          .toLowerCase()
          .split(",")
          .some(
            (element) => element.trim().startsWith(`image/${format}`) && !/;\s*q=(?:0(?:\.0*)?$|[^01]|$)/.test(element),
          )
        expect(format === undefined || (listed.includes(format) && isNamed)).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })

  it("negotiate ignores types in Accept that are not images", () => {
    fc.assert(
      fc.property(accept, file, formats, (header, name, listed) => {
        expect(negotiate(`text/html,${header},application/json;q=0.9`, name, listed)).toBe(
          negotiate(header, name, listed),
        )
      }),
    )
  })

  it("negotiate never chooses a format for a file that is not negotiable", () => {
    fc.assert(
      fc.property(accept, fc.string(), formats, (header, name, listed) => {
        fc.pre(!isNegotiable(name, listed))
        expect(negotiate(header, name, listed)).toBeUndefined()
      }),
    )
  })
})

describe("namesFormat", () => {
  it.each<[string, readonly Format[]]>([
    [CHROME, ["avif", "webp"]],
    ["image/avif;q=0,image/webp", ["webp"]],
    ["IMAGE/AVIF;q=0.1", ["avif"]],
    ["image/*,*/*", []],
    ["image/avif-sequence", []],
  ])("namesFormat finds in %j only formats that are named and not excluded: %j", (accept, expected) => {
    expect(BOTH.filter((format) => namesFormat(accept, format))).toEqual(expected)
  })
})
