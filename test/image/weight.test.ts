/**
 * A rendition in the format of its original, with as many pixels or fewer, is not heavier than the original. Without a check it would be
 * if the original was compressed harder than by our settings, or at sizes that change little.
 */
import sharp, { type Sharp } from "sharp"
import { describe, expect, it } from "vitest"

import { animated } from "../support/photos.ts"
import { gifOf } from "./originals/gif.ts"
import { decode, rendition, scene } from "./support.ts"

const picture = (grain?: number): Sharp => scene({ width: 320, height: 240, ...(grain !== undefined && { grain }) })

type Original = readonly [string, () => Promise<Buffer>]

/** Compressed as usual for shops and phones. */
const LOSSY: readonly Original[] = [
  ["a JPEG of quality 75", () => picture().jpeg({ quality: 75 }).toBuffer()],
  ["a JPEG of quality 50", () => picture().jpeg({ quality: 50 }).toBuffer()],
  ["a JPEG of quality 30", () => picture().jpeg({ quality: 30 }).toBuffer()],
  ["a JPEG of quality 50 by mozjpeg", () => picture().jpeg({ quality: 50, mozjpeg: true }).toBuffer()],
  ["a grey JPEG of quality 60", () => picture().toColourspace("b-w").jpeg({ quality: 60 }).toBuffer()],
  ["a WebP of quality 75", () => picture().webp({ quality: 75 }).toBuffer()],
  ["a WebP of quality 40, encoded slowly", () => picture().webp({ quality: 40, effort: 6 }).toBuffer()],
  ["an AVIF of quality 50", () => picture().avif({ quality: 50, effort: 4 }).toBuffer()],
  ["an AVIF of quality 35", () => picture().avif({ quality: 35, effort: 4 }).toBuffer()],
]

/** Lossless or with a palette. One pixel less can make these heavier, because resizing creates new colours. */
const LOSSLESS: readonly Original[] = [
  ["a PNG", () => picture().png({ compressionLevel: 9 }).toBuffer()],
  ["a PNG with filters", () => picture().png({ compressionLevel: 9, adaptiveFiltering: true }).toBuffer()],
  ["a grey PNG", () => picture().toColourspace("b-w").png({ compressionLevel: 9 }).toBuffer()],
  ["a PNG of 16 bits", () => picture().toColourspace("rgb16").png({ compressionLevel: 9 }).toBuffer()],
  ["a PNG with a palette of 256", () => picture().png({ palette: true, effort: 10 }).toBuffer()],
  ["a PNG with a palette of 16", () => picture().png({ palette: true, colours: 16, effort: 10 }).toBuffer()],
  ["a WebP of few colours, without loss", () => picture(0).webp({ lossless: true, effort: 6 }).toBuffer()],
  ["a GIF", () => picture().gif({ effort: 10 }).toBuffer()],
  ["a GIF of 16 colours", () => picture().gif({ effort: 10, colours: 16 }).toBuffer()],
  ["an animated GIF", () => animated({ width: 320, height: 240 })],
  ["an animated WebP", () => animated({ width: 320, height: 240, format: "webp" })],
]

/** Compressed to extremes. */
const EXTREME: readonly Original[] = [
  ["a JPEG of quality 10", () => picture().jpeg({ quality: 10, mozjpeg: true }).toBuffer()],
  ["a WebP of quality 10", () => picture().webp({ quality: 10, effort: 6 }).toBuffer()],
  ["an AVIF of quality 10", () => picture().avif({ quality: 10, effort: 4 }).toBuffer()],
  [
    "a PNG of black and white",
    () => picture().threshold(128).toColourspace("b-w").png({ palette: true, colours: 2 }).toBuffer(),
  ],
  [
    "a WebP of one colour",
    () =>
      scene({ width: 320, height: 240, band: [1, 2, 3] })
        .blur(60)
        .webp({ lossless: true })
        .toBuffer(),
  ],
]

const heavier = async (original: Buffer, sizes: readonly string[]): Promise<readonly string[]> => {
  const found: string[] = []
  for (const size of sizes) {
    const { bytes, original: inspected, format } = await rendition(original, { size })
    expect(format).toBe(inspected.format)
    if (bytes.length > original.length) found.push(`${size}: ${bytes.length} bytes of ${original.length}`)
  }
  return found
}

describe.each([...LOSSY, ...LOSSLESS, ...EXTREME])("%s", (_, make) => {
  it("a rendition is not heavier at a size that changes nothing", async () => {
    expect(await heavier(await make(), ["1280w", "480h", "320x240"])).toEqual([])
  })
})

describe.each(LOSSY)("%s", (_, make) => {
  it("a rendition is not heavier at a slightly smaller size", async () => {
    expect(await heavier(await make(), ["319w", "310x240"])).toEqual([])
  })
})

describe.each([...LOSSY, ...LOSSLESS])("%s", (_, make) => {
  it("a rendition is not heavier at half the width", async () => {
    expect(await heavier(await make(), ["160w", "160x120"])).toEqual([])
  })
})

describe("a lighter second attempt", () => {
  it("a lighter second encoding has the right dimensions and colours", async () => {
    const original = await picture().jpeg({ quality: 30 }).toBuffer()
    const [before, after] = [await decode(original), await decode((await rendition(original, { size: "1280w" })).bytes)]
    expect([after.width, after.height]).toEqual([320, 240])
    for (const [x, y] of [
      [0.1, 0.1],
      [0.9, 0.1],
      [0.1, 0.9],
      [0.9, 0.9],
      [0.5, 0.9],
    ] as const) {
      for (const channel of [0, 1, 2] as const)
        expect(Math.abs(after.around(x, y)[channel] - before.around(x, y)[channel])).toBeLessThan(24)
    }
  })

  it("a photo of high quality is encoded once, at our quality", async () => {
    const original = await picture().jpeg({ quality: 98 }).toBuffer()
    const rendered = await rendition(original, { size: "1280w" })
    expect(rendered.bytes.length).toBeLessThan(original.length)
    const finest = await rendition(original, { size: "1280w", settings: { quality: { jpeg: 95, webp: 80, avif: 60 } } })
    expect(finest.bytes.length).toBeGreaterThan(rendered.bytes.length)
  })

  it("a rendition in another format may be heavier: a JPEG requested as PNG", async () => {
    const original = await picture().jpeg({ quality: 30 }).toBuffer()
    const rendered = await rendition(original, { size: "1280w", requested: "png" })
    expect(rendered.bytes.length).toBeGreaterThan(original.length)
  })

  it("an animated WebP that cannot be encoded lighter comes back as it is, without its metadata", async () => {
    const [side, frames] = [64, 4]
    const pixels = Buffer.alloc(side * side * frames * 3, 255)
    for (let at = 0; at < side * side * frames; at++) {
      const [frame, y, x] = [Math.floor(at / (side * side)), Math.floor(at / side) % side, at % side]
      if (Math.hypot(x - 10 - frame * 12, y - 30) < 8) pixels.set([200, 30, 0], at * 3)
    }
    const film = sharp(pixels, { raw: { width: side, height: side * frames, channels: 3, pageHeight: side } })
    const options = { lossless: true, effort: 6, loop: 3, delay: [50, 60, 70, 80] }
    const bare = await film.clone().webp(options).toBuffer()
    const original = await film
      .withExif({ IFD0: { Copyright: "someone" } })
      .webp(options)
      .toBuffer()
    const { bytes } = await rendition(original, { size: "64w" })
    expect(bytes.length).toBeLessThanOrEqual(bare.length)
    expect(await sharp(bytes).metadata()).toMatchObject({ pages: frames, loop: 3, delay: [50, 60, 70, 80] })
    expect((await sharp(bytes).metadata()).exif).toBeUndefined()
    const roll = (file: Uint8Array): Promise<Buffer> => sharp(file, { pages: -1 }).removeAlpha().raw().toBuffer()
    expect((await roll(bytes)).equals(pixels)).toBe(true)
  })

  it("no animated WebP is heavier than the GIF of the same size, which keeps the palette of its original", async () => {
    const colours = [
      [255, 255, 255],
      [200, 0, 0],
      [0, 100, 200],
    ] as const
    const disc = (left: number, index: number) => ({
      width: 200,
      height: 200,
      index: (x: number, y: number) => (Math.hypot(x - left, y - 40) < 20 ? index : 0),
    })
    const uncompressed = gifOf({ width: 200, height: 200, colours, frames: [disc(20, 1), disc(120, 2)] })
    const original = await sharp(uncompressed, { pages: -1 }).gif().toBuffer()
    for (const size of ["64w", "100w", "150w"]) {
      const base = await rendition(original, { size })
      for (const requested of ["webp", "avif"] as const)
        expect((await rendition(original, { size, requested })).bytes.length).toBeLessThanOrEqual(base.bytes.length)
    }
  })
})
