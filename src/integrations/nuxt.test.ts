/** What `<NuxtImg>` prints by the provider, the options and the props, by the rules of its own `getSizes`. */
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
const ask = (modifiers?: Modifiers, source = "/shop/mug.jpg"): string =>
  provider.getImage(source, { ...(modifiers && { modifiers }) }).url

describe("the provider", () => {
  it("gives listed sizes for whatever is asked", () => {
    expect(ask({ width: 300 })).toBe(at("320w"))
    expect(ask({ width: 641 })).toBe(at("960w"))
    expect(ask({ width: 5000 })).toBe(at("1280w"))
    expect(ask({ height: 300 })).toBe(at("480h"))
    expect(ask({ width: 300, height: 225 })).toBe(at("360x270"))
    expect(ask({ width: 300, height: 300 })).toBe(at("400x400"))
  })

  it("leaves the picture whole where it is to be inside", () => {
    for (const fit of ["inside", "contain"]) expect(ask({ width: 300, height: 225, fit })).toBe(at("320w"))
    expect(ask({ width: 300, height: 225, fit: "cover" })).toBe(at("360x270"))
  })

  it("keeps to a shape", () => {
    expect(ask({ shape: "360x270", width: 400, height: 400 })).toBe(at("720x540"))
    expect(ask({ shape: "360x270", width: 4000 })).toBe(at("720x540"))
    expect(ask({ shape: "320w", width: 700, height: 100 })).toBe(at("960w"))
    expect(ask({ shape: "240h", width: 1, height: 300 })).toBe(at("480h"))
    expect(ask({ shape: "640w" })).toBe(at("640w"))
  })

  it("knows the explicit formats; any other is the original's own", () => {
    expect(ask({ width: 300, format: "webp" })).toBe(at("320w", "mug.jpg.webp"))
    for (const format of ["jpeg", "png", "gif"]) expect(ask({ width: 300, format })).toBe(at("320w"))
  })

  it("passes on what is an address of ours, and takes any name", () => {
    expect(ask({ width: 1000, height: 1 }, at("320w"))).toBe(at("320w"))
    expect(ask({ width: 320 }, "/a b/é #1?.jpg")).toBe("https://img.example.com/x/a%20b/320w/%C3%A9%20%231%3F.jpg")
  })

  it("refuses what it cannot know", () => {
    expect(() => ask()).toThrow("Expected a width or a height of /shop/mug.jpg")
    expect(() => ask({ shape: "321w" })).toThrow("Expected a listed size as shape, got 321w.")
    expect(() => ask({ width: 320 }, "https://example.com/a.jpg")).toThrow("Expected a key")
    const byWidth = createProvider({ baseUrl: "", sizes: ["320w"] })()
    expect(() => byWidth.getImage("/a.jpg", { modifiers: { height: 100 } })).toThrow("of a kind that is listed")
  })
})

describe("the options", () => {
  const options = imageOptions(SIZES)

  it("have screens that are widths of the list, under the module's names too", () => {
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

  it("leave the module's screens where there are no widths", () => {
    expect(imageOptions(["200x200"]).screens).toEqual({ sm: 640, md: 768, lg: 1024, xl: 1280, "2xl": 1536 })
  })

  it("have a preset for each size with a width, whose widths are true", () => {
    expect(Object.keys(options.presets)).toEqual(SIZES.filter((size) => !size.endsWith("h")))
    for (const { sizes, densities, modifiers } of Object.values(options.presets)) {
      const printed = sizes.split(" ").map((entry) => {
        const [screen = "", size] = entry.split(":")
        expect(size).toBe("100vw")
        const width = Math.round(Number.parseInt(screen) * Number(densities))
        const { width: w, height: h } = modifiers
        return `${ask({ ...modifiers, width, height: h && Math.round((width * h) / w) })} ${width}w`
      })
      expect(printed.join(", ")).toBe(photos.srcset("shop/mug.jpg", { shape: modifiers.shape as "320w" }))
    }
  })

  it("tell crops of one ratio apart by their gravity", () => {
    const sizes = ["360x270", "720x540", { size: "360x270", name: "top", gravity: "north" }] as const
    expect(imageOptions(sizes).presets["top"]?.sizes).toBe("360:100vw")
    expect(imageOptions(sizes).presets["360x270"]?.sizes).toBe("360:100vw 720:100vw")
  })
})

describe("a photo", () => {
  it("has the client's attributes, with sizes where the component does not take them", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...SIZES),
        fc.integer({ min: 1, max: 3000 }),
        fc.boolean(),
        (shape, width, priority) => {
          const shown = { shape, width, priority, info: LARGE }
          const { sources, image } = photo(photos, "shop/mug.jpg", shown)
          const { "^sizes": sizes, ...others } = image
          expect({ ...others, sizes }).toEqual(photos.img("shop/mug.jpg", shown))
          expect(sources).toEqual(photos.picture("shop/mug.jpg", shown).sources)
          expect(ask({ width, height: 1 }, image.src)).toBe(image.src)
        },
      ),
    )
  })

  it("has no sources where one format is asked for", () => {
    const { sources, image } = photo(photos, "shop/mug.jpg", { shape: "360x270", format: "webp" })
    expect(sources).toEqual([])
    expect(image.src).toBe(at("360x270", "mug.jpg.webp"))
  })
})
