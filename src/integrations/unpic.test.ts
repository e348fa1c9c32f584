/** Tests of the provider and props for the components of unpic, with the rules of its `getSrcSet`. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"

import { createClient } from "../client/client.ts"
import { createProvider, photo, type SharedProps } from "./unpic.ts"

const SIZES = ["320w", "640w", "1280w", "240h", "480h", "360x270", "720x540", "200x200", "400x400"] as const
const SETTINGS = { baseUrl: "https://img.example.com/x", sizes: SIZES }
const LARGE = { width: 4000, height: 3000 }

const photos = createClient(SETTINGS)
const { extract, generate, transform, breakpoints } = createProvider(SETTINGS)
const at = (size: string, file = "mug.jpg"): string => `https://img.example.com/x/shop/${size}/${file}`

/** The srcset of a component: all breakpoints, each with its height by the ratio. */
const print = ({ src, transformer, breakpoints: widths, aspectRatio, width, height }: SharedProps): string => {
  const ratio = aspectRatio ?? (width && height && width / height)
  return widths
    .map((one) => `${transformer(src, { width: one, height: ratio && Math.round(one / ratio) })} ${one}w`)
    .join(", ")
}

describe("the provider", () => {
  it("generate returns URLs of listed sizes", () => {
    expect(generate("shop/mug.jpg", { width: 600 })).toBe(at("640w"))
    expect(generate("shop/mug.jpg", { width: "600", height: "450" })).toBe(at("720x540"))
    expect(generate("shop/mug.jpg", { height: 100, format: "webp", quality: 3 })).toBe(at("240h", "mug.jpg.webp"))
    expect(generate("shop/mug.jpg", { shape: "200x200", width: 300, format: "jpg" })).toBe(at("400x400"))
    expect(() => generate("shop/mug.jpg", {})).toThrow("Expected a width or height of a listed kind for shop/mug.jpg")
  })

  it("extract is the inverse of generate", () => {
    expect(extract(at("640w"))).toEqual({ src: "shop/mug.jpg", operations: { shape: "640w" } })
    expect(extract(new URL(at("360x270", "mug.jpg.avif")))).toEqual({
      src: "shop/mug.jpg",
      operations: { shape: "360x270", format: "avif" },
    })
    for (const other of ["https://example.com/a.jpg", "shop/mug.jpg", at("641w"), at("info", "mug.jpg.json")])
      expect(extract(other)).toBeNull()
    fc.assert(
      fc.property(fc.constantFrom(...SIZES), fc.constantFrom(undefined, "avif", "webp"), (shape, format) => {
        const operations = { shape, ...(format && { format }) }
        expect(extract(generate("a b/ü.jpg", operations))).toEqual({ src: "a b/ü.jpg", operations })
      }),
    )
  })

  it("transform changes only the requested operations of a URL", () => {
    expect(transform("shop/mug.jpg", { width: 300 })).toBe(at("320w"))
    expect(transform(at("360x270", "mug.jpg.webp"), { width: 700, height: undefined } as object)).toBe(
      at("720x540", "mug.jpg.webp"),
    )
    expect(transform(at("360x270"), { format: "avif" })).toBe(at("360x270", "mug.jpg.avif"))
    expect(transform(at("360x270"), { width: 150, height: 150 })).toBe(at("200x200"))
    expect(transform(at("360x270"), { shape: "320w", width: 700 })).toBe(at("1280w"))
  })

  it("breakpoints returns the widths of a shape, in a new array for each call", () => {
    expect(breakpoints("360x270")).toEqual([360, 720])
    expect(breakpoints("640w")).toEqual([320, 640, 1280])
    expect(breakpoints("240h")).toEqual([])
    breakpoints("640w").reverse()
    expect(breakpoints("640w")).toEqual([320, 640, 1280])
    expect(() => breakpoints("641w")).toThrow("The nearest is 640w.")
  })
})

describe("a photo", () => {
  it("photo makes components print the srcset of the client, for any original", () => {
    const side = fc.integer({ min: 1, max: 9000 })
    fc.assert(
      fc.property(
        fc.constantFrom(...SIZES),
        fc.record({ width: side, height: side }),
        fc.option(fc.integer({ min: 1, max: 3000 }), { nil: undefined }),
        (shape, info, width) => {
          const { sources, image } = photo(photos, "shop/mug.jpg", { shape, info, width })
          const { img, sources: own } = photos.picture("shop/mug.jpg", { shape, info, width })
          expect(print(image)).toBe(img.srcset)
          expect(sources.map((source) => ({ type: source.type, srcset: print(source), sizes: source.sizes }))).toEqual(
            own,
          )
        },
      ),
    )
  })

  it("photo returns the props that each layout needs", () => {
    const { image } = photo(photos, "shop/mug.jpg", { shape: "320w", info: LARGE, width: 300 })
    expect(image).toMatchObject({ layout: "constrained", width: 300, height: 225, priority: false })
    expect(image.sizes).toMatch(/^auto, \(min-width: 300px\) 300px/)
    const fixed = photo(photos, "shop/mug.jpg", { shape: "320w", info: LARGE, width: 300, layout: "fixed" }).image
    expect(fixed).toMatchObject({ layout: "fixed", width: 300, height: 225 })
    expect(fixed).not.toHaveProperty("sizes")
    const full = photo(photos, "shop/mug.jpg", { shape: "360x270", priority: true }).image
    expect(full).toMatchObject({ layout: "fullWidth", aspectRatio: 4 / 3, priority: true })
    expect(full).not.toHaveProperty("width")
  })

  it("photo returns a src of the displayed size, for browsers without srcset", () => {
    const src = (options: Omit<Parameters<typeof photo>[2], "shape" | "format">, operations = {}): string => {
      const { image } = photo(photos, "shop/mug.jpg", { shape: "640w", info: LARGE, ...options })
      return image.transformer(image.src, operations)
    }
    expect(src({ width: 300 }, { width: 300, height: 225 })).toBe(at("320w"))
    expect(src({ width: 3000 }, { width: 3000, height: 2250 })).toBe(at("1280w"))
    expect(src({})).toBe(at("640w"))
  })

  it("photo returns the placeholder if the client shows it", () => {
    const placeholder = "data:image/webp;base64,UklG"
    const { image } = photo(photos, "a.jpg", { shape: "320w", info: { ...LARGE, format: "jpeg", placeholder } })
    expect(image.background).toBe(placeholder)
    const png = photo(photos, "a.png", { shape: "320w", info: { ...LARGE, format: "png", placeholder } })
    expect(png.image).not.toHaveProperty("background")
    const infos = { "a.jpg": { ...LARGE, format: "jpeg", placeholder } }
    const known = createClient({ ...SETTINGS, infos })
    expect(photo(known, "a.jpg", { shape: "320w" }).image.background).toBe(placeholder)
  })

  it("photo returns only one format if that is requested, and throws if the ratio is not known", () => {
    const { sources, image } = photo(photos, "shop/mug.jpg", { shape: "360x270", format: "webp" })
    expect(sources).toEqual([])
    expect(print(image)).toBe(`${at("360x270", "mug.jpg.webp")} 360w, ${at("720x540", "mug.jpg.webp")} 720w`)
    for (const shape of ["320w", "240h"] as const)
      expect(() => photo(photos, "a.jpg", { shape })).toThrow("Expected info")
  })
})
