/**
 * A rendition of its original's own format with as many pixels or fewer must not be heavier than the original: nobody resizes photos to
 * send more bytes. It happens where an original was compressed harder than our settings do, and at sizes that change little.
 */
import type { Sharp } from "sharp"
import { describe, expect, it } from "vitest"

import { animated } from "../support/photos.ts"
import { decode, rendition, scene } from "./support.ts"

const picture = (grain?: number): Sharp => scene({ width: 320, height: 240, ...(grain !== undefined && { grain }) })

type Original = readonly [string, () => Promise<Buffer>]

/** Compressed as hard as shops and phones do. */
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

/** Without loss, or by a palette. One pixel less can make these heavier, since new colours arise between the old ones. */
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

/** Compressed until it hurts. */
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
  it("gets no heavier at a size that changes nothing", async () => {
    expect(await heavier(await make(), ["1280w", "480h", "320x240"])).toEqual([])
  })
})

describe.each(LOSSY)("%s", (_, make) => {
  it("gets no heavier at a size that takes a little away", async () => {
    expect(await heavier(await make(), ["319w", "310x240"])).toEqual([])
  })
})

describe.each([...LOSSY, ...LOSSLESS])("%s", (_, make) => {
  it("gets no heavier at half the width", async () => {
    expect(await heavier(await make(), ["160w", "160x120"])).toEqual([])
  })
})

describe("a lighter second attempt", () => {
  it("is still the picture: of the right size, with the right colours", async () => {
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

  it("is not made where the first is light enough: a photo of high quality keeps ours", async () => {
    const original = await picture().jpeg({ quality: 98 }).toBuffer()
    const made = await rendition(original, { size: "1280w" })
    expect(made.bytes.length).toBeLessThan(original.length)
    const finest = await rendition(original, { size: "1280w", settings: { quality: { jpeg: 95, webp: 80, avif: 60 } } })
    expect(finest.bytes.length).toBeGreaterThan(made.bytes.length)
  })

  it("does not count in another format: a JPEG asked as PNG may weigh more", async () => {
    const original = await picture().jpeg({ quality: 30 }).toBuffer()
    const made = await rendition(original, { size: "1280w", asked: "png" })
    expect(made.bytes.length).toBeGreaterThan(original.length)
  })
})
