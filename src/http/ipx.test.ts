/**
 * Addresses as Nuxt Image and unpic write them: what they ask for is answered from the list, and nothing that our own addresses would not
 * reach is reached by them. unpic's are written by unpic itself.
 */
import * as fc from "fast-check"
import { extract, generate } from "unpic/providers/ipx"
import { describe, expect, it } from "vitest"

import { type Grammar, toOriginalKey } from "../sizes/key.ts"
import { parseSizeList, type SizeInput, type SizeList } from "../sizes/list.ts"
import { snap } from "../sizes/snap.ts"
import { AWKWARD_NAMES } from "../testing/samples.ts"
import { createResolveIpx, isIpx } from "./ipx.ts"
import { resolveUrlPath, type ResolvedUrl } from "./url-path.ts"

const listOf = (...inputs: SizeInput[]): SizeList => {
  const parsed = parseSizeList(inputs)
  if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems))
  return parsed.list
}

const GRAMMAR: Grammar = {
  sizes: listOf("320w", "640w", "1280w", "480h", "360x270", "720x540"),
  formats: ["avif", "webp"],
  retired: { sizes: ["800w"], formats: ["gif"] },
  sharedStore: false,
  maxBytes: { segment: 255, key: 1024 },
}

const resolveIpx = createResolveIpx(extract)

const ask = (path: string, accept?: string, grammar = GRAMMAR, basePath = ""): ReturnType<typeof resolveIpx> =>
  resolveIpx(path, accept, basePath, { ...grammar, basePath })

/** The address that answers, or the refusal in words. */
const answered = (path: string, accept?: string, grammar = GRAMMAR, basePath = ""): string | undefined => {
  const wanted = ask(path, accept, grammar, basePath)
  return "refused" in wanted ? `${wanted.refused}: ${wanted.detail} ${wanted.hint}` : wanted.contentLocation
}

describe("isIpx", () => {
  it("is true below the base path alone", () => {
    expect(isIpx("/_ipx/w_1/a.jpg", "")).toBe(true)
    expect(isIpx("/img/_ipx/w_1/a.jpg", "/img")).toBe(true)
    for (const path of ["/_ipx", "/_ipxx/1/2", "/a/_ipx/w_1/a.jpg", "/%5Fipx/w_1/a.jpg"])
      expect(isIpx(path, "")).toBe(false)
    expect(isIpx("/_ipx/w_1/a.jpg", "/img")).toBe(false)
  })
})

describe("an address of ipx", () => {
  it.each([
    ["a width", "w_300/shop/bag.jpg", "/shop/320w/bag.jpg"],
    ["a height", "h_200/shop/bag.jpg", "/shop/480h/bag.jpg"],
    ["both, as unpic joins them", "w_300,h_225/shop/bag.jpg", "/shop/360x270/bag.jpg"],
    ["both, as Nuxt Image joins them", "w_300&h_225/shop/bag.jpg", "/shop/360x270/bag.jpg"],
    ["both in one", "s_300x225/shop/bag.jpg", "/shop/360x270/bag.jpg"],
    ["both in one, behind others", "q_80&fit_cover&s_400x300/bag.jpg", "/720x540/bag.jpg"],
    ["another ratio", "s_270x270/bag.jpg", "/360x270/bag.jpg"],
    ["a width by its whole name", "width_300/bag.jpg", "/320w/bag.jpg"],
    ["device pixels", "w_300,dpr_2/bag.jpg", "/640w/bag.jpg"],
    ["more than there is", "w_99999/bag.jpg", "/1280w/bag.jpg"],
    ["a fraction", "w_319.6/bag.jpg", "/320w/bag.jpg"],
    ["nothing", "_/bag.jpg", "/1280w/bag.jpg"],
    ["a quality alone", "q_80/bag.jpg", "/1280w/bag.jpg"],
    ["a listed format", "w_300&f_webp/bag.jpg", "/320w/bag.jpg.webp"],
    ["a listed format by its whole name", "w_300,format_avif/bag.jpg", "/320w/bag.jpg.avif"],
    ["a colour, escaped", "w_300&b_%23ff0000/bag.jpg", "/320w/bag.jpg"],
    ["a colour as it is", "w_300&b_#ff0000/bag.jpg", "/320w/bag.jpg"],
    [
      "names that every object has",
      "constructor_1,__proto___2,toString_3,hasOwnProperty_4,w_300/bag.jpg",
      "/320w/bag.jpg",
    ],
    ["a deep original with escapes", "w_300/a%20b/%C8%99/c%2Bd.jpg", "/a%20b/%C8%99/320w/c%2Bd.jpg"],
    ["an original like a size", "w_300/320w/bag.jpg", "/320w/320w/bag.jpg"],
    ["an original like modifiers", "w_300/w_300/bag.jpg", "/w_300/320w/bag.jpg"],
    ["a colon that is no scheme's", "w_300/a:b/c.jpg", "/a%3Ab/320w/c.jpg"],
  ])("with %s is answered", (_, path, expected) => {
    expect(answered(`/_ipx/${path}`)).toBe(expected)
  })

  it("negotiates where no format is asked for, or one that is not listed", () => {
    for (const modifiers of ["w_300", "w_300,f_auto", "w_300&f_png", "w_300&f_tiff", "w_300&f_toString"]) {
      expect(ask(`/_ipx/${modifiers}/bag.jpg`, "image/webp")).toMatchObject({
        isNegotiated: true,
        contentLocation: "/320w/bag.jpg.webp",
      })
      expect(ask(`/_ipx/${modifiers}/bag.jpg`)).toMatchObject({ isNegotiated: true, contentLocation: "/320w/bag.jpg" })
    }
  })

  it("gives a format that is asked for, the original's own among them, whatever is accepted", () => {
    const accept = "image/avif,image/webp"
    for (const [path, expected] of [
      ["f_webp/bag.jpg", "/1280w/bag.jpg.webp"],
      ["f_jpeg/bag.jpg", "/1280w/bag.jpg"],
      ["f_jpg/bag.JPG", "/1280w/bag.JPG"],
      ["f_png/bag.png", "/1280w/bag.png"],
      ["f_webp/bag.webp", "/1280w/bag.webp"],
    ] as const)
      expect(ask(`/_ipx/${path}`, accept)).toMatchObject({ isNegotiated: false, contentLocation: expected })
  })

  it("without any side is the largest picture that is whole", () => {
    expect(answered("/_ipx/_/a.jpg", undefined, { ...GRAMMAR, sizes: listOf("360x270", "480h", "90h") })).toBe(
      "/480h/a.jpg",
    )
    const crops = { ...GRAMMAR, sizes: listOf("360x270") }
    expect(answered("/_ipx/_/a.jpg", undefined, crops)).toBe(
      "size-not-allowed: On the list of sizes there is no size by width or height. Allowed: 360x270.",
    )
  })

  it.each([
    ["w_300/a.jpg", "is no size by width"],
    ["h_300/a.jpg", "is no size by height"],
    ["s_300x200/a.jpg", "is no crop"],
  ])("whose kind is not on the list is refused: %s", (path, what) => {
    const other = path.startsWith("s") ? "480h" : "360x270"
    expect(answered(`/_ipx/${path}`, undefined, { ...GRAMMAR, sizes: listOf(other) })).toBe(
      `size-not-allowed: On the list of sizes there ${what}. Allowed: ${other}.`,
    )
  })

  it("below a base path names addresses below it", () => {
    expect(answered("/img/_ipx/w_300/a.jpg", undefined, GRAMMAR, "/img")).toBe("/img/320w/a.jpg")
    expect(answered("/img/_ipx/w_x/a.jpg", undefined, GRAMMAR, "/img")).toContain("/img/_ipx/w_300,h_200/photo.jpg")
  })

  it.each([
    "w_",
    "w",
    "w_0",
    "w_-3",
    "w_abc",
    "w_1e999",
    "h_NaN",
    "s_x",
    "s_300xabc",
    "s_0x0",
    "w_300,dpr_0",
    "w_300&dpr_x",
    "w_300,h_",
  ])("with %s for a side is refused, with what would be right", (modifiers) => {
    expect(answered(`/_ipx/${modifiers}/a.jpg`)).toMatch(
      /^bad-url: A side or the density is no number above 0\. Expected .*s_300x200/,
    )
  })

  it.each(["/_ipx/shop/bag.jpg", "/_ipx/w_300,shop/bag.jpg", "/_ipx/w300/bag.jpg", "/_ipx/w=300/bag.jpg"])(
    "with what is no modifier is refused: %s",
    (path) => {
      expect(answered(path)).toMatch(/^bad-url: A modifier has no value\. Expected .*w_300/)
    },
  )

  it.each(["https://x.example/a.jpg", "http:/x.example/a.jpg", "https%3A%2F%2Fx.example%2Fa.jpg", "FTP://x/a.jpg"])(
    "of another server's photo is refused: %s",
    (original) => {
      expect(answered(`/_ipx/w_300/${original}`)).toMatch(
        /^bad-url: The original is the address of another server\. Expected a photo of this installation/,
      )
    },
  )

  it.each([
    "_ipx",
    "w_300",
    "w_300/",
    "/a.jpg",
    "w_300//a.jpg",
    "w_300//x.example/a.jpg",
    "w_300/../a.jpg",
    "w_300/%2e%2e/a.jpg",
    "w_300/a%2Fb.jpg",
    "w_300/a%5Cb.jpg",
    "w_300/a\\b.jpg",
    "w_300/%00.jpg",
    "w_300/a%0Ab.jpg",
    "w_300/%zz.jpg",
    "w_300/%ff.jpg",
    "w_%zz/a.jpg",
    "%2e%2e/a.jpg",
    "../a.jpg",
    `w_300/${"x".repeat(300)}.jpg`,
  ])("that is none is refused: %s", (path) => {
    const wanted = ask(`/_ipx/${path}`)
    expect(wanted).toMatchObject({ refused: "bad-url" })
  })

  it("is no original that a store of both would have as a rendition", () => {
    expect(answered("/_ipx/w_300/320w/a.jpg", undefined, { ...GRAMMAR, sharedStore: true })).toMatch(
      /^original-not-found/,
    )
  })
})

const side = fc.option(fc.integer({ min: 1, max: 5000 }), { nil: undefined })
const original = fc
  .tuple(fc.constantFrom("", "shop/", "a b/ș/"), fc.constantFrom(...AWKWARD_NAMES, "bag.jpg"))
  .map(([directory, name]) => directory + name)

describe("what unpic writes", () => {
  it("is answered with the size that snapping gives, of the original that was named", () => {
    const listed = new Set(GRAMMAR.sizes)
    fc.assert(
      fc.property(side, side, fc.constantFrom(undefined, "webp", "avif"), original, (width, height, format, name) => {
        const src = name.split("/").map(encodeURIComponent).join("/")
        const url = generate(src, {
          ...(width && { width }),
          ...(height && { height }),
          ...(format && { format }),
          quality: 80,
        })
        const wanted = ask(url.split("?")[0] ?? "")
        expect(wanted).not.toHaveProperty("refused")
        const { parsed } = wanted as ResolvedUrl
        const reading = parsed.readings.find((one) => one.original === name)
        expect(listed).toContain(reading?.size)
        const asked = { ...(width && { width }), ...(height && { height }) }
        expect(reading?.size).toBe(width || height ? snap(asked, GRAMMAR.sizes) : snap({ width: 8192 }, GRAMMAR.sizes))
      }),
      { numRuns: 1000 },
    )
  })
})

describe("whatever is asked below /_ipx/", () => {
  const piece = fc.oneof(
    fc.string({ unit: "binary", maxLength: 12 }),
    fc.constantFrom(
      "w_300",
      "s_300x200",
      "&",
      ",",
      "_",
      "f_webp",
      "..",
      "%2e%2e",
      "%2F",
      "https:",
      "a.jpg",
      "%",
      "dpr_2",
      "#",
    ),
  )

  it("gives a key that its own address gives too, or a refusal that is ours", () => {
    const path = fc
      .array(piece, { maxLength: 8 })
      .chain((pieces) => fc.constantFrom("/", "").map((glue) => `/_ipx/${pieces.join(glue).replaceAll("?", "")}`))
    let answers = 0
    fc.assert(
      fc.property(path, fc.boolean(), (asked, sharedStore) => {
        const grammar = { ...GRAMMAR, sharedStore }
        const wanted = ask(asked, "image/webp", grammar)
        if ("refused" in wanted) return
        answers += 1
        const named = resolveUrlPath(wanted.contentLocation ?? "", undefined, "", { ...grammar, basePath: "" })
        expect("refused" in named ? named : named.parsed.key).toBe(wanted.parsed.key)
        expect(toOriginalKey(wanted.parsed.key)).toBe(wanted.parsed.key)
      }),
      { numRuns: 5000 },
    )
    expect(answers).toBeGreaterThan(100)
  })
})
