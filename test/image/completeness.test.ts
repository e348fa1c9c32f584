/** Files that lack only an end marker are complete; missing pixels are an error, whatever follows them. */
import sharp from "sharp"
import { describe, expect, it } from "vitest"

import { gifOf } from "./originals/gif.ts"
import { pngOf } from "./originals/png.ts"
import { decode, rejection, rendition, scene, seeded } from "./support.ts"

const EOI = Buffer.from([0xff, 0xd9])

/** All pixels of a PNG rendition. */
const pixelsOf = async (original: Buffer): Promise<Buffer> => {
  const { bytes } = await rendition(original, { size: "480h", requested: "png" })
  return sharp(bytes).toColourspace("srgb").raw().toBuffer()
}

const jpegs = {
  "a baseline JPEG": () => scene({ width: 160, height: 120 }).jpeg({ quality: 80 }).toBuffer(),
  "a JPEG of full chroma": () => scene({ width: 161, height: 119 }).jpeg({ chromaSubsampling: "4:4:4" }).toBuffer(),
  "a progressive JPEG": () => scene({ width: 160, height: 120 }).jpeg({ progressive: true }).toBuffer(),
  "a grey JPEG": () => scene({ width: 160, height: 120 }).toColourspace("b-w").jpeg().toBuffer(),
}

describe.each(Object.entries(jpegs))("%s", (_, make) => {
  it.each<[string, (whole: Buffer) => Buffer]>([
    ["without its end marker", (whole) => whole.subarray(0, -2)],
    ["with half of its end marker", (whole) => whole.subarray(0, -1)],
    ["with a newline instead of it", (whole) => Buffer.concat([whole.subarray(0, -2), Buffer.from("\n")])],
    ["with half of its end marker and a newline", (whole) => Buffer.concat([whole.subarray(0, -1), Buffer.from("\n")])],
    ["with zeros instead of it", (whole) => Buffer.concat([whole.subarray(0, -2), Buffer.alloc(500)])],
    ["with other bytes behind it", (whole) => Buffer.concat([whole, Buffer.from("trailing")])],
  ])("a JPEG %s has every pixel", async (__, change) => {
    const whole = await make()
    expect(await pixelsOf(change(whole))).toEqual(await pixelsOf(whole))
  })

  it("a truncated JPEG is rejected as damaged if the rest of its space is zeros", async () => {
    const whole = await make()
    const kept = whole.length * 0.6
    const original = Buffer.concat([whole.subarray(0, kept), Buffer.alloc(whole.length - kept + 1000)])
    expect(await rejection(original, { requested: "png" })).toMatchObject({ code: "corrupt-original" })
  })

  it("a truncated JPEG with an end marker is rejected as damaged at every size", async () => {
    const whole = await make()
    for (const share of [0.4, 0.6, 0.8]) {
      const cut = Buffer.concat([whole.subarray(0, Math.floor(whole.length * share)), EOI])
      for (const size of ["480h", "64w", "16w"])
        expect(await rejection(cut, { size, requested: "png" })).toMatchObject({ code: "corrupt-original" })
    }
  })
})

describe("PNG streams", () => {
  const random = seeded(3)
  const noise = Array.from({ length: 64 * 300 * 3 }, () => Math.floor(random() * 256))
  /** Rows repeat after 4 kB, further back than a small window reaches. */
  const png = (changeStream?: (stream: Buffer) => Buffer): Buffer =>
    pngOf({
      width: 64,
      height: 60,
      at: (x, y) => [0, 1, 2].map((channel) => noise[((y % 20) * 64 + x) * 3 + channel] ?? 0),
      ...(changeStream && { changeStream }),
    })

  it.each<[string, (stream: Buffer) => Buffer]>([
    [
      "with too small a window in its header",
      (stream) => Buffer.concat([Buffer.from([0x08, 0x1d]), stream.subarray(2)]),
    ],
    ["without its checksum", (stream) => stream.subarray(0, -4)],
  ])("a PNG %s has every pixel", async (_, changeStream) => {
    expect(await pixelsOf(png(changeStream))).toEqual(await pixelsOf(png()))
  })

  it.each<[string, (stream: Buffer) => Buffer]>([
    ["with half of its data", (stream) => stream.subarray(0, stream.length / 2)],
    ["with a wrong checksum", (stream) => Buffer.concat([stream.subarray(0, -4), Buffer.from([1, 2, 3, 4])])],
  ])("a PNG %s is rejected as damaged", async (_, changeStream) => {
    expect(await rejection(png(changeStream))).toMatchObject({ code: "corrupt-original" })
  })

  it("a PNG whose data were changed behind their chunk's checksum is rejected", async () => {
    const changed = png((stream) => stream.subarray(0, -4))
    const at = changed.indexOf("IDAT") + 200
    changed[at] = (changed[at] ?? 0) ^ 0xff
    expect(await rejection(changed)).toMatchObject({ code: "corrupt-original" })
  })
})

/** Value of a TIFF's first directory: place of the numbers of a field. */
const tiffNumbersAt = (tiff: Buffer, tag: number): number => {
  const directory = tiff.readUInt32LE(4)
  for (let at = directory + 2; at < directory + 2 + 12 * tiff.readUInt16LE(directory); at += 12)
    if (tiff.readUInt16LE(at) === tag) return tiff.readUInt32LE(at + 8)
  throw new Error(`no field ${tag}`)
}

const TILE_OFFSETS = 324
const STRIP_OFFSETS = 273

describe.each([
  ["tiles", "none", TILE_OFFSETS],
  ["tiles", "deflate", TILE_OFFSETS],
  ["tiles", "lzw", TILE_OFFSETS],
  ["strips", "none", STRIP_OFFSETS],
  ["strips", "deflate", STRIP_OFFSETS],
] as const)("a TIFF of %s with compression %s", (parts, compression, tag) => {
  const whole = (): Promise<Buffer> =>
    scene({ width: 161, height: 300 })
      .tiff({ compression, tile: parts === "tiles", tileWidth: 64, tileHeight: 64 })
      .toBuffer()

  const withSecondOffset = async (offset: number): Promise<Buffer> => {
    const tiff = await whole()
    tiff.writeUInt32LE(offset, tiffNumbersAt(tiff, tag) + 4)
    return tiff
  }

  it("a part of the pixels that is not in the file is damage at every size", async () => {
    expect(await rejection(await whole())).toBeUndefined()
    for (const offset of [0, 99_999_999]) {
      const original = await withSecondOffset(offset)
      for (const size of ["480h", "64w"])
        expect(await rejection(original, { size, requested: "png" })).toMatchObject({ code: "corrupt-original" })
    }
  })

  it("compressed pixels that were changed are damage", async () => {
    const tiff = await whole()
    if (compression === "none") return
    tiff.fill(0xff, tiff.readUInt32LE(tiffNumbersAt(tiff, tag) + 4), tiff.readUInt32LE(tiffNumbersAt(tiff, tag) + 8))
    expect(await rejection(tiff)).toMatchObject({ code: "corrupt-original" })
  })
})

describe("other formats", () => {
  it("a WebP without its last pad byte has every pixel", async () => {
    for (let width = 40; width < 80; width++) {
      const whole = await scene({ width, height: 30 }).webp({ lossless: true }).toBuffer()
      if ((whole.readUInt32LE(16) & 1) === 0) continue
      expect(await pixelsOf(whole.subarray(0, -1))).toEqual(await pixelsOf(whole))
      return
    }
    throw new Error("no picture had a chunk of odd length")
  })

  it("an animated WebP without its last pad byte has every pixel", async () => {
    for (let width = 40; width < 80; width++) {
      const data = await scene({ width, height: 60 }).raw().toBuffer()
      const frames = sharp(data, { raw: { width, height: 60, channels: 3, pageHeight: 20 } })
      const whole = await frames.webp({ lossless: true }).toBuffer()
      const last = whole.lastIndexOf("VP8L")
      if ((whole.readUInt32LE(last + 4) & 1) === 0) continue
      const [found, expected] = await Promise.all(
        [whole.subarray(0, -1), whole].map(async (original) => {
          const { bytes } = await rendition(original)
          const { data: pixels, info } = await sharp(bytes, { pages: -1 }).raw().toBuffer({ resolveWithObject: true })
          return { pixels, height: info.height }
        }),
      )
      expect(expected?.height).toBe(60)
      expect(found).toEqual(expected)
      return
    }
    throw new Error("no picture had a chunk of odd length")
  })

  it("a GIF whose codes end before its last pixel is rejected as damaged", async () => {
    const colours = [
      [200, 40, 40],
      [40, 160, 60],
    ] as const
    const gif = (codedPixels: number): Buffer =>
      gifOf({ width: 60, height: 40, colours, frames: [{ width: 60, height: 40, index: 1, codedPixels }] })
    expect(await rejection(gif(60 * 20))).toMatchObject({ code: "corrupt-original" })
    expect(await rejection(gif(60 * 40 - 1))).toMatchObject({ code: "corrupt-original" })
    const { bytes } = await rendition(gif(60 * 40), { requested: "png" })
    expect((await decode(bytes)).at(59, 39)).toEqual([40, 160, 60, 255])
  })
})
