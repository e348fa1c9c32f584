/** Tests of the client: URLs have listed sizes, widths are the actual ones, and attributes reserve space. */
import * as fc from "fast-check"
import { describe, expect, expectTypeOf, it } from "vitest"

import { FORMATS } from "../sizes/format.ts"
import { outputDimensions } from "../sizes/geometry.ts"
import { type Grammar, parseKey } from "../sizes/key.ts"
import { parseSizeList } from "../sizes/list.ts"
import { createClient, type SizeName } from "./client.ts"

const SIZES = [
  "320w",
  "1280w",
  "640w",
  "240h",
  "480h",
  "960h",
  "360x270",
  "720x540",
  { size: "1600x400", name: "hero", gravity: "north" },
  { size: "800x200", name: "hero-small", gravity: "north" },
  "400x100",
] as const

const photos = createClient({ baseUrl: "https://img.example.com/shop", sizes: SIZES })
const LARGE = { width: 4000, height: 3000 }
const INFO = {
  ...LARGE,
  format: "jpeg",
  byteLength: 1,
  animated: false,
  placeholder: "data:image/webp;base64,UklG",
  dominantColour: "#000000",
} as const

describe("url", () => {
  it("url returns the URL of a listed size", () => {
    expect(photos.url("bags/red.jpg", "360x270")).toBe("https://img.example.com/shop/bags/360x270/red.jpg")
    expect(photos.url("red.jpg", "hero", "webp")).toBe("https://img.example.com/shop/hero/red.jpg.webp")
    expect(photos.url("a b/é+.jpg", "480h")).toBe("https://img.example.com/shop/a%20b/480h/%C3%A9%2B.jpg")
  })

  it.each(["", "/", "/img", "/img/", "https://a.example/", "https://a.example/x"])(
    "url begins with the base %j",
    (baseUrl) => {
      const { url } = createClient({ baseUrl, sizes: ["480h"] })
      expect(url("a.jpg", "480h")).toBe(`${baseUrl.replace(/\/$/, "")}/480h/a.jpg`)
    },
  )

  it("url does not compile for an unlisted size or format, and throws with the nearest size", () => {
    // @ts-expect-error not listed
    expect(() => photos.url("a.jpg", "500w")).toThrow('"500w" is not listed. The nearest is 640w.')
    // @ts-expect-error a named size has only its name
    expect(() => photos.url("a.jpg", "1600x400")).toThrow("The nearest is hero.")
    // @ts-expect-error not a size
    expect(() => photos.srcset("a.jpg", { shape: "big" })).toThrow('"big" is not listed.')
    // @ts-expect-error not one of the explicit formats
    expect(() => photos.url("a.jpg", "640w", "png")).toThrow(`"png" is not listed.`)
    expectTypeOf<SizeName<typeof SIZES>>().toEqualTypeOf<
      "320w" | "1280w" | "640w" | "240h" | "480h" | "960h" | "360x270" | "720x540" | "hero" | "hero-small" | "400x100"
    >()
    expectTypeOf(photos.url).parameter(2).toEqualTypeOf<"avif" | "webp" | undefined>()
  })

  it.each(["", "/a.jpg", "a//b.jpg", "../a.jpg", "a/./b.jpg", "a\\b.jpg", "a\u0000.jpg", "\ud800.jpg"])(
    "url throws for %j, which is not a key",
    (original) => {
      expect(() => photos.url(original, "640w")).toThrow("Expected a key like a/b.jpg")
    },
  )

  it.each([undefined, null, 5, { src: "a.jpg" }, new URL("https://a.example/b.jpg"), ["a.jpg"]])(
    "url throws one sentence with the value for %j, in plain JavaScript",
    (original) => {
      expect(() => photos.url(original as unknown as string, "640w")).toThrow(
        `Expected a key like a/b.jpg, got ${JSON.stringify(original)}.`,
      )
    },
  )

  it.each([
    "a.jpg?v=3",
    "shop/a.jpeg#top",
    "data:image/png;base64,aaaa",
    "https://a.example/b.jpg",
    "blob:https://a.example/1",
  ])("url throws for %s, which would lead to a URL with 404", (original) =>
    expect(() => photos.url(original, "640w")).toThrow(`Expected a key like a/b.jpg, got "${original}".`),
  )

  it("url accepts file names with # and ?", () => {
    expect(photos.url("photo #1.jpg", "640w")).toMatch(/photo%20%231\.jpg$/)
    expect(photos.url("v1.0#2?.jpg", "640w")).toMatch(/v1\.0%232%3F\.jpg$/)
  })

  it.each([
    "img.example.com",
    "https://a.example?x=1",
    "#a",
    "https://a b",
    "https://",
    "javascript:alert(1)",
    undefined,
    null,
    5,
  ])("createClient throws for the baseUrl %j", (baseUrl) => {
    expect(() => createClient({ baseUrl: baseUrl as string, sizes: ["640w"] })).toThrow(
      `Expected a baseUrl like /img, got ${JSON.stringify(baseUrl)}.`,
    )
  })

  it.each(["", "/", "/img", "/img//", "https://a.example", "https://a.example:8080/img/", "//a.example"])(
    "createClient accepts the baseUrl %j, and drops slashes at its end",
    (baseUrl) => {
      const { url } = createClient({ baseUrl, sizes: ["640w"] })
      expect(url("a.jpg", "640w")).toBe(`${baseUrl.replace(/\/+$/, "")}/640w/a.jpg`)
    },
  )

  it("createClient throws for an invalid list", () => {
    expect(() => createClient({ baseUrl: "", sizes: ["640W"] })).toThrow("Expected a size like 480h")
  })
})

/** The same list on the server. */
const grammarOf = (formats: Grammar["formats"]): Grammar => {
  const parsed = parseSizeList(SIZES)
  if ("problems" in parsed) throw new Error("the list of these tests")
  return {
    sizes: parsed.list,
    formats,
    retired: { sizes: [], formats: [] },
    sharedStore: false,
    maxBytes: { segment: Infinity, key: Infinity },
  }
}

const segment = fc
  .string({ unit: fc.constantFrom(..."ab.é %+'&?#/".split("")), minLength: 1, maxLength: 8 })
  .map((text) => text.replaceAll("/", "-"))
  .filter((text) => !/^\.{1,2}$/.test(text))
const file = fc
  .tuple(segment, fc.constantFrom("", ".jpg", ".JPG", ".png", ".webp", ".jpg.webp", ".tiff", ".json"))
  .map(([name, ending]) => name + ending)
const original = fc.tuple(fc.array(segment, { maxLength: 2 }), file).map(([above, name]) => [...above, name].join("/"))
const name = fc.constantFrom(...SIZES.map((size) => (typeof size === "string" ? size : size.name)))

describe("parse", () => {
  it("parse returns the reading of a URL that url returned, with any name", () => {
    fc.assert(
      fc.property(original, name, fc.constantFrom("avif", "webp", undefined), (key, size, format) => {
        expect(photos.parse(photos.url(key, size, format))).toContainEqual({ original: key, size, format })
      }),
    )
  })

  it("parse returns the same readings as the server", () => {
    const grammar = grammarOf(["avif", "webp"])
    fc.assert(
      fc.property(
        fc.array(segment, { maxLength: 2 }),
        fc.oneof(name, segment, fc.constant("info")),
        file,
        fc.constantFrom("", ...FORMATS.map((format) => `.${format}`)),
        (above, size, base, ending) => {
          const segments = [...above, size, base + ending]
          const parsed = parseKey(segments, grammar)
          const expected =
            "refused" in parsed
              ? []
              : parsed.readings.map(({ original: read, size: sized, format }) => ({
                  original: read,
                  size: sized === "info" ? "info" : sized.name,
                  format,
                }))
          const path = segments.map((one) => encodeURIComponent(one)).join("/")
          expect(photos.parse(`https://img.example.com/shop/${path}`)).toEqual(expected)
        },
      ),
    )
  })

  it.each([
    "https://img.example.com/shop/bags/360x270/red.jpg?v=2",
    "https://img.example.com/shop/bags/360x270/red.jpg#top",
  ])("parse ignores the text after the path in %s", (url) => {
    expect(photos.parse(url)).toEqual([{ original: "bags/red.jpg", size: "360x270", format: undefined }])
  })

  it.each([
    "https://img.example.com/shopping/360x270/red.jpg",
    "https://img.example.com/shop/361x270/red.jpg",
    "https://img.example.com/shop/360x270",
    "https://img.example.com/shop/360x270/..",
    "https://img.example.com/shop/360x270/a%2Fb.jpg",
    "https://img.example.com/shop/360x270/a%zz.jpg",
    "https://img.example.com/shop/info/red.jpg",
    "https://img.example.com/shop/a/info/.json",
    "https://img.example.com/shop/a/info/...json",
    "",
  ])("parse returns no readings for %j", (url) => {
    expect(photos.parse(url)).toEqual([])
  })

  it("parse reads the URL of info", () => {
    expect(photos.parse("https://img.example.com/shop/a/info/red.jpg.json")).toEqual([
      { original: "a/red.jpg", size: "info", format: undefined },
    ])
  })
})

const at = (size: string): string => `https://img.example.com/shop/${size}/a.jpg`

describe("srcset", () => {
  it("srcset offers all sizes of one shape, and no other", () => {
    expect(photos.srcset("a.jpg", { shape: "640w" })).toBe(
      `${at("320w")} 320w, ${at("640w")} 640w, ${at("1280w")} 1280w`,
    )
    expect(photos.srcset("a.jpg", { shape: "720x540" })).toBe(`${at("360x270")} 360w, ${at("720x540")} 720w`)
    expect(photos.srcset("a.jpg", { shape: "hero" })).toBe(`${at("hero-small")} 800w, ${at("hero")} 1600w`)
    expect(photos.srcset("a.jpg", { shape: "400x100" })).toBe(`${at("400x100")} 400w`)
  })

  it("srcset gives the actual widths of sizes by height if the original is known", () => {
    expect(photos.srcset("a.jpg", { shape: "480h", info: { width: 3000, height: 4000 } })).toBe(
      `${at("240h")} 180w, ${at("480h")} 360w, ${at("960h")} 720w`,
    )
  })

  it("srcset offers a size of twice the height if the original is not known", () => {
    expect(photos.srcset("a.jpg", { shape: "480h" })).toBe(`${at("480h")} 1x, ${at("960h")} 2x`)
    expect(photos.srcset("a.jpg", { shape: "960h" })).toBe(`${at("960h")} 1x`)
  })

  it("srcset keeps only the smallest size that is larger than the original, with its actual width", () => {
    expect(photos.srcset("a.jpg", { shape: "640w", info: { width: 500, height: 400 } })).toBe(
      `${at("320w")} 320w, ${at("640w")} 500w`,
    )
    expect(photos.srcset("a.jpg", { shape: "640w", info: { width: 100, height: 90 } })).toBe(`${at("320w")} 100w`)
    expect(photos.srcset("a.jpg", { shape: "720x540", info: { width: 500, height: 500 } })).toBe(
      `${at("360x270")} 360w, ${at("720x540")} 500w`,
    )
    expect(photos.srcset("a.jpg", { shape: "640w", info: { width: 640, height: 400 } })).toBe(
      `${at("320w")} 320w, ${at("640w")} 640w`,
    )
  })

  it("candidates have ascending widths, equal to those of the renditions, for any original", () => {
    const side = fc.integer({ min: 1, max: 9000 })
    fc.assert(
      fc.property(name, fc.record({ width: side, height: side }), (shape, info) => {
        const candidates = photos.candidates("a.jpg", { shape, info })
        const boxOf = new Map(grammarOf([]).sizes.map((size) => [at(size.name), size]))
        expect(candidates.map(({ width, height }) => ({ width, height }))).toEqual(
          candidates.map(({ url }) => outputDimensions(boxOf.get(url) ?? {}, info)),
        )
        const widths = candidates.map(({ width }) => width ?? 0)
        expect(widths).toEqual([...new Set(widths)].toSorted((a, b) => a - b))
      }),
    )
  })
})

describe("img", () => {
  it("img returns all attributes of a lazy image", () => {
    expect(photos.img("a.jpg", { shape: "640w", info: INFO })).toEqual({
      src: at("640w"),
      srcset: `${at("320w")} 320w, ${at("640w")} 640w, ${at("1280w")} 1280w`,
      sizes: "auto, (min-resolution: 3x) 66.66vw, 100vw",
      width: 4000,
      height: 3000,
      loading: "lazy",
      decoding: "async",
      style: "background:url(data:image/webp;base64,UklG) center/cover no-repeat",
    })
  })

  it("img loads an image with priority eagerly, before others", () => {
    const { loading, fetchpriority, sizes } = photos.img("a.jpg", { shape: "640w", info: LARGE, priority: true })
    expect({ loading, fetchpriority, sizes }).toEqual({
      loading: "eager",
      fetchpriority: "high",
      sizes: "(min-resolution: 3x) 66.66vw, 100vw",
    })
  })

  it("img offers at most twice the displayed pixels, but always enough", () => {
    const widths = (width: number): string =>
      photos.img("a.jpg", { shape: "640w", info: LARGE, width }).srcset.replaceAll(/\S+ (\d+)w/g, "$1")
    expect(widths(160)).toBe("320")
    expect(widths(161)).toBe("320, 640")
    expect(widths(320)).toBe("320, 640")
    expect(widths(400)).toBe("320, 640, 1280")
    expect(widths(2000)).toBe("320, 640, 1280")
  })

  it("img reserves space in the ratio of the rendition", () => {
    const space = (options: Parameters<typeof photos.img>[1]): unknown => {
      const { width, height } = photos.img("a.jpg", options)
      return { width, height }
    }
    expect(space({ shape: "360x270" })).toEqual({ width: 360, height: 270 })
    expect(space({ shape: "360x270", width: 200 })).toEqual({ width: 200, height: 150 })
    expect(space({ shape: "640w", info: { width: 3000, height: 4000 }, width: 300 })).toEqual({
      width: 300,
      height: 400,
    })
    expect(space({ shape: "480h", info: LARGE })).toEqual(LARGE)
    expect(space({ shape: "480h", info: { width: 6000, height: 1000 }, width: 900 })).toEqual({
      width: 900,
      height: 150,
    })
    expect(space({ shape: "640w", info: { width: 100, height: 50 } })).toEqual({ width: 100, height: 50 })
    expect(space({ shape: "640w", info: { width: 6000, height: 8 }, width: 300 })).toEqual({ width: 300, height: 1 })
  })

  it("img throws if the ratio is not known", () => {
    for (const shape of ["640w", "480h"] as const)
      expect(() => photos.img("a.jpg", { shape })).toThrow("Expected info, to reserve space.")
  })

  it("img returns sizes for the displayed width if that is known", () => {
    expect(photos.img("a.jpg", { shape: "360x270", width: 300 }).sizes).toBe(
      "auto, (min-width: 300px) 300px, (min-resolution: 3x) 66.66vw, 100vw",
    )
    expect(photos.img("a.jpg", { shape: "360x270", sizes: "50vw" }).sizes).toBe("auto, 50vw")
  })

  it("img shows the placeholder of an opaque image, or on request", () => {
    const style = (info: object, placeholder?: boolean): string | undefined =>
      photos.img("a.jpg", { shape: "360x270", info: { ...INFO, ...info }, placeholder }).style
    expect(style({})).toMatch(/^background:url\(data:/)
    expect(style({ format: "png" })).toBeUndefined()
    expect(style({ format: "png" }, true)).toMatch(/^background/)
    expect(style({}, false)).toBeUndefined()
    expect(style({ placeholder: undefined }, true)).toBeUndefined()
  })
})

describe("picture", () => {
  it("picture returns a source for each format, and the original's own", () => {
    const { sources, img } = photos.picture("a.jpg", { shape: "360x270", priority: true })
    expect(sources.map(({ type }) => type)).toEqual(["image/avif", "image/webp"])
    expect(sources[0]?.srcset).toBe(`${at("360x270")}.avif 360w, ${at("720x540")}.avif 720w`)
    expect(sources[0]?.sizes).toBe(img.sizes)
    expect(img).toEqual(photos.img("a.jpg", { shape: "360x270", priority: true }))
  })
})

describe("sizes with options", () => {
  const shop = createClient({
    baseUrl: "/img",
    formats: ["avif", "webp"],
    sizes: [
      { size: "600x600", name: "card", fit: "contain", background: "#fff", padding: "4%", aliases: ["cards"] },
      { size: "400x400", name: "inside", fit: "inside" },
      { size: "200x200", name: "inside-small", fit: "inside" },
      { size: "300w", name: "turned", rotate: 90 },
      { size: "500w", name: "trimmed", trim: true },
      { size: "1200x630", name: "social", gravity: "smart", format: "jpeg" },
      { size: "360x270", name: "sold", grayscale: true },
      "360x270",
    ],
  })
  const small = { width: 200, height: 133 }

  it("width and height have the ratio of the fit: that of the box for contain, else that of the turned photo", () => {
    expect(shop.img("a.jpg", { shape: "card", info: small })).toMatchObject({ width: 600, height: 600 })
    expect(shop.img("a.jpg", { shape: "inside", info: LARGE })).toMatchObject(LARGE)
    expect(shop.img("a.jpg", { shape: "turned", info: LARGE })).toMatchObject({ width: 3000, height: 4000 })
    expect(shop.candidates("a.jpg", { shape: "inside", info: small }).map(({ width }) => width)).toEqual([200])
  })

  it("the dimensions of a trimmed photo come from info, and are an error without it", () => {
    const info = { ...LARGE, trimmed: { 10: { width: 1000, height: 800 } } }
    expect(shop.img("a.jpg", { shape: "trimmed", info })).toMatchObject({ width: 1000, height: 800 })
    expect(() => shop.img("a.jpg", { shape: "trimmed", info: LARGE })).toThrow(TypeError)
  })

  it("a srcset has only sizes with the same options", () => {
    expect(shop.srcset("a.jpg", { shape: "inside", info: LARGE })).toBe(
      "/img/inside-small/a.jpg 200w, /img/inside/a.jpg 400w",
    )
    expect(shop.srcset("a.jpg", { shape: "360x270" })).not.toContain("sold")
    expect(shop.srcset("a.jpg", { shape: "sold" })).not.toContain("360x270")
  })

  it("a forced format has one URL", () => {
    expect(shop.url("a.png", "social")).toMatch(/^\/img\/social\/a\.png(?:\.jpeg)?$/)
    expect(shop.img("a.png", { shape: "social" }).srcset).toMatch(/^\/img\/social\/a\.png(?:\.jpeg)? 1200w$|1x$/)
  })
})
