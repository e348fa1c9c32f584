/**
 * Addresses: what they mean, what is refused, and that no text whatever leads outside the originals. The address is the storage key, so
 * a mistake here would let strangers read, overwrite or fill what is not theirs.
 */
import { join, sep } from "node:path"

import * as fc from "fast-check"
import { describe, expect, it } from "vitest"

import type { Format } from "./format.ts"
import {
  canBeOriginal,
  decodePath,
  encodeKey,
  formatKey,
  type Grammar,
  isRenditionKey,
  isSizeSegment,
  keysOf,
  type OriginalKey,
  originalsIn,
  type Parsed,
  parseKey,
  type Reading,
  type Refusal,
  splitKey,
  toOriginalKey,
} from "./key.ts"
import { INFO, parseSizeList, type SizeInput, type SizeList } from "./list.ts"

const listOf = (...inputs: readonly SizeInput[]): SizeList => {
  const parsed = parseSizeList(inputs)
  if ("problems" in parsed) throw new Error(parsed.problems.map(({ message }) => message).join("\n"))
  return parsed.list
}

const GRAMMAR: Grammar = {
  sizes: listOf("360x270", "480h", "1280w", { size: "800x800", name: "card" }),
  formats: ["avif", "webp"],
  retired: { sizes: ["640w", "banner"], formats: ["png"] },
  sharedStore: false,
  maxBytes: { segment: 255, key: 1024 },
}
const SHARED: Grammar = { ...GRAMMAR, sharedStore: true }

const key = (text: string): OriginalKey => {
  const original = toOriginalKey(text)
  if (original === undefined) throw new Error(`no key of an original: ${text}`)
  return original
}

const parse = (path: string, grammar: Grammar = GRAMMAR): Parsed | Refusal => {
  const segments = decodePath(path)
  return "refused" in segments ? segments : parseKey(segments, grammar)
}

/** The meanings of an address in a form that reads well in a failure: `original size format`. */
const meanings = (path: string, grammar: Grammar = GRAMMAR): readonly string[] => {
  const parsed = parse(path, grammar)
  if ("refused" in parsed) return [parsed.refused]
  return parsed.readings.map(({ original, size, format }) =>
    [original, size === INFO ? INFO : size.name, format ?? "base"].join(" "),
  )
}

const refusalOf = (path: string, grammar: Grammar = GRAMMAR): Refusal | undefined => {
  const parsed = parse(path, grammar)
  return "refused" in parsed ? parsed : undefined
}

/** Pieces of names that were trouble somewhere: escapes, what looks like them, sizes, extensions, two spellings of one letter. */
const PIECES = [
  "a B 7 . .. - _ ~ % %25 %2F %20 + # ? & = : @ ; , ! ' ( ) * [ ] { | ^ \" <",
  "ü u\u0308 é e\u0301 中 😀 \u200b \u202e",
  ".jpg .JPG .jpeg .webp .WEBP .avif .png .gif .json 360x270 480h card info 640w",
].flatMap((pieces) => pieces.split(" "))
const segment = fc
  .array(fc.constantFrom(" ", ...PIECES), { minLength: 1, maxLength: 6 })
  .map((pieces) => pieces.join(""))
  .filter((text) => text !== "." && text !== "..")
const originalKey = fc.array(segment, { minLength: 1, maxLength: 4 }).map((segments) => key(segments.join("/")))
const grammar: fc.Arbitrary<Grammar> = fc
  .tuple(fc.subarray<Format>(["avif", "webp", "jpeg", "gif"]), fc.boolean())
  .map(([formats, sharedStore]) => Object.assign({}, GRAMMAR, { formats, sharedStore }))
const sizeIn = ({ sizes }: Grammar): fc.Arbitrary<Reading["size"]> => fc.constantFrom<Reading["size"]>(INFO, ...sizes)
const readingIn = (of: Grammar): fc.Arbitrary<Reading> =>
  fc
    .tuple(originalKey, sizeIn(of), fc.constantFrom(undefined, ...of.formats))
    .map(([original, size, format]) => ({ original, size, format: size === INFO ? undefined : format }))
const grammarAndReading = grammar.chain((of) => fc.tuple(fc.constant(of), readingIn(of)))

const pieces = (text: string, maxLength: number): fc.Arbitrary<string> =>
  fc.array(fc.constantFrom(...text.split(" ")), { maxLength }).map((some) => some.join(""))
const dots =
  ". .. ... %2e %2E%2e %252e %2f %2F %5c \\ %00 \0 %0a %7f \u0085 % %2 %zz %c0%ae %ff %ed%a0%80 \ud800 \udc00 é 😀"
/** Anything that somebody might send as a path: mostly ones with a size in the right place, since others are refused soon. */
const attack = fc.oneof(
  fc
    .tuple(
      pieces(`${dots} / / a C: etc 480h`, 4),
      fc.constantFrom("480h", "card", INFO, "640w"),
      pieces(`${dots} a`, 3),
      fc.constantFrom("", ".webp", ".avif", ".png", ".json", ".jpg.webp"),
    )
    .map(([directory, size, file, extension]) => `/${directory}/${size}/${file}${extension}`.replace(/^\/\//, "/")),
  pieces(`${dots} / / / // a ~ C: photo.jpg .webp webp /480h/ /card/ /info/ 480h .json ?x=1 #`, 12).map(
    (text) => `/${text}`,
  ),
  fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)) }),
  fc.string({ unit: "binary" }).map((text) => `/480h/${text}`),
)

describe("parseKey", () => {
  it.each<[string, readonly string[]]>([
    ["/480h/photo.jpg", ["photo.jpg 480h base"]],
    ["/produs_227613/360x270/img.AZ70KuRzw9.jpg", ["produs_227613/img.AZ70KuRzw9.jpg 360x270 base"]],
    ["/a/b/c/1280w/photo.png", ["a/b/c/photo.png 1280w base"]],
    ["/card/photo.jpg", ["photo.jpg card base"]],
    ["/480h/no-extension", ["no-extension 480h base"]],
    ["/480h/.hidden", [".hidden 480h base"]],
    ["/.well/480h/.hidden.jpg", [".well/.hidden.jpg 480h base"]],
    // An image's name with a listed format behind it is first that format.
    ["/480h/img.jpg.webp", ["img.jpg 480h webp", "img.jpg.webp 480h base"]],
    ["/480h/IMG.JPG.avif", ["IMG.JPG 480h avif", "IMG.JPG.avif 480h base"]],
    ["/480h/scan.TIF.webp", ["scan.TIF 480h webp", "scan.TIF.webp 480h base"]],
    ["/480h/img.webp.webp", ["img.webp 480h webp", "img.webp.webp 480h base"]],
    ["/480h/img.jpg.avif.webp", ["img.jpg.avif 480h webp", "img.jpg.avif.webp 480h base"]],
    // A name that is no image without it is first an original.
    ["/480h/photo.webp", ["photo.webp 480h base", "photo 480h webp"]],
    ["/480h/notes.v2.webp", ["notes.v2.webp 480h base", "notes.v2 480h webp"]],
    ["/480h/.jpg.webp", [".jpg.webp 480h base", ".jpg 480h webp"]],
    // Nothing is left without it.
    ["/480h/.webp", [".webp 480h base"]],
    // Explicit formats are lower case.
    ["/480h/img.jpg.WEBP", ["img.jpg.WEBP 480h base"]],
    ["/480h/img.jpg.Avif", ["img.jpg.Avif 480h base"]],
    // Not listed, retired, or no format at all.
    ["/480h/img.jpg.gif", ["img.jpg.gif 480h base"]],
    ["/480h/img.jpg.png", ["img.jpg.png 480h base"]],
    ["/480h/photo.png", ["photo.png 480h base"]],
    ["/480h/img.jpg.jpg", ["img.jpg.jpg 480h base"]],
    // Only the last segment but one is the size.
    ["/480h/360x270/photo.jpg", ["480h/photo.jpg 360x270 base"]],
    ["/info/480h/photo.jpg", ["info/photo.jpg 480h base"]],
    ["/480h/480h", ["480h 480h base"]],
    ["/480h/info", ["info 480h base"]],
    // Facts.
    ["/info/photo.jpg.json", ["photo.jpg info base"]],
    ["/a/b/info/photo.json", ["a/b/photo info base"]],
    ["/info/img.jpg.webp.json", ["img.jpg.webp info base"]],
    ["/info/data.json.json", ["data.json info base"]],
    ["/480h/photo.jpg.json", ["photo.jpg.json 480h base"]],
  ])("reads %s", (path, expected) => {
    expect(meanings(path)).toEqual(expected)
  })

  it("has among its readings what was formatted, and every reading formats to the same key", () => {
    fc.assert(
      fc.property(grammarAndReading, ([of, reading]) => {
        fc.pre(canBeOriginal(reading.original, of))
        const formatted = formatKey(reading)
        const parsed = parse(`/${encodeKey(formatted)}`, of)
        expect(parsed).toMatchObject({ key: formatted })
        expect("readings" in parsed && parsed.readings).toContainEqual(reading)
        expect("readings" in parsed && parsed.readings.map(formatKey)).not.toContainEqual(
          expect.not.stringMatching(exactly(formatted)),
        )
      }),
      { numRuns: 500 },
    )
  })

  it("reaches every original at every size, whatever its name looks like", () => {
    fc.assert(
      fc.property(originalKey, (original) => {
        for (const size of GRAMMAR.sizes) {
          const parsed = parse(`/${encodeKey(formatKey({ original, size, format: undefined }))}`)
          expect("readings" in parsed && parsed.readings.map((reading) => reading.original)).toContain(original)
        }
      }),
    )
  })

  it("gives one or two readings, of different originals", () => {
    fc.assert(
      fc.property(attack, (path) => {
        const parsed = parse(path)
        const originals = "refused" in parsed ? ["refused"] : parsed.readings.map(({ original }) => original)
        expect([1, 2]).toContain(originals.length)
        expect(new Set(originals).size).toBe(originals.length)
      }),
    )
  })

  describe("refuses", () => {
    it.each([
      ["an address without a size", "/photo.jpg"],
      ["facts without .json", "/info/photo.jpg"],
      ["facts of nothing", "/info/.json"],
    ])("%s", (_, path) => {
      expect(refusalOf(path)?.refused).toBe("bad-url")
    })

    it.each([
      "/360×270/a.jpg",
      "/0360x270/a.jpg",
      "/360X270/a.jpg",
      "/360x270x1/a.jpg",
      "/+361x271/a.jpg",
      "/360x270%20/a.jpg",
    ])("%s, and names the nearest size and all of them", (path) => {
      expect(refusalOf(path)).toEqual({
        refused: "size-not-allowed",
        detail: expect.stringContaining("not on the list"),
        hint: "The nearest is 360x270. Allowed: 360x270, 480h, 1280w, card.",
      })
    })

    it.each([
      "/800x800/a.jpg",
      "/Card/a.jpg",
      "/480H/a.jpg",
      "/1280/a.jpg",
      "/1e3w/a.jpg",
      "/INFO/a.jpg.json",
      "/x/a.jpg",
    ])("%s, which is spelt in no listed way", (path) => {
      expect(refusalOf(path)?.refused).toBe("size-not-allowed")
    })

    it("a size that has a name by anything but its name, and names it", () => {
      expect(refusalOf("/800x800/a.jpg")?.hint).toContain("The nearest is card.")
      expect(meanings("/card/a.jpg")).toEqual(["a.jpg card base"])
    })

    it("retired sizes, and says that they are retired", () => {
      expect(refusalOf("/640w/a.jpg")).toMatchObject({
        refused: "size-not-allowed",
        detail: '"640w" is retired.',
        hint: expect.stringContaining("The nearest is 1280w."),
      })
      expect(refusalOf("/banner/a.jpg")).toMatchObject({ refused: "size-not-allowed", detail: '"banner" is retired.' })
    })

    it("a size of any length in few words", () => {
      const refusal = refusalOf(`/${"9".repeat(5000)}/a.jpg`)
      expect(refusal?.detail.length).toBeLessThan(200)
    })
  })

  it("names the right address to who forgot .json, in a form that can be followed", () => {
    expect(refusalOf("/shop/info/photo.jpg")?.hint).toContain("/shop/info/photo.jpg.json")
    expect(refusalOf("/a%20b/info/50%25%2B.jpg")?.hint).toContain("/a%20b/info/50%25%2B.jpg.json")
    fc.assert(
      fc.property(originalKey, (original) => {
        const { directory, file } = splitKey(original)
        fc.pre(!file.endsWith(".json"))
        const hint = refusalOf(`/${encodeKey(`${directory}info/${file}`)}`)?.hint
        expect(meanings(/\S*\/\S*\.json/.exec(hint ?? "")?.[0] ?? "")).toEqual([`${original} info base`])
      }),
    )
  })

  it("says that a format is not listed, for when there is no original of that name either", () => {
    const otherwiseOf = (path: string, of = GRAMMAR): Refusal | undefined => {
      const parsed = parse(path, of)
      return "refused" in parsed ? undefined : parsed.otherwise
    }
    expect(otherwiseOf("/480h/img.jpg.gif")).toEqual({
      refused: "format-not-allowed",
      detail: '"gif" is not on the list of formats.',
      hint: "Allowed: avif, webp.",
    })
    expect(otherwiseOf("/480h/img.jpg.png")?.detail).toBe('"png" is retired.')
    expect(otherwiseOf("/480h/img.jpg.webp", { ...GRAMMAR, formats: [] })?.hint).toBe(
      "Allowed: none but the original's own.",
    )
    // What was asked for may well be an original that is missing.
    for (const path of ["/480h/photo.gif", "/480h/img.jpg.webp", "/480h/img.jpg", "/480h/img.jpg.tif", "/480h/.png"])
      expect(otherwiseOf(path)).toBeUndefined()
  })
})

const exactly = (text: string): RegExp => new RegExp(`^${text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&")}$`, "u")

describe("an address without a size", () => {
  it.each(["/", "/photo.jpg"])("is told what addresses look like, base path included: %s", (path) => {
    expect(parse(path, { ...GRAMMAR, basePath: "/img" })).toEqual({
      refused: "bad-url",
      detail: "The address has no size.",
      hint: "Expected /img/<directory>/<size>/<file>, for instance /img/360x270/photo.jpg.",
    })
  })
})

describe("decodePath", () => {
  it.each<[string, string, readonly string[]]>([
    ["a space", "/480h/a%20b.jpg", ["480h", "a b.jpg"]],
    ["a raw plus, which stays one", "/480h/a+b.jpg", ["480h", "a+b.jpg"]],
    ["an escaped plus", "/480h/a%2Bb.jpg", ["480h", "a+b.jpg"]],
    ["a percent sign", "/480h/100%25.jpg", ["480h", "100%.jpg"]],
    ["an escaped escape, once", "/480h/50%2525off.jpg", ["480h", "50%25off.jpg"]],
    ["an escaped escaped slash, which is no slash", "/480h/a%252Fb.jpg", ["480h", "a%2Fb.jpg"]],
    ["an escaped dot segment, which is a name", "/480h/%252e%252e", ["480h", "%2e%2e"]],
    ["a hash and a question mark", "/480h/a%23b%3F.jpg", ["480h", "a#b?.jpg"]],
    ["lower-case escapes", "/480h/%e4%b8%ad.jpg", ["480h", "中.jpg"]],
    ["raw Unicode", "/480h/中.jpg", ["480h", "中.jpg"]],
    ["an emoji", "/480h/%F0%9F%98%80.jpg", ["480h", "😀.jpg"]],
    ["sub-delimiters, raw", "/480h/!$&'()*+,;=:@.jpg", ["480h", "!$&'()*+,;=:@.jpg"]],
    ["brackets", "/480h/test%20[1].jpg", ["480h", "test [1].jpg"]],
    ["dots that are no dot segments", "/.../480h/..a", ["...", "480h", "..a"]],
    ["the root, which has none", "/", []],
    ["a composed letter", "/480h/%C3%A9.jpg", ["480h", "\u00e9.jpg"]],
    ["a decomposed letter, as it is", "/480h/e%CC%81.jpg", ["480h", "e\u0301.jpg"]],
  ])("decodes %s", (_, path, segments) => {
    expect(decodePath(path)).toEqual(segments)
  })

  it.each([
    ["no slash at the start", "480h/a.jpg"],
    ["nothing", ""],
    ["an empty segment at the start", "//480h/a.jpg"],
    ["an empty segment within", "/a//480h/a.jpg"],
    ["an empty segment at the end", "/480h/"],
    ["a dot segment", "/./480h/a.jpg"],
    ["two dots", "/../480h/a.jpg"],
    ["two dots at the end", "/480h/.."],
    ["escaped dots", "/%2e%2e/480h/a.jpg"],
    ["half escaped dots", "/.%2E/480h/a.jpg"],
    ["an escaped slash", "/480h/a%2Fb.jpg"],
    ["an escaped slash in lower case", "/480h/..%2f..%2fetc%2fpasswd"],
    ["a segment that is an escaped slash", "/480h/%2F"],
    ["a backslash", "/480h/..\\a.jpg"],
    ["an escaped backslash", "/480h/..%5ca.jpg"],
    ["NUL", "/480h/a.jpg%00.png"],
    ["a raw NUL", "/480h/a\0.jpg"],
    ["a line break", "/480h/a%0d%0aset-cookie:x"],
    ["a tab", "/480h/a%09.jpg"],
    ["DEL", "/480h/a%7F.jpg"],
    ["a C1 control character", "/480h/a%C2%85.jpg"],
    ["a lone percent sign", "/480h/100%.jpg"],
    ["a percent sign at the end", "/480h/a%"],
    ["half an escape", "/480h/a%2"],
    ["an escape that is not hexadecimal", "/480h/a%im.jpg"],
    ["a byte that is never UTF-8", "/480h/%ff.jpg"],
    ["a cut-off UTF-8 sequence", "/480h/%E4%B8.jpg"],
    ["an overlong slash", "/480h/%c0%af.jpg"],
    ["overlong dots", "/%c0%ae%c0%ae/480h/a.jpg"],
    ["an encoded surrogate", "/480h/%ed%a0%80.jpg"],
    ["Latin-1", "/480h/caf%E9.jpg"],
  ])("refuses %s", (_, path) => {
    expect(decodePath(path)).toMatchObject({ refused: "bad-url" })
  })

  it.each([
    ["a leading half", "/480h/\ud800.jpg"],
    ["a trailing half", "/\udc00/480h/a.jpg"],
    ["two halves in the wrong order", "/480h/\udc00\ud800.jpg"],
  ])("refuses a text that is no Unicode: %s of a surrogate pair", (_, path) => {
    expect(decodePath(path)).toMatchObject({ refused: "bad-url" })
  })

  it("is undone by encodeKey and undoes it", () => {
    fc.assert(
      fc.property(originalKey, (original) => {
        expect(decodePath(`/${encodeKey(original)}`)).toEqual(original.split("/"))
      }),
      { numRuns: 500 },
    )
  })

  it("keeps composed and decomposed letters apart", () => {
    expect(decodePath(`/${encodeKey("480h/\u00e9.jpg")}`)).not.toEqual(decodePath(`/${encodeKey("480h/e\u0301.jpg")}`))
  })
})

describe("encodeKey", () => {
  it.each([
    ["a b+c.jpg", "a%20b%2Bc.jpg"],
    ["100%.jpg", "100%25.jpg"],
    ["50%25off.jpg", "50%2525off.jpg"],
    ["a%2Fb.jpg", "a%252Fb.jpg"],
    ["foo bär's (2).jpg", "foo%20b%C3%A4r%27s%20%282%29.jpg"],
    ["!*'()~-._.jpg", "%21%2A%27%28%29~-._.jpg"],
    ["a/b c/d", "a/b%20c/d"],
    ["#?&=:@;,$[]", "%23%3F%26%3D%3A%40%3B%2C%24%5B%5D"],
    ["😀", "%F0%9F%98%80"],
  ])("writes %s as %s", (text, encoded) => {
    expect(encodeKey(text)).toBe(encoded)
  })

  it("leaves only unreserved characters and slashes, with escapes in upper case", () => {
    fc.assert(
      fc.property(fc.oneof(originalKey, fc.string({ unit: "binary" })), (text) => {
        expect(encodeKey(text)).toMatch(/^(?:[A-Za-z0-9._~/-]|%[0-9A-F]{2})*$/)
      }),
    )
  })

  it("gives every spelling of an address the same one", () => {
    const canonical = (path: string): string | undefined => {
      const parsed = parse(path)
      return "refused" in parsed ? undefined : encodeKey(parsed.key)
    }
    expect(canonical("/%34%38%30h/foo%20b%c3%a4r's%20(2).jpg")).toBe(canonical("/480h/foo bär%27s %282%29.jpg"))
    fc.assert(
      fc.property(originalKey, fc.infiniteStream(fc.boolean()), (original, coins) => {
        const escapeSome = (text: string): string =>
          Array.from(text, (character) =>
            coins.next().value || !/^[A-Za-z0-9._~!$&'()*+,;=:@-]$/.test(character)
              ? encodeURIComponent(character).replace(
                  /^[^%]$/,
                  (c) => `%${c.charCodeAt(0).toString(16).padStart(2, "0")}`,
                )
              : character,
          ).join("")
        const { directory, file } = splitKey(original)
        const path = `/${`${directory}480h/${file}`.split("/").map(escapeSome).join("/")}`
        expect(canonical(path)).toBe(encodeKey(`${directory}480h/${file}`))
      }),
    )
  })
})

describe("no address, whatever it says,", () => {
  const readingsOf = (path: string, of: Grammar): readonly Reading[] => {
    const parsed = parse(path, of)
    return "refused" in parsed ? [] : parsed.readings
  }

  it("leads outside the originals", () => {
    const root = join(sep, "srv", "photos")
    fc.assert(
      fc.property(attack, grammar, (path, of) => {
        for (const reading of readingsOf(path, of)) {
          expect(join(root, reading.original).startsWith(root + sep)).toBe(true)
          expect(join(root, formatKey(reading)).startsWith(root + sep)).toBe(true)
        }
      }),
      { numRuns: 1500 },
    )
  })

  it("leads to anything that is no key of an original", () => {
    fc.assert(
      fc.property(attack, grammar, (path, of) => {
        for (const { original } of readingsOf(path, of)) expect(toOriginalKey(original)).toBe(original)
      }),
      { numRuns: 1500 },
    )
  })

  it("leads to a key that its original's purge would leave behind", () => {
    fc.assert(
      fc.property(attack, grammar, (path, of) => {
        for (const reading of readingsOf(path, of)) expect(keysOf(reading.original, of)).toContain(formatKey(reading))
      }),
      { numRuns: 1500 },
    )
  })

  it("throws, or is refused without a reason", () => {
    fc.assert(
      fc.property(attack, grammar, (path, of) => {
        const refusal = refusalOf(path, of)
        expect(refusal === undefined || refusal.detail.length > 10).toBe(true)
      }),
      { numRuns: 1500 },
    )
  })

  it.each(["/480h/..webp", "/480h/...webp", "/a/480h/..avif", "/info/..json", "/info/...json", "/a/b/info/...json"])(
    "means the folder itself or the one above it: %s",
    (path) => {
      const originals = readingsOf(path, GRAMMAR).map(({ original }) => original)
      expect(originals.filter((original) => toOriginalKey(original) === undefined)).toEqual([])
    },
  )
})

describe("originalsIn", () => {
  it("has the original of every key that an original can have", () => {
    fc.assert(
      fc.property(originalKey, grammar, (original, of) => {
        for (const each of keysOf(original, of)) expect(originalsIn(each)).toContain(original)
      }),
    )
  })

  it("has every original that an address may mean, and hardly any other", () => {
    fc.assert(
      fc.property(attack, grammar, (path, of) => {
        const parsed = parse(path, of)
        if ("refused" in parsed) return
        const originals = originalsIn(parsed.key)
        expect(originals).toEqual(expect.arrayContaining(parsed.readings.map(({ original }) => original)))
        expect(originals.length).toBeLessThanOrEqual(2)
      }),
    )
  })
})

describe("keysOf", () => {
  it("has every size and format ever listed, and the facts", () => {
    const { sizes, ...rest } = GRAMMAR
    expect(keysOf(key("shop/img.jpg"), { ...rest, sizes: [sizes[0], ...sizes.slice(3)] })).toEqual([
      "shop/360x270/img.jpg",
      "shop/360x270/img.jpg.avif",
      "shop/360x270/img.jpg.webp",
      "shop/360x270/img.jpg.png",
      "shop/card/img.jpg",
      "shop/card/img.jpg.avif",
      "shop/card/img.jpg.webp",
      "shop/card/img.jpg.png",
      "shop/640w/img.jpg",
      "shop/640w/img.jpg.avif",
      "shop/640w/img.jpg.webp",
      "shop/640w/img.jpg.png",
      "shop/banner/img.jpg",
      "shop/banner/img.jpg.avif",
      "shop/banner/img.jpg.webp",
      "shop/banner/img.jpg.png",
      "shop/info/img.jpg.json",
    ])
  })

  it("has each key once, all of them renditions", () => {
    fc.assert(
      fc.property(originalKey, grammar, (original, of) => {
        const keys = keysOf(original, of)
        expect(new Set(keys).size).toBe(keys.length)
        expect(keys.filter((rendition) => !isRenditionKey(rendition, of))).toEqual([])
      }),
    )
  })

  it("has what was addressed before a size or a format was retired", () => {
    fc.assert(
      fc.property(grammarAndReading, ([of, reading]) => {
        const [first, ...others] = of.sizes
        const later: Grammar = {
          ...of,
          sizes: [first],
          formats: [],
          retired: { sizes: others.map(({ name }) => name), formats: of.formats },
        }
        expect(keysOf(reading.original, later)).toContain(formatKey(reading))
      }),
    )
  })
})

describe("in a shared store", () => {
  it.each([
    "/480h/360x270/photo.jpg",
    "/a/480h/card/photo.jpg",
    "/480h/640w/photo.jpg",
    "/480h/banner/photo.jpg",
    "/480h/info/photo.jpg.json",
    "/info/480h/photo.jpg.json",
    "/480h/480h/photo.jpg.webp",
  ])("a rendition is no original: %s", (path) => {
    const inner = path.replace(/^\/([^/]+)\/([^/]+)\/([^/]+)$/, "/$2/$1/$3")
    expect(refusalOf(inner, SHARED)?.refused).toBe("original-not-found")
  })

  it("a folder may have a size's name higher up, and a file may have one", () => {
    expect(meanings("/480h/a/360x270/photo.jpg", SHARED)).toEqual(["480h/a/photo.jpg 360x270 base"])
    expect(meanings("/360x270/480h", SHARED)).toEqual(["480h 360x270 base"])
    expect(meanings("/480h/640h/360x270/photo.jpg", SHARED)).toEqual(["480h/640h/photo.jpg 360x270 base"])
  })

  it("no reading is ever a rendition", () => {
    fc.assert(
      fc.property(attack, (path) => {
        const parsed = parse(path, SHARED)
        const originals = "refused" in parsed ? [] : parsed.readings.map(({ original }) => original)
        expect(originals.filter((original) => isRenditionKey(original, SHARED))).toEqual([])
      }),
      { numRuns: 500 },
    )
  })

  it("renditions of renditions end: no key of an original is one of another's that may be rendered", () => {
    fc.assert(
      fc.property(originalKey, (original) => {
        expect(keysOf(original, SHARED).filter((rendition) => canBeOriginal(rendition, SHARED))).toEqual([])
      }),
    )
  })

  it("only there: with two stores, a photo may lie in a folder that is named like a size", () => {
    expect(meanings("/360x270/480h/photo.jpg")).toEqual(["360x270/photo.jpg 480h base"])
    expect(canBeOriginal("360x270/photo.jpg", GRAMMAR)).toBe(true)
    expect(canBeOriginal("360x270/photo.jpg", SHARED)).toBe(false)
  })
})

describe("what is too long to be stored", () => {
  const long = (bytes: number, ending = ".jpg"): string => `${"a".repeat(bytes - ending.length)}${ending}`
  const isRefused = (path: string, of: Grammar = GRAMMAR): boolean =>
    refusalOf(path, of)?.detail === "The address is too long to be stored."

  it("is refused: 255 bytes a segment, with the longest extension and .json behind it", () => {
    expect(isRefused(`/480h/${long(245)}`)).toBe(false)
    expect(isRefused(`/480h/${long(246)}`)).toBe(true)
  })

  it("is measured in bytes of UTF-8, not in letters", () => {
    expect(isRefused(`/480h/${encodeKey("é".repeat(120))}`)).toBe(false)
    expect(isRefused(`/480h/${encodeKey("é".repeat(123))}`)).toBe(true)
    expect(isRefused(`/480h/${encodeKey("中".repeat(81))}`)).toBe(false)
    expect(isRefused(`/480h/${encodeKey("中".repeat(82))}`)).toBe(true)
    expect(isRefused(`/480h/${encodeKey("😀".repeat(61))}`)).toBe(false)
    expect(isRefused(`/480h/${encodeKey("😀".repeat(62))}`)).toBe(true)
  })

  it("is not measured in escapes", () => {
    expect(isRefused(`/480h/${"%61".repeat(200)}`)).toBe(false)
  })

  it("counts retired formats, whose renditions are still purged", () => {
    const jpegs: Grammar = { ...GRAMMAR, formats: [], retired: { sizes: [], formats: ["jpeg"] } }
    expect(isRefused(`/480h/${long(245)}`, jpegs)).toBe(false)
    expect(isRefused(`/480h/${long(246)}`, jpegs)).toBe(true)
  })

  it("is refused in directories too, and as a whole", () => {
    expect(isRefused(`/${long(255)}/480h/a.jpg`)).toBe(false)
    expect(isRefused(`/${long(256)}/480h/a.jpg`)).toBe(true)
    const deep = (count: number): string => `/${"0123456789/".repeat(count)}480h/a.jpg`
    expect(isRefused(deep(90))).toBe(false)
    expect(isRefused(deep(93))).toBe(true)
  })

  it("leaves every key of an accepted original, and what is recorded of it, within the limits", () => {
    const lengths = fc.tuple(fc.integer({ min: 5, max: 300 }), fc.integer({ min: 1, max: 300 }), fc.nat(5))
    fc.assert(
      fc.property(lengths, ([file, folder, depth]) => {
        const original = key(`${`${"d".repeat(folder)}/`.repeat(depth)}${long(file)}`)
        const { directory, file: name } = splitKey(original)
        fc.pre(!("refused" in parse(`/${directory}360x270/${name}`)))
        for (const rendition of keysOf(original, { ...GRAMMAR, retired: { sizes: [], formats: ["png"] } })) {
          const record = `${rendition}.json`
          expect(Math.max(...record.split("/").map((part) => part.length))).toBeLessThanOrEqual(255)
          expect(record.length).toBeLessThanOrEqual(1024)
        }
      }),
    )
  })

  it("is the same at every address of an original: all of them are answered, or none", () => {
    const near = (limit: number): fc.Arbitrary<number> =>
      fc.oneof(fc.integer({ min: limit - 25, max: limit + 1 }), fc.integer({ min: 5, max: limit + 50 }))
    const originals = fc.oneof(
      near(255).map((bytes) => key(long(bytes))),
      near(1024).map((bytes) => key("0123456789/".repeat(bytes).slice(0, bytes).replace(/\/$/, "a"))),
    )
    fc.assert(
      fc.property(originals, (original) => {
        const addresses = keysOf(original, { ...GRAMMAR, retired: { sizes: [], formats: [] } })
        expect(new Set(addresses.map((address) => isRefused(`/${address}`))).size).toBe(1)
      }),
    )
  })
})

describe("toOriginalKey", () => {
  it.each(["a", "a/b/c.jpg", ".hidden", "...", "a b", "100%.jpg", "é", "360x270/a.jpg", "info/a"])(
    "accepts %s",
    (text) => {
      expect(toOriginalKey(text)).toBe(text)
    },
  )

  it.each([
    "",
    "/",
    "/a",
    "a/",
    "a//b",
    ".",
    "..",
    "a/..",
    "../a",
    "a/./b",
    "a\\b",
    "a\0",
    "a\nb",
    "a\u007f",
    "a\u0085",
  ])("refuses %j", (text) => {
    expect(toOriginalKey(text)).toBeUndefined()
  })

  it("refuses half a surrogate pair, which no address can name", () => {
    expect(toOriginalKey("\ud800.jpg")).toBeUndefined()
    expect(toOriginalKey("a/\udfff")).toBeUndefined()
    expect(toOriginalKey("😀.jpg")).toBe("😀.jpg")
  })
})

describe("isSizeSegment", () => {
  it.each(["360x270", "640w", "480h", "card", "hero-2x"])("accepts %s", (text) => {
    expect(isSizeSegment(text)).toBe(true)
  })

  it.each(["", "info", "0w", "9999w", "360×270", "Card", "a/b"])("refuses %j", (text) => {
    expect(isSizeSegment(text)).toBe(false)
  })
})

describe("splitKey", () => {
  it("separates the last segment, and keeps the directory's slash", () => {
    expect(splitKey("a.jpg")).toEqual({ directory: "", file: "a.jpg" })
    expect(splitKey("a/b/c.jpg")).toEqual({ directory: "a/b/", file: "c.jpg" })
  })
})
