/** Tests of the output of Astro's image service, called in the order of Astro's `getImage`. */
import * as fc from "fast-check"
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest"

import { createClient } from "../client/client.ts"
import { outputDimensions } from "../sizes/geometry.ts"
import { toShape } from "../sizes/list.ts"
import service, { imageService, type ImageServiceOptions, type Props } from "./astro.ts"

const SIZES = ["320w", "640w", "1280w", "240h", "480h", "360x270", "720x540", "200x200", "400x400"] as const
const BASE = "https://img.example.com/x"

let info = { width: 4000, height: 3000, format: "png", placeholder: "data:image/webp;base64,UklG" }
let answer = (): Response => Response.json(info)
const fetched: string[] = []

beforeEach(() => {
  info = { ...info, width: 4000, height: 3000, format: "png" }
  answer = () => Response.json(info)
  fetched.length = 0
  vi.stubGlobal("fetch", async (url: string) => {
    fetched.push(url)
    return answer()
  })
})
afterEach(() => {
  vi.unstubAllGlobals()
})

/** A new configuration for each test, because the service caches descriptions of originals. */
const configOf = (options: Partial<ImageServiceOptions> = {}) => ({
  service: { config: { baseUrl: BASE, sizes: SIZES, ...options } },
})

/** Prepares props like `getImage` of Astro 7, with the values that Astro computes from a layout. */
const prepare = ({ layout, ...props }: Props): Props => {
  const { width } = props
  const sizesOfLayout = {
    constrained: `(min-width: ${width}px) ${width}px, 100vw`,
    fixed: `${width}px`,
    "full-width": "100vw",
  }
  const ofLayout =
    typeof layout === "string" && layout in sizesOfLayout
      ? {
          widths: [640, 750, 828],
          sizes: props.sizes ?? (width ? sizesOfLayout[layout as keyof typeof sizesOfLayout] : undefined),
          "data-astro-image": layout,
        }
      : {}
  return { loading: "lazy", ...props, ...ofLayout }
}

const print = async (props: Props, config = configOf()) => {
  const validated = await service.validateOptions(prepare(props), config)
  return {
    src: service.getURL(validated).replace(BASE, ""),
    srcset: service
      .getSrcSet(validated)
      .map(({ transform, descriptor }) => `${service.getURL(transform).replace(BASE, "")} ${descriptor}`),
    attributes: service.getHTMLAttributes(validated),
    validated,
  }
}

describe("an image with a layout", () => {
  it("an image with a layout offers listed sizes up to twice its width, not the widths that Astro computed", async () => {
    const { src, srcset, attributes } = await print({ src: "a/b.jpg", width: 500, layout: "constrained", alt: "" })
    expect(src).toBe("/a/640w/b.jpg")
    expect(srcset).toEqual(["/a/320w/b.jpg 320w", "/a/640w/b.jpg 640w", "/a/1280w/b.jpg 1280w"])
    expect(attributes).toEqual({
      alt: "",
      width: 500,
      height: 375,
      loading: "lazy",
      sizes: "auto, (min-width: 500px) 500px, (min-resolution: 3x) 66.66vw, 100vw",
      style: undefined,
      "data-astro-image": "constrained",
    })
  })

  it("a fixed image offers at most the widths for 2× screens, and a full-width image offers all", async () => {
    const fixed = await print({ src: "b.jpg", width: 160, layout: "fixed" })
    expect(fixed.srcset).toEqual(["/320w/b.jpg 320w"])
    expect(fixed.attributes["sizes"]).toBe("auto, 160px")
    const full = await print({ src: "b.jpg", layout: "full-width", loading: "eager" })
    expect(full.srcset).toHaveLength(3)
    expect(full.attributes["sizes"]).toBe("(min-resolution: 3x) 66.66vw, 100vw")
    expect(full.src).toBe("/1280w/b.jpg")
  })

  it("an image with a layout keeps the sizes of the page", async () => {
    const { attributes } = await print({ src: "b.jpg", width: 900, layout: "constrained", sizes: "50vw" })
    expect(attributes["sizes"]).toBe("auto, 50vw")
    const itself = await print({ src: "b.jpg", width: 900, layout: "constrained", sizes: "auto, 50vw" })
    expect(itself.attributes["sizes"]).toBe("auto, 50vw")
  })

  it("an image of a small original has the actual widths", async () => {
    info = { ...info, width: 500, height: 375 }
    const { src, srcset } = await print({ src: "b.jpg", width: 500, layout: "constrained" })
    expect(srcset).toEqual(["/320w/b.jpg 320w", "/640w/b.jpg 500w"])
    expect(src).toBe("/640w/b.jpg")
  })

  it.each<[string, Omit<Props, "src">, readonly string[], readonly number[]]>([
    ["a crop by its sides", { width: 180, height: 180 }, ["200w", "400w"], [180, 180]],
    ["sides that are text", { width: "180", height: "180" }, ["200w", "400w"], [180, 180]],
    ["a crop by its name", { width: 180, shape: "360x270" }, ["360w"], [180, 135]],
    ["the whole original by both sides", { width: 320, height: 240 }, ["320w", "640w"], [320, 240]],
    ["a height", { height: 240 }, ["320w", "640w"], [320, 240]],
    ["an inferred size", { width: 320, height: 3000 }, ["320w", "640w"], [320, 240]],
    ["no sides", {}, ["320w", "640w", "1280w"], [4000, 3000]],
  ])("an image with a layout understands %s", async (_, props, descriptors, [width, height]) => {
    const { srcset, attributes } = await print({ src: "b.jpg", layout: "constrained", ...props })
    expect(srcset.map((one) => one.split(" ")[1])).toEqual(descriptors)
    expect(attributes).toMatchObject({ width, height })
  })

  it("an image with a layout prints only actual widths and listed URLs", async () => {
    const side = fc.integer({ min: 1, max: 5000 })
    const shapes = fc.constantFrom(...SIZES)
    await fc.assert(
      fc.asyncProperty(side, side, side, shapes, async (width, height, shown, shape) => {
        info = { ...info, width, height }
        const { srcset } = await print({ src: "b.jpg", shape, width: shown, layout: "constrained" })
        const { parse } = createClient({ baseUrl: "", sizes: SIZES })
        expect(srcset.length).toBeGreaterThan(0)
        for (const candidate of srcset) {
          const [url = "", descriptor] = candidate.split(" ")
          const size = toShape(parse(url)[0]?.size ?? "")
          expect(descriptor).toBe(`${size && outputDimensions(size, info).width}w`)
        }
      }),
    )
  })
})

describe("an image without a layout", () => {
  it("an image without a layout has the listed size of its sides, and no srcset", async () => {
    const { src, srcset, attributes } = await print({ src: "b.jpg", width: 640, height: 480, format: "webp" })
    expect([src, srcset]).toEqual(["/640w/b.jpg.webp", []])
    expect(attributes["sizes"]).toBeUndefined()
    expect((await print({ src: "b.jpg", width: 200, height: 200 })).src).toBe("/200x200/b.jpg")
    expect((await print({ src: "b.jpg", height: 480 })).src).toBe("/480h/b.jpg")
    expect((await print({ src: "b.jpg", shape: "720x540" })).src).toBe("/720x540/b.jpg")
  })

  it("an image without a layout offers the widths and densities of the page, with true descriptors", async () => {
    const { srcset } = await print({ src: "b.jpg", width: 400, widths: [320, 1280], sizes: "50vw" })
    expect(srcset).toEqual(["/320w/b.jpg 320w", "/1280w/b.jpg 1280w"])
    info = { ...info, width: 512, height: 384 }
    const dense = await print({ src: "b.jpg", width: 320, densities: [1, "2x"] })
    expect(dense.srcset).toEqual(["/320w/b.jpg 1x", "/640w/b.jpg 1.6x"])
  })
})

describe("the build fails", () => {
  it.each<[Omit<Props, "src">, string]>([
    [{ width: 300 }, "300w of a.jpg is not listed. The nearest is 320w."],
    [{ width: 350, height: 270 }, "350x270 of a.jpg is not listed. The nearest is 360x270."],
    [{ width: 300, height: 400, layout: "constrained" }, "300x400 of a.jpg is not listed. The nearest is 400x400."],
    [{ shape: "210x210" }, "210x210 of a.jpg is not listed. The nearest is 200x200."],
    [{ width: 640, widths: [640, 700] }, "700w of a.jpg is not listed. The nearest is 640w."],
    [{ width: 200, height: 200, widths: [300] }, "300x300 of a.jpg is not listed."],
    [{ width: 320, densities: [1, 3] }, "960w of a.jpg is not listed."],
    [{ width: 320, format: "heif" }, "heif is not one of avif, webp."],
    [{ width: 320, quality: 80 }, "Expected no quality for a.jpg"],
  ])("the build fails for %j", async (props, message) => {
    await expect(print({ src: "a.jpg", ...props })).rejects.toThrow(message)
  })

  it("the build fails with the message of the server, and fetches again after that", async () => {
    answer = () => new Response("404 original-not-found: No original.", { status: 404 })
    const config = configOf()
    await expect(print({ src: "a.jpg", width: 320 }, config)).rejects.toThrow(
      "Could not fetch info of a.jpg: 404 original-not-found: No original.",
    )
    answer = () => Response.json(info)
    expect((await print({ src: "a.jpg", width: 320 }, config)).src).toBe("/320w/a.jpg")
  })

  it("a photo that the server rejects has one URL if the page gives its dimensions, and fails the build otherwise", async () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {})
    onTestFinished(() => warn.mockRestore())
    answer = () => new Response("415 unsupported-original: No image.", { status: 415 })
    const sides = { width: 600, height: 450 }
    expect(await print({ src: "a.jpg", ...sides, layout: "constrained" })).toMatchObject({
      src: "/640w/a.jpg",
      srcset: [],
    })
    expect(await print({ src: "a.jpg", ...sides, shape: "360x270" })).toMatchObject({ src: "/360x270/a.jpg" })
    expect(warn).toHaveBeenCalledWith("Could not fetch info of a.jpg: 415 unsupported-original: No image.")
    await expect(print({ src: "a.jpg", width: 600 })).rejects.toThrow("415 unsupported-original")
    await expect(print({ src: "a.jpg", ...sides, shape: "1w" })).rejects.toThrow("not listed")
  })

  it("a server that is busy or cannot be reached fails the build", async () => {
    const sides = { width: 600, height: 450 }
    answer = () => new Response("503 busy: Later.", { status: 503 })
    await expect(print({ src: "a.jpg", ...sides })).rejects.toThrow("503 busy")
    answer = () => {
      throw new TypeError("fetch failed", { cause: new Error("connect ECONNREFUSED") })
    }
    await expect(print({ src: "a.jpg", ...sides })).rejects.toThrow("connect ECONNREFUSED")
  })

  it("imageService throws for an invalid configuration", () => {
    expect(() => imageService({ baseUrl: "/img", sizes: SIZES })).toThrow('got "/img"')
    expect(() => imageService({ baseUrl: BASE, sizes: ["320"] })).toThrow("Expected a size like")
    expect(imageService({ baseUrl: BASE, sizes: SIZES })).toEqual({
      entrypoint: "imgtailor/astro",
      config: { baseUrl: BASE, sizes: SIZES },
    })
  })
})

describe("originals", () => {
  it.each(["a b/é.jpg", `${BASE}/a%20b/%C3%A9.jpg`, `${BASE}/a%20b/640w/%C3%A9.jpg?v=2`])(
    "src may be a key or a URL below the base: %s",
    async (src) => {
      expect((await print({ src, width: 320 })).src).toBe("/a%20b/320w/%C3%A9.jpg")
    },
  )

  it.each<[Props["src"], string]>([
    ["/logo.svg", "/logo.svg"],
    ["https://elsewhere.example/a.jpg", "https://elsewhere.example/a.jpg"],
    [{ src: "/_astro/logo.123.png" }, "/_astro/logo.123.png"],
  ])("images of other servers are not changed: %j", async (src, expected) => {
    const printed = await print({ src, width: 20, height: 10, format: "webp", alt: "" })
    expect([printed.src, printed.srcset]).toEqual([expected, []])
    expect(printed.attributes).toEqual({ alt: "", width: 20, height: 10, loading: "lazy" })
    expect(printed.validated.format).toBeUndefined()
    expect([fetched, service.getRemoteSize("/logo.svg", configOf())]).toEqual([[], undefined])
  })

  it("info of an original is fetched once for all formats, and again a minute later", async () => {
    vi.useFakeTimers()
    try {
      const config = configOf()
      for (const format of ["avif", "webp", "png"]) await print({ src: "b.jpg", width: 320, format }, config)
      expect(await service.getRemoteSize("b.jpg", config)).toEqual({ width: 4000, height: 3000 })
      expect(fetched).toEqual([`${BASE}/info/b.jpg.json`])
      vi.advanceTimersByTime(61_000)
      await print({ src: "b.jpg", width: 320 }, config)
      expect(fetched).toHaveLength(2)
    } finally {
      vi.useRealTimers()
    }
  })

  it("a JPEG has its placeholder, unless the page has a style or disables it", async () => {
    info = { ...info, format: "jpeg" }
    const styleOf = async (props: Omit<Props, "src">) =>
      (await print({ src: "b.jpg", width: 320, ...props })).attributes["style"]
    expect(await styleOf({})).toBe("background:url(data:image/webp;base64,UklG) center/cover no-repeat")
    expect(await styleOf({ style: "color: red" })).toBe("color: red")
    expect(await styleOf({ placeholder: false })).toBeUndefined()
  })
})
