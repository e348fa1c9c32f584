/** Tests of the provider, options and props for `<NuxtImg>`, with the rules of its `getSizes`. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"

import { createClient } from "../client/client.ts"
import { createProvider, imageOptions, type Modifiers, photo } from "./nuxt.ts"

const SIZES = ["320w", "640w", "960w", "1280w", "240h", "480h", "360x270", "720x540", "200x200", "400x400"] as const
const SETTINGS = { baseUrl: "https://img.example.com/x", sizes: SIZES }
const LARGE = { width: 4000, height: 3000 }

const photos = createClient(SETTINGS)
const provider = createProvider(SETTINGS)()
const at = (size: string, file = "mug.jpg"): string => `https://img.example.com/x/shop/${size}/${file}`
const urlOf = (modifiers?: Modifiers, source = "/shop/mug.jpg"): string =>
  provider.getImage(source, { ...(modifiers && { modifiers }) }).url

describe("the provider", () => {
  it("the provider returns listed sizes for any request", () => {
    expect(urlOf({ width: 300 })).toBe(at("320w"))
    expect(urlOf({ width: 641 })).toBe(at("960w"))
    expect(urlOf({ width: 5000 })).toBe(at("1280w"))
    expect(urlOf({ height: 300 })).toBe(at("480h"))
    expect(urlOf({ width: 300, height: 225 })).toBe(at("360x270"))
    expect(urlOf({ width: 300, height: 300 })).toBe(at("400x400"))
  })

  it("the provider does not crop with fit inside or contain", () => {
    for (const fit of ["inside", "contain"]) expect(urlOf({ width: 300, height: 225, fit })).toBe(at("320w"))
    expect(urlOf({ width: 300, height: 225, fit: "cover" })).toBe(at("360x270"))
  })

  it("the provider chooses only sizes of a requested shape", () => {
    expect(urlOf({ shape: "360x270", width: 400, height: 400 })).toBe(at("720x540"))
    expect(urlOf({ shape: "360x270", width: 4000 })).toBe(at("720x540"))
    expect(urlOf({ shape: "320w", width: 700, height: 100 })).toBe(at("960w"))
    expect(urlOf({ shape: "240h", width: 1, height: 300 })).toBe(at("480h"))
    expect(urlOf({ shape: "640w" })).toBe(at("640w"))
  })

  it("the provider uses explicit formats, and the original's own format for any other", () => {
    expect(urlOf({ width: 300, format: "webp" })).toBe(at("320w", "mug.jpg.webp"))
    for (const format of ["jpeg", "png", "gif"]) expect(urlOf({ width: 300, format })).toBe(at("320w"))
  })

  it("the provider uses the original's own format where the size does not have the requested one", () => {
    const sizes = ["320w", { size: "360x270", name: "card", formats: ["webp"] }] as const
    const { getImage } = createProvider({ baseUrl: "/img", sizes })()
    const urls = ["avif", "webp"].map((format) => getImage("a.jpg", { modifiers: { shape: "card", format } }).url)
    expect(urls).toEqual(["/img/card/a.jpg", "/img/card/a.jpg.webp"])
  })

  it("the provider does not change its own URLs, and accepts any file name", () => {
    expect(urlOf({ width: 1000, height: 1 }, at("320w"))).toBe(at("320w"))
    expect(urlOf({ width: 320 }, "/a b/é #1?.jpg")).toBe("https://img.example.com/x/a%20b/320w/%C3%A9%20%231%3F.jpg")
  })

  it.each([
    "data:image/png;base64,aaaa",
    "https://example.com/a.jpg",
    "blob:https://example.com/1",
    "//example.com/a.jpg",
  ])("the provider returns the URL %s unchanged", (url) => expect(urlOf({ width: 320 }, url)).toBe(url))

  it("the provider rejects requests without a matching size, and keys that are invalid", () => {
    expect(() => urlOf()).toThrow("Expected a width or height of a listed kind for /shop/mug.jpg")
    expect(() => urlOf({ shape: "321w" })).toThrow("Expected a listed size as shape, got 321w.")
    expect(() => urlOf({ width: 320 }, "/a.jpg?v=3")).toThrow("Expected a key")
    const byWidth = createProvider({ baseUrl: "", sizes: ["320w"] })()
    expect(() => byWidth.getImage("/a.jpg", { modifiers: { height: 100 } })).toThrow("of a listed kind")
  })
})

describe("the options", () => {
  const options = imageOptions(SIZES)

  it("imageOptions returns screens with listed widths, also under the names of the module", () => {
    expect(options.screens).toEqual({
      sm: 640,
      md: 960,
      lg: 1280,
      xl: 1280,
      "2xl": 1280,
      "320w": 320,
      "640w": 640,
      "960w": 960,
      "1280w": 1280,
    })
  })

  it("imageOptions keeps the screens of the module if the list has no sizes by width", () => {
    expect(imageOptions(["200x200"]).screens).toEqual({ sm: 640, md: 768, lg: 1024, xl: 1280, "2xl": 1536 })
  })

  it("imageOptions returns a preset with true widths for each size that has a width", () => {
    expect(Object.keys(options.presets)).toEqual(SIZES.filter((size) => !size.endsWith("h")))
    for (const { sizes, densities, modifiers } of Object.values(options.presets)) {
      const printed = sizes.split(" ").map((entry) => {
        const [screen = "", size] = entry.split(":")
        expect(size).toBe("100vw")
        const width = Math.round(Number.parseInt(screen) * Number(densities))
        const { width: w, height: h } = modifiers
        return `${urlOf({ ...modifiers, width, height: h && Math.round((width * h) / w) })} ${width}w`
      })
      expect(printed.join(", ")).toBe(photos.srcset("shop/mug.jpg", { shape: modifiers.shape as "320w" }))
    }
  })

  it("imageOptions separates crops of one ratio with different gravity", () => {
    const sizes = ["360x270", "720x540", { size: "360x270", name: "top", gravity: "north" }] as const
    expect(imageOptions(sizes).presets["top"]?.sizes).toBe("360:100vw")
    expect(imageOptions(sizes).presets["360x270"]?.sizes).toBe("360:100vw 720:100vw")
  })
})

describe("a photo", () => {
  it("photo returns the attributes of the client, with sizes as ^sizes", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...SIZES),
        fc.integer({ min: 1, max: 3000 }),
        fc.boolean(),
        (shape, width, priority) => {
          const display = { shape, width, priority, info: LARGE }
          const { sources, image } = photo(photos, "shop/mug.jpg", display)
          const { "^sizes": sizes, ...others } = image
          expect({ ...others, sizes }).toEqual(photos.img("shop/mug.jpg", display))
          expect(sources).toEqual(photos.picture("shop/mug.jpg", display).sources)
          expect(urlOf({ width, height: 1 }, image.src)).toBe(image.src)
        },
      ),
    )
  })

  it("photo returns no sources if one format is requested", () => {
    const { sources, image } = photo(photos, "shop/mug.jpg", { shape: "360x270", format: "webp" })
    expect(sources).toEqual([])
    expect(image.src).toBe(at("360x270", "mug.jpg.webp"))
  })
})
