/** Kept pixels give the same bytes as the original, for each format whose renditions are encoded more than once. */
import sharp, { type Sharp } from "sharp"
import { describe, expect, it } from "vitest"

import { keepPixels } from "./kept-pixels.ts"
import { loadSharp } from "./sharp.ts"

const [WIDTH, HEIGHT] = [90, 60]

const noise = (frames: number): Buffer =>
  Buffer.from(Array.from({ length: WIDTH * HEIGHT * frames * 3 }, (_, at) => (at * 7919 + ((at * at) >> 5)) & 255))

const still = (): Sharp => sharp(noise(1), { raw: { width: WIDTH, height: HEIGHT, channels: 3 } })

const film = (): Sharp =>
  sharp(noise(3), { raw: { width: WIDTH, height: 3 * HEIGHT, channels: 3, pageHeight: HEIGHT } })

type Encode = (image: Sharp) => Sharp

const STILLS: readonly (readonly [string, () => Sharp, Encode])[] = [
  ["JPEG of 150 dpi", () => still().jpeg().withMetadata({ density: 150 }), (image) => image.jpeg({ quality: 40 })],
  ["WebP with alpha", () => still().ensureAlpha(0.4).webp(), (image) => image.webp({ quality: 40 })],
  ["AVIF", () => still().avif({ effort: 0 }), (image) => image.avif({ quality: 40, effort: 0 })],
  ["PNG", () => still().png(), (image) => image.png({ compressionLevel: 9 })],
  ["PNG with a palette", () => still().png({ palette: true }), (image) => image.png({ palette: true })],
  ["grey PNG", () => still().toColourspace("b-w").png(), (image) => image.toColourspace("b-w").png()],
]

const FILMS: readonly (readonly [string, () => Sharp, Encode])[] = [
  ["GIF", () => film().gif({ delay: [50, 90, 130], loop: 4 }), (image) => image.gif({ effort: 10 })],
  ["WebP", () => film().webp({ delay: [50, 90, 130], loop: 4 }), (image) => image.webp({ quality: 40 })],
]

const encodingsOf = async (make: () => Sharp, encode: Encode, isAnimated: boolean): Promise<readonly Buffer[]> => {
  const makeImage = await loadSharp()
  const bytes = await make().toBuffer()
  const output = { width: 45, height: 30 }
  const prepare = (): Sharp =>
    makeImage(bytes, { pages: isAnimated ? -1 : 1 })
      .resize(output.width, output.height, { fit: "fill" })
      .toColourspace("srgb")
  const kept = await keepPixels({ prepare, output, isAnimated }, makeImage)
  return Promise.all([prepare, kept, kept].map((image) => encode(image()).toBuffer()))
}

describe("kept pixels", () => {
  it.each(STILLS)("encode to the same bytes as the original: %s", async (_, make, encode) => {
    const [expected, ...kept] = await encodingsOf(make, encode, false)
    expect(kept).toEqual([expected, expected])
  })

  it.each(FILMS)("encode to the same bytes as the original: animated %s", async (_, make, encode) => {
    const [expected, ...kept] = await encodingsOf(make, encode, true)
    expect(kept).toEqual([expected, expected])
  })
})
