/**
 * Colours keep their appearance: profiles are converted to sRGB rather than dropped, CMYK and grey originals are converted, and
 * transparency is kept, or replaced by the background in formats without it, never by black.
 */
import sharp, { type Sharp } from "sharp"
import { describe, expect, it } from "vitest"

import type { Format } from "../../src/sizes/format.ts"
import { colourDistance } from "../support/photos.ts"
import {
  ADOBE_RGB,
  greyProfile,
  greyToSrgb,
  profileOf,
  PROPHOTO,
  type Rgb,
  tagged,
  toSrgb,
  withJpegSegment,
} from "./profiles.ts"
import { maxDifference, decode, type Pixel, rendition, type RenditionOptions } from "./support.ts"

const EVERY_FORMAT: readonly (Format | undefined)[] = [undefined, "avif", "webp", "jpeg", "png"]

const solid = ([r, g, b]: Rgb, alpha?: number): Sharp =>
  sharp({
    create: {
      width: 64,
      height: 64,
      channels: alpha === undefined ? 3 : 4,
      background: alpha === undefined ? { r, g, b } : { r, g, b, alpha },
    },
  })

/** Colour in the middle of a rendition. */
const middleOf = async (original: Uint8Array, options: RenditionOptions = {}): Promise<Pixel> =>
  (await decode((await rendition(original, { size: "32w", ...options })).bytes)).around(0.5, 0.5)

/** A rendition is 8-bit sRGB without a profile. */
const expectPlainSrgb = async (bytes: Uint8Array): Promise<void> => {
  const { depth, space, icc } = await sharp(bytes).metadata()
  expect({ depth, space, icc }).toEqual({ depth: "uchar", space: "srgb", icc: undefined })
}

const COLOURS: readonly Rgb[] = [
  [200, 60, 30],
  [150, 170, 60],
  [40, 90, 160],
]

describe("profiles", () => {
  it.each(["jpeg", "png", "webp", "avif", "tiff"] as const)("Display P3 in a %s becomes sRGB", async (format) => {
    for (const colour of COLOURS) {
      const p3 = solid(colour).withIccProfile("p3")
      const original = await (
        format === "tiff" ? p3.tiff({ compression: "lzw" }) : p3[format]({ quality: 95 })
      ).toBuffer()
      // The stored values differ, so a dropped profile would fail the comparison below.
      expect(maxDifference((await decode(original)).around(0.5, 0.5), colour)).toBeGreaterThan(5)
      for (const requested of EVERY_FORMAT) {
        const { bytes } = await rendition(original, { size: "32w", requested })
        expect(maxDifference((await decode(bytes)).around(0.5, 0.5), colour)).toBeLessThanOrEqual(4)
        await expectPlainSrgb(bytes)
      }
    }
  })

  it.each([
    ["Adobe RGB", ADOBE_RGB],
    ["ProPhoto RGB", PROPHOTO],
  ])("%s is converted by its primaries and curve", async (_, space) => {
    for (const colour of COLOURS) {
      const expected = toSrgb(colour, space)
      for (const original of [
        tagged(await solid(colour).png().toBuffer(), profileOf(space)),
        tagged(await solid(colour).png({ palette: true }).toBuffer(), profileOf(space)),
        tagged(await solid(colour).jpeg({ quality: 100 }).toBuffer(), profileOf(space)),
        tagged(await solid(colour).jpeg({ quality: 100, progressive: true }).toBuffer(), profileOf(space)),
      ]) {
        for (const requested of ["png", "jpeg", "webp"] as const)
          expect(colourDistance(await rgbOf(original, requested), expected)).toBeLessThanOrEqual(6)
      }
    }
  })

  it("profiles of 16-bit originals are converted", async () => {
    for (const colour of COLOURS) {
      for (const space of [ADOBE_RGB, PROPHOTO]) {
        const original = tagged(await solid(colour).toColourspace("rgb16").png().toBuffer(), profileOf(space))
        expect((await sharp(original).metadata()).depth).toBe("ushort")
        expect(colourDistance(await rgbOf(original, "png"), toSrgb(colour, space))).toBeLessThanOrEqual(6)
      }
    }
  })

  it("profiles of 10-bit AVIF originals are converted", async () => {
    for (const colour of COLOURS) {
      const original = await solid(colour)
        .withIccProfile("p3")
        .avif({ quality: 95, effort: 0, bitdepth: 10 })
        .toBuffer()
      expect(colourDistance(await rgbOf(original, "png"), colour)).toBeLessThanOrEqual(6)
    }
  })

  it("profiles of transparent originals are converted, and alpha is unchanged", async () => {
    const colour: Rgb = [150, 170, 60]
    const original = tagged(await solid(colour, 0.5).png().toBuffer(), profileOf(ADOBE_RGB))
    const [r, g, b, alpha] = await middleOf(original)
    expect(colourDistance([r, g, b], toSrgb(colour, ADOBE_RGB))).toBeLessThanOrEqual(3)
    expect(alpha).toBeCloseTo(128, 0)
  })

  it("grey profiles are converted", async () => {
    const original = tagged(await solid([100, 100, 100]).toColourspace("b-w").png().toBuffer(), greyProfile(1.8))
    const expected = greyToSrgb(100, 1.8)
    expect(expected).toBeGreaterThan(110)
    expect(colourDistance(await rgbOf(original, "png"), [expected, expected, expected])).toBeLessThanOrEqual(2)
  })

  it.each([
    ["a profile that is text", Buffer.from("this is no profile")],
    ["a truncated profile", profileOf(ADOBE_RGB).subarray(0, 200)],
    ["a grey profile of a colour image", greyProfile(1.8)],
  ])("%s is ignored", async (_, profile) => {
    for (const original of [
      tagged(await solid([150, 170, 60]).png().toBuffer(), profile),
      tagged(await solid([150, 170, 60]).jpeg({ quality: 100 }).toBuffer(), profile),
    ])
      expect(colourDistance(await rgbOf(original, "png"), [150, 170, 60])).toBeLessThanOrEqual(3)
  })
})

const rgbOf = async (original: Uint8Array, requested: Format | undefined): Promise<Rgb> => {
  const [r, g, b] = await middleOf(original, { requested })
  return [r, g, b]
}

describe("colour models", () => {
  it.each([
    ["a CMYK JPEG with a profile", (image: Sharp) => image.withIccProfile("cmyk").jpeg({ quality: 95 })],
    ["a CMYK JPEG without one", (image: Sharp) => image.toColourspace("cmyk").jpeg({ quality: 95 })],
    ["a CMYK TIFF", (image: Sharp) => image.withIccProfile("cmyk").tiff({ compression: "lzw" })],
  ])("%s becomes sRGB, not a negative", async (_, encode) => {
    for (const colour of [
      [250, 250, 250],
      [150, 120, 100],
      [100, 140, 150],
      [90, 90, 90],
    ] satisfies readonly Rgb[]) {
      const original = await encode(solid(colour)).toBuffer()
      expect((await sharp(original).metadata()).space).toBe("cmyk")
      for (const requested of EVERY_FORMAT) {
        const { bytes } = await rendition(original, { size: "32w", requested })
        expect(maxDifference((await decode(bytes)).around(0.5, 0.5), colour)).toBeLessThanOrEqual(20)
        await expectPlainSrgb(bytes)
      }
    }
  })

  it.each([
    ["a grey JPEG", (image: Sharp) => image.toColourspace("b-w").jpeg({ quality: 95 })],
    ["a grey PNG", (image: Sharp) => image.toColourspace("b-w").png()],
    ["a grey PNG of 16 bits", (image: Sharp) => image.toColourspace("grey16").png()],
    ["a grey TIFF", (image: Sharp) => image.toColourspace("b-w").tiff({ compression: "lzw" })],
    ["a PNG with a palette", (image: Sharp) => image.png({ palette: true, colours: 16 })],
    ["a PNG of 16 bits", (image: Sharp) => image.toColourspace("rgb16").png()],
    ["a TIFF of 16 bits", (image: Sharp) => image.toColourspace("rgb16").tiff({ compression: "lzw" })],
    ["a TIFF in CIELAB", (image: Sharp) => image.toColourspace("lab").tiff({ compression: "lzw" })],
    ["an AVIF of 10 bits", (image: Sharp) => image.avif({ quality: 95, effort: 0, bitdepth: 10 })],
    ["a GIF", (image: Sharp) => image.gif()],
  ])("%s keeps its colour in every format", async (_, encode) => {
    const grey: Rgb = [140, 140, 140]
    for (const colour of [grey, [16, 16, 16], [240, 240, 240]] satisfies readonly Rgb[]) {
      const original = await encode(solid(colour)).toBuffer()
      for (const requested of EVERY_FORMAT) {
        const { bytes } = await rendition(original, { size: "32w", requested })
        expect(maxDifference((await decode(bytes)).around(0.5, 0.5), colour)).toBeLessThanOrEqual(4)
        const { depth } = await sharp(bytes).metadata()
        expect(depth).toBe("uchar")
      }
    }
  })

  it("a JPEG stored as RGB keeps its colour", async () => {
    // In luma and chroma this colour is stored as 150, 140, 110 (ITU-T T.871). Adobe's marker then declares these to be RGB.
    const luma = await solid([125, 159, 171]).jpeg({ quality: 100, chromaSubsampling: "4:4:4" }).toBuffer()
    const bare =
      luma.readUInt16BE(2) === 0xffe0
        ? Buffer.concat([luma.subarray(0, 2), luma.subarray(4 + luma.readUInt16BE(4))])
        : luma
    const original = withJpegSegment(bare, 0xee, Buffer.from("Adobe\0\x64\0\0\0\0\0", "latin1"))
    expect(colourDistance(await rgbOf(original, "png"), [150, 140, 110])).toBeLessThanOrEqual(3)
  })
})

/** Left half light and opaque, right half black and fully transparent, with an edge that no grid of output pixels hits. */
const halfTransparent = (colour: Rgb): Sharp => {
  const [width, height] = [101, 67]
  const pixels = Buffer.alloc(width * height * 4)
  for (let y = 0; y < height; y++) for (let x = 0; x < 51; x++) pixels.set([...colour, 255], (y * width + x) * 4)
  return sharp(pixels, { raw: { width, height, channels: 4 } })
}

const LIGHT: Rgb = [240, 240, 240]

const WITH_ALPHA: readonly (readonly [string, (image: Sharp) => Sharp])[] = [
  ["a PNG", (image) => image.png()],
  ["an interlaced PNG", (image) => image.png({ progressive: true })],
  ["a PNG with a palette", (image) => image.png({ palette: true })],
  ["a PNG of 16 bits", (image) => image.toColourspace("rgb16").png()],
  ["a grey PNG", (image) => image.toColourspace("b-w").png()],
  ["a WebP", (image) => image.webp({ lossless: true })],
  ["an AVIF", (image) => image.avif({ lossless: true, effort: 0 })],
  ["a TIFF", (image) => image.tiff({ compression: "lzw" })],
  ["a GIF", (image) => image.gif()],
]

describe("transparency", () => {
  it.each(WITH_ALPHA)("transparency of %s is kept in PNG, WebP and AVIF", async (_, encode) => {
    const original = await encode(halfTransparent(LIGHT)).toBuffer()
    for (const requested of ["png", "webp", "avif"] as const) {
      const rendered = await rendition(original, { size: "37w", requested })
      // Even areas may be lightest as lossless WebP.
      expect([requested, "webp"]).toContain(rendered.format)
      const { around } = await decode(rendered.bytes)
      expect(around(0.2, 0.5)[3]).toBeGreaterThan(252)
      expect(around(0.8, 0.5)[3]).toBeLessThan(3)
      expect(maxDifference(around(0.2, 0.5), LIGHT)).toBeLessThanOrEqual(12)
    }
  })

  it.each(WITH_ALPHA)("transparency of %s becomes white in a JPEG, never black", async (_, encode) => {
    const original = await encode(halfTransparent(LIGHT)).toBuffer()
    for (const size of ["37w", "480h", "20x20"]) {
      const { bytes } = await rendition(original, { size, requested: "jpeg" })
      const { width, height, at } = await decode(bytes)
      for (let y = 0; y < height; y++)
        for (let x = 0; x < width; x++) expect(Math.min(...at(x, y))).toBeGreaterThan(215)
      expect(maxDifference(at(width - 1, 0), [255, 255, 255])).toBeLessThanOrEqual(3)
    }
  })

  it.each(WITH_ALPHA)("transparency of %s becomes the configured background in a JPEG", async (_, encode) => {
    const original = await encode(halfTransparent(LIGHT)).toBuffer()
    const { bytes } = await rendition(original, { size: "37w", requested: "jpeg", settings: { background: "#1e90ff" } })
    const { around } = await decode(bytes)
    expect(maxDifference(around(0.9, 0.5), [0x1e, 0x90, 0xff])).toBeLessThanOrEqual(6)
    expect(maxDifference(around(0.1, 0.5), LIGHT)).toBeLessThanOrEqual(14)
  })

  it("a transparent edge has no dark fringe", async () => {
    const original = await halfTransparent(LIGHT).png().toBuffer()
    for (const size of ["37w", "50w", "91w", "20x20", "33x50"]) {
      const { width, height, at } = await decode((await rendition(original, { size, requested: "png" })).bytes)
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          const [r, g, b, alpha] = at(x, y)
          // No darker than rounding in 8 bits explains, when a colour is multiplied by a small alpha and divided again.
          expect(Math.min(r, g, b)).toBeGreaterThanOrEqual(alpha === 0 ? 0 : LIGHT[0] - 2 - 255 / alpha)
        }
      }
    }
  })

  it("a transparent edge over white has no dark fringe in a JPEG", async () => {
    const original = await halfTransparent([255, 255, 255]).png().toBuffer()
    for (const size of ["37w", "50w", "91w", "20x20"]) {
      const { width, height, at } = await decode((await rendition(original, { size, requested: "jpeg" })).bytes)
      for (let y = 0; y < height; y++)
        for (let x = 0; x < width; x++) expect(Math.min(...at(x, y))).toBeGreaterThan(250)
    }
  })

  it("translucent colours are mixed with the background as in browsers", async () => {
    const original = await solid([200, 60, 30], 0.5).png().toBuffer()
    const [r, g, b] = await middleOf(original, { requested: "jpeg" })
    expect(colourDistance([r, g, b], [227.5, 157.5, 142.5])).toBeLessThanOrEqual(3)
  })

  it("a transparent TIFF becomes a PNG and an opaque one a JPEG at its base URL", async () => {
    const clear = await halfTransparent(LIGHT).tiff({ compression: "lzw" }).toBuffer()
    expect((await rendition(clear, { size: "37w" })).format).toBe("png")
    const opaque = await solid([200, 60, 30]).tiff({ compression: "lzw" }).toBuffer()
    expect((await rendition(opaque, { size: "37w" })).format).toBe("jpeg")
  })
})
