/** Tests of the configuration for Next, of its loader, and of the `<picture>` for images that `<Image>` does not support. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"

import { createClient } from "../client/client.ts"
import { createLoader } from "./next-loader.ts"
import { imageConfig, photo } from "./next.ts"

const SIZES = ["640w", "320w", { size: "1280w", name: "large" }, "240h", "480h", "360x270", "720x540"] as const
const BASE = "https://img.example.com/x"

const photos = createClient({ baseUrl: `${BASE}/`, sizes: SIZES })
const INFO = { width: 4000, height: 3000, format: "jpeg", placeholder: "data:image/webp;base64,UklG" } as const

describe("imageConfig", () => {
  it("imageConfig contains the widths of sizes by width, and no others", () => {
    expect(imageConfig(SIZES)).toEqual({
      loader: "custom",
      loaderFile: "./image-loader.js",
      deviceSizes: [320, 640, 1280],
      imageSizes: [],
    })
    expect(imageConfig(SIZES, "./src/loader.ts").loaderFile).toBe("./src/loader.ts")
  })

  it("imageConfig has at most 25 widths in each of its two lists, the smaller ones separately", () => {
    const sizes = Array.from({ length: 30 }, (_, at) => `${100 + at}w`)
    const { deviceSizes, imageSizes } = imageConfig(sizes)
    expect(imageSizes).toEqual([100, 101, 102, 103, 104])
    expect(deviceSizes).toEqual(sizes.slice(5).map((size) => Number.parseInt(size, 10)))
  })

  it("imageConfig contains each width once, because Next would offer it twice", () => {
    expect(imageConfig(["320w", { size: "320w", name: "card" }]).deviceSizes).toEqual([320])
  })

  it("imageConfig rejects lists that Next does not support", () => {
    expect(() => imageConfig(["240h", "360x270"])).toThrow("Expected a size by width, like 1280w, in sizes.")
    expect(() => imageConfig(["320w", "320"])).toThrow('Expected a size like 360x270, 1280w or 480h, got "320".')
    const many = Array.from({ length: 51 }, (_, at) => `${100 + at}w`)
    expect(() => imageConfig(many)).toThrow("Expected at most 50 sizes by width, which is the limit of Next, got 51.")
  })
})

describe("createLoader", () => {
  const loader = createLoader({ baseUrl: `${BASE}/`, sizes: SIZES })

  it("the loader returns the URL of the client", () => {
    expect(loader({ src: "shop/a b+é.jpg", width: 320 })).toBe(photos.url("shop/a b+é.jpg", "320w"))
    expect(loader({ src: "a.jpg", width: 1280 })).toBe(`${BASE}/large/a.jpg`)
  })

  it("the loader returns the size of exactly that width for all widths in imageConfig", () => {
    const widths = fc.uniqueArray(fc.integer({ min: 1, max: 8192 }), { minLength: 1, maxLength: 50 })
    fc.assert(
      fc.property(widths, (list) => {
        const sizes = [...list.map((width) => `${width}w`), "10x10", "10h"]
        const { deviceSizes, imageSizes } = imageConfig(sizes)
        const loadUrl = createLoader({ baseUrl: "", sizes })
        const configured = [...deviceSizes, ...imageSizes]
        expect(new Set(configured)).toEqual(new Set(list))
        expect(configured).toHaveLength(list.length)
        for (const width of configured) expect(loadUrl({ src: "a.jpg", width })).toBe(`/${width}w/a.jpg`)
        // Next leaves out widths below a share of the smallest of deviceSizes.
        expect(Math.min(...deviceSizes)).toBe(list.length > 25 ? list.toSorted((a, b) => b - a)[24] : Math.min(...list))
      }),
    )
  })

  it("the loader returns the next larger size for an unlisted width, which Next requests to test a loader", () => {
    expect(loader({ src: "a.jpg", width: 400 })).toBe(`${BASE}/640w/a.jpg`)
    expect(loader({ src: "a.jpg", width: 5000 })).toBe(`${BASE}/large/a.jpg`)
  })

  it.each(["/a.jpg", "", "a.jpg?v=3", "a/../b.jpg"])("the loader rejects %j, which is not a key", (src) => {
    expect(() => loader({ src, width: 320 })).toThrow(`Expected a key like a/b.jpg, got "${src}".`)
  })

  it.each(["data:image/png;base64,aaaa", "https://a.example/b.jpg", "//a.example/b.jpg"])(
    "the loader returns the URL %s unchanged",
    (src) => expect(loader({ src, width: 320 })).toBe(src),
  )

  it("createLoader rejects a baseUrl that is neither a URL nor a URL path", () => {
    expect(() => createLoader({ baseUrl: "img.example.com", sizes: ["320w"] })).toThrow(
      'Expected a baseUrl like /img, got "img.example.com".',
    )
  })

  it("createLoader throws for a list without sizes by width", () => {
    expect(() => createLoader({ baseUrl: "", sizes: ["240h"] })).toThrow(
      "Expected a size by width, like 1280w, in sizes.",
    )
  })
})

describe("photo", () => {
  it("photo returns a source for each format and one without, and an <Image> with a single URL", () => {
    const srcSetOf = (extension: string): string =>
      `${BASE}/360x270/a.jpg${extension} 360w, ${BASE}/720x540/a.jpg${extension} 720w`
    const sizes = "(min-width: 360px) 360px, (min-resolution: 3x) 66.66vw, 100vw"
    expect(photo(photos, "a.jpg", { shape: "360x270", width: 360, info: INFO })).toEqual({
      sources: [
        { type: "image/avif", srcSet: srcSetOf(".avif"), sizes },
        { type: "image/webp", srcSet: srcSetOf(".webp"), sizes },
        { srcSet: srcSetOf(""), sizes },
      ],
      image: {
        src: `${BASE}/360x270/a.jpg`,
        unoptimized: true,
        width: 360,
        height: 270,
        loading: "lazy",
        placeholder: INFO.placeholder,
      },
    })
  })

  it("photo returns the actual widths of a small original", () => {
    const { sources } = photo(photos, "a.png", { shape: "320w", info: { width: 500, height: 375 } })
    expect(sources.at(-1)?.srcSet).toBe(`${BASE}/320w/a.png 320w, ${BASE}/640w/a.png 500w`)
  })

  it("photo returns only one format if that is requested", () => {
    const { sources, image } = photo(photos, "a.jpg", { shape: "360x270", width: 180, format: "webp" })
    expect(sources.map(({ srcSet }) => srcSet)).toEqual([`${BASE}/360x270/a.jpg.webp 360w`])
    expect(image.src).toBe(`${BASE}/360x270/a.jpg.webp`)
  })

  it("photo loads an image with priority eagerly, without a preload, which would ignore the sources", () => {
    const { image } = photo(photos, "a.jpg", { shape: "360x270", priority: true })
    expect(image).toMatchObject({ loading: "eager", fetchPriority: "high" })
    expect(image).not.toHaveProperty("preload")
    expect(image).not.toHaveProperty("priority")
  })

  it.each([
    ["not for a PNG, which may be transparent", { ...INFO, format: "png" }, undefined, false],
    ["for a PNG on request", { ...INFO, format: "png" }, true, true],
    ["not for a JPEG if it is disabled", INFO, false, false],
    ["not if it is not an image", { ...INFO, placeholder: "none" }, true, false],
    ["not if it is not known", { width: 4, height: 3 }, true, false],
  ] as const)("photo returns a placeholder: %s", (_, info, placeholder, isThere) => {
    const { image } = photo(photos, "a.jpg", { shape: "320w", info, placeholder })
    expect("placeholder" in image).toBe(isThere)
  })

  it("photo returns the placeholder that the client knows, but not for a size that changes the picture", () => {
    const sizes = ["320w", { size: "200x200", name: "grey", grayscale: true }] as const
    const known = createClient({ baseUrl: "/img", sizes, infos: { "a.jpg": INFO } })
    expect(photo(known, "a.jpg", { shape: "320w" }).image.placeholder).toBe(INFO.placeholder)
    expect(photo(known, "a.jpg", { shape: "grey", info: INFO }).image).not.toHaveProperty("placeholder")
  })

  it("photo throws the errors of the client", () => {
    expect(() => photo(photos, "a.jpg", { shape: "320w" })).toThrow("Expected info, to reserve space.")
    // @ts-expect-error not listed
    expect(() => photo(photos, "a.jpg", { shape: "500w", info: INFO })).toThrow("The nearest is")
  })
})
