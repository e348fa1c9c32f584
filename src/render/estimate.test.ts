/** Estimates are upper bounds of measured peaks, and stay small for ordinary photos. The peaks are those of 12-megapixel originals. */
import { describe, expect, it } from "vitest"

import { parseSizeList } from "../sizes/list.ts"
import { DEFAULT_QUALITY, imageRecipe, type ImageRecipe } from "../sizes/recipe.ts"
import { estimatePeak } from "./estimate.ts"
import type { Inspected } from "./inspected.ts"

const recipe = (size: string, format?: ImageRecipe["format"]): ImageRecipe => {
  const parsed = parseSizeList([size])
  if (!("list" in parsed)) throw new Error("Expected a size")
  return imageRecipe(parsed.list[0], format, { quality: DEFAULT_QUALITY, background: "#ffffff", animationPixels: 1e8 })
}

const JPEG: Inspected = {
  container: "jpeg",
  format: "jpeg",
  dimensions: { width: 4000, height: 3000 },
  frames: 1,
  animated: false,
  isAnimation: false,
  hasAlpha: false,
  isGrey: false,
  colours: 16,
  isTurned: false,
  needsSrgbFirst: false,
  isConverted: false,
  isPrepared: false,
  isLossless: false,
  hasFullChroma: false,
  isProgressive: false,
  channels: 3,
  bytesPerSample: 1,
  samplesPerPixel: 1.5,
  decodedPixels: 12_000_000,
  byteLength: 1_000_000,
}

const PNG: Inspected = { ...JPEG, container: "png", format: "png", isLossless: true, byteLength: 38_000_000 }

const canvas = (width: number, height: number, frames: number): Partial<Inspected> => ({
  dimensions: { width, height },
  frames,
  animated: frames > 1,
  isAnimation: true,
  decodedPixels: width * height * frames,
  byteLength: 1000,
})

const WEBP: Inspected = { ...JPEG, container: "webp", format: "webp" }
const GIF: Inspected = { ...JPEG, container: "gif", format: "gif", isLossless: true }
const AVIF: Inspected = { ...JPEG, container: "heif", format: "avif", byteLength: 150_000 }
const WIDE = { width: 65_535, height: 1525 }

describe("the estimate of a render", () => {
  it.each<[string, Inspected, string, number]>([
    ["a progressive JPEG", { ...JPEG, isProgressive: true }, "360x270", 39],
    ["a progressive JPEG with full chroma", { ...JPEG, isProgressive: true, samplesPerPixel: 3 }, "360x270", 76],
    ["a progressive JPEG in CMYK", { ...JPEG, isProgressive: true, channels: 4, samplesPerPixel: 4 }, "360x270", 103],
    ["a PNG with alpha", { ...PNG, channels: 4, hasAlpha: true }, "360x270", 72],
    ["an interlaced PNG with alpha", { ...PNG, channels: 4, hasAlpha: true, isProgressive: true }, "360x270", 111],
    [
      "an interlaced PNG of 16 bits with alpha",
      { ...PNG, channels: 4, bytesPerSample: 2, hasAlpha: true, isProgressive: true, byteLength: 46_000_000 },
      "1280w",
      220,
    ],
    [
      "a PNG of 16 bits with long rows",
      { ...PNG, channels: 4, bytesPerSample: 2, dimensions: WIDE, decodedPixels: 99_940_875, byteLength: 9_000_000 },
      "360x270",
      667,
    ],
    ["a WebP without loss", { ...WEBP, isLossless: true, byteLength: 21_700_000 }, "360x270", 72],
    ["an animation of one frame on a large canvas", { ...WEBP, ...canvas(10_000, 10_000, 1) }, "360x270", 476],
    ["an animation of one frame on a wide canvas", { ...WEBP, ...canvas(16_383, 6100, 1) }, "1280w", 555],
    ["an animation of small frames on a large canvas", { ...WEBP, ...canvas(2000, 2000, 20) }, "2000w", 446],
    ["an animated WebP", { ...WEBP, ...canvas(1200, 1000, 10), byteLength: 600_000 }, "1200w", 128],
    ["an animated GIF", { ...GIF, ...canvas(600, 500, 40), byteLength: 7_000_000 }, "600w", 100],
    ["an AVIF", AVIF, "360x270", 231],
    ["an AVIF of 10 bits", { ...AVIF, bytesPerSample: 2 }, "360x270", 312],
  ])("is at least the measured peak: %s", (_, original, size, megabytes) => {
    expect(estimatePeak(original, recipe(size)) / 1e6).toBeGreaterThan(megabytes)
  })

  it("stays small for a photo that is scaled while it is decoded", () => {
    expect(estimatePeak(JPEG, recipe("480w"))).toBeLessThan(30e6)
    expect(estimatePeak(WEBP, recipe("360x270"))).toBeLessThan(25e6)
  })

  it("counts the whole original where info has trimmed dimensions", () => {
    const settings = { animationPixels: 1e8, background: "#ffffff" }
    const info = estimatePeak(JPEG, { kind: "info", settings })
    const trimming = estimatePeak(JPEG, { kind: "info", trims: [10], settings })
    expect((trimming - info) / JPEG.decodedPixels).toBeGreaterThan(4)
  })

  it("has no decoding in it when the pixels are decoded already", () => {
    expect(estimatePeak(AVIF, recipe("360x270"), true)).toBeLessThan(20e6)
  })
})
