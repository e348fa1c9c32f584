/** What Next is told of the list, what it then asks a loader for, and what a `<picture>` says that an `<Image>` cannot. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"

import { createClient } from "../client/client.ts"
import { createLoader } from "./next-loader.ts"
import { imageConfig, photo } from "./next.ts"

const SIZES = ["640w", "320w", { size: "1280w", name: "large" }, "240h", "480h", "360x270", "720x540"] as const
const BASE = "https://img.example.com/x"

const photos = createClient({ baseUrl: `${BASE}/`, sizes: SIZES })
const FACTS = { width: 4000, height: 3000, format: "jpeg", placeholder: "data:image/webp;base64,UklG" } as const

describe("imageConfig", () => {
  it("has the widths of sizes by width, and no others", () => {
    expect(imageConfig(SIZES)).toEqual({
      loader: "custom",
      loaderFile: "./image-loader.js",
      deviceSizes: [320, 640, 1280],
      imageSizes: [],
    })
    expect(imageConfig(SIZES, "./src/loader.ts").loaderFile).toBe("./src/loader.ts")
  })

  it("has 25 in each of its two lists at most, the smaller ones apart", () => {
    const sizes = Array.from({ length: 30 }, (_, at) => `${100 + at}w`)
    const { deviceSizes, imageSizes } = imageConfig(sizes)
    expect(imageSizes).toEqual([100, 101, 102, 103, 104])
    expect(deviceSizes).toEqual(sizes.slice(5).map((size) => Number.parseInt(size, 10)))
  })

  it("has each width once, since Next would offer it twice", () => {
    expect(imageConfig(["320w", { size: "320w", name: "card" }]).deviceSizes).toEqual([320])
  })

  it("refuses lists of which Next can make nothing", () => {
    expect(() => imageConfig(["240h", "360x270"])).toThrow("Expected a size by width, like 1280w, in sizes.")
    expect(() => imageConfig(["320w", "320"])).toThrow('Expected a size like 360x270, 1280w or 480h, got "320".')
    const many = Array.from({ length: 51 }, (_, at) => `${100 + at}w`)
    expect(() => imageConfig(many)).toThrow("Expected 50 sizes by width at most, which is all that Next takes, got 51.")
  })
})

describe("createLoader", () => {
  const loader = createLoader({ baseUrl: `${BASE}/`, sizes: SIZES })

  it("gives the address that the client gives", () => {
    expect(loader({ src: "shop/a b+é.jpg", width: 320 })).toBe(photos.url("shop/a b+é.jpg", "320w"))
    expect(loader({ src: "a.jpg", width: 1280 })).toBe(`${BASE}/large/a.jpg`)
  })

  it("gives, for every width that Next is told, the size that is as wide", () => {
    const widths = fc.uniqueArray(fc.integer({ min: 1, max: 8192 }), { minLength: 1, maxLength: 50 })
    fc.assert(
      fc.property(widths, (list) => {
        const sizes = [...list.map((width) => `${width}w`), "10x10", "10h"]
        const { deviceSizes, imageSizes } = imageConfig(sizes)
        const ask = createLoader({ baseUrl: "", sizes })
        const told = [...deviceSizes, ...imageSizes]
        expect(new Set(told)).toEqual(new Set(list))
        expect(told).toHaveLength(list.length)
        for (const width of told) expect(ask({ src: "a.jpg", width })).toBe(`/${width}w/a.jpg`)
        // What Next keeps of a hundredth of the window and more is no less than what a browser may want.
        expect(Math.min(...deviceSizes)).toBe(list.length > 25 ? list.toSorted((a, b) => b - a)[24] : Math.min(...list))
      }),
    )
  })

  it("gives the next larger size for a width that is not listed: Next asks for one to try a loader", () => {
    expect(loader({ src: "a.jpg", width: 400 })).toBe(`${BASE}/640w/a.jpg`)
    expect(loader({ src: "a.jpg", width: 5000 })).toBe(`${BASE}/large/a.jpg`)
  })

  it.each(["/a.jpg", "", "https://a.example/b.jpg", "a/../b.jpg"])("refuses %j, which is no key", (src) => {
    expect(() => loader({ src, width: 320 })).toThrow(`Expected a key like shop/photo.jpg as src, got "${src}".`)
  })

  it("refuses a list without a size by width at once", () => {
    expect(() => createLoader({ baseUrl: "", sizes: ["240h"] })).toThrow(
      "Expected a size by width, like 1280w, in sizes.",
    )
  })
})

describe("photo", () => {
  it("is a source for each format and one for the rest, and an <Image> that prints nothing of its own", () => {
    const ladder = (extension: string): string =>
      `${BASE}/360x270/a.jpg${extension} 360w, ${BASE}/720x540/a.jpg${extension} 720w`
    const sizes = "(min-width: 360px) 360px, (min-resolution: 3x) 66.66vw, 100vw"
    expect(photo(photos, "a.jpg", { shape: "360x270", width: 360, info: FACTS })).toEqual({
      sources: [
        { type: "image/avif", srcSet: ladder(".avif"), sizes },
        { type: "image/webp", srcSet: ladder(".webp"), sizes },
        { srcSet: ladder(""), sizes },
      ],
      image: {
        src: `${BASE}/360x270/a.jpg`,
        unoptimized: true,
        width: 360,
        height: 270,
        loading: "lazy",
        placeholder: FACTS.placeholder,
      },
    })
  })

  it("has true widths of an original that fills few sizes", () => {
    const { sources } = photo(photos, "a.png", { shape: "320w", info: { width: 500, height: 375 } })
    expect(sources.at(-1)?.srcSet).toBe(`${BASE}/320w/a.png 320w, ${BASE}/640w/a.png 500w`)
  })

  it("is all of one format where one is named", () => {
    const { sources, image } = photo(photos, "a.jpg", { shape: "360x270", width: 180, format: "webp" })
    expect(sources.map(({ srcSet }) => srcSet)).toEqual([`${BASE}/360x270/a.jpg.webp 360w`])
    expect(image.src).toBe(`${BASE}/360x270/a.jpg.webp`)
  })

  it("is eager where it has priority, and never a preload, which would know no sources", () => {
    const { image } = photo(photos, "a.jpg", { shape: "360x270", priority: true })
    expect(image).toMatchObject({ loading: "eager", fetchPriority: "high" })
    expect(image).not.toHaveProperty("preload")
    expect(image).not.toHaveProperty("priority")
  })

  it.each([
    ["of a PNG, through which it would be seen", { ...FACTS, format: "png" }, undefined, false],
    ["of a PNG all the same, where it is asked for", { ...FACTS, format: "png" }, true, true],
    ["of a JPEG, but not where it is not wanted", FACTS, false, false],
    ["that is no picture", { ...FACTS, placeholder: "none" }, true, false],
    ["that is not known", { width: 4, height: 3 }, true, false],
  ] as const)("has a placeholder or not: %s", (_, info, placeholder, isThere) => {
    const { image } = photo(photos, "a.jpg", { shape: "320w", info, placeholder })
    expect("placeholder" in image).toBe(isThere)
  })

  it("refuses what the client refuses", () => {
    expect(() => photo(photos, "a.jpg", { shape: "320w" })).toThrow("Expected info, to reserve space.")
    // @ts-expect-error not on the list
    expect(() => photo(photos, "a.jpg", { shape: "500w", info: FACTS })).toThrow("The nearest is")
  })
})
