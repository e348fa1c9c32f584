/**
 * Animations stay animated if the format supports it: with the same duration and loops, and every frame cropped separately. In other
 * formats they become their first frame, never the filmstrip that the image library makes of all frames.
 */
import sharp from "sharp"
import { describe, expect, it } from "vitest"

import { CONTENT_TYPES } from "../../src/sizes/format.ts"
import { animated, BLUE, type Colour, GREEN, RED, YELLOW } from "../support/photos.ts"
import { maxDifference, decode, rendition, type RenditionOptions, seeded } from "./support.ts"

const KINDS = ["gif", "webp"] as const

interface Timing {
  readonly totalMs: number
  readonly loop: number | undefined
  readonly frames: number
}

const timingOf = async (bytes: Uint8Array): Promise<Timing> => {
  const { delay, loop, pages } = await sharp(bytes).metadata()
  return { totalMs: (delay ?? []).reduce((sum, ms) => sum + ms, 0), loop, frames: pages ?? 1 }
}

interface FilmOptions {
  readonly colours?: readonly Colour[]
  readonly delays?: readonly number[]
  readonly loop?: number
  readonly format?: "gif" | "webp"
}

/** Frames of three columns, so that a crop is visible: dark on the left, the frame's colour in the middle, light on the right. */
const film = ({
  colours = [RED, GREEN, BLUE],
  delays,
  loop = 0,
  format = "gif",
}: FilmOptions = {}): Promise<Buffer> => {
  const [width, height] = [90, 60]
  const pixels = Buffer.alloc(width * height * colours.length * 3)
  for (const [frame, colour] of colours.entries()) {
    // The sides change a little too, because encoders join frames that are equal after cropping.
    const thirds = [[frame * 40, 0, 0], colour, [255, 255, 255 - frame * 40]]
    for (let at = 0; at < width * height; at++)
      pixels.set(thirds[Math.floor((at % width) / (width / 3))] ?? [], (frame * width * height + at) * 3)
  }
  const raw = { width, height: height * colours.length, channels: 3, pageHeight: height } as const
  const timing = { delay: [...(delays ?? colours.map(() => 100))], loop }
  const image = sharp(pixels, { raw })
  return (format === "gif" ? image.gif(timing) : image.webp({ ...timing, lossless: true })).toBuffer()
}

const labelled = async (
  original: Uint8Array,
  options: RenditionOptions,
): Promise<{
  readonly type: string
  readonly is: string | undefined
  readonly frames: number
  readonly size: readonly number[]
}> => {
  const { bytes, contentType, format } = await rendition(original, options)
  const header = await sharp(bytes).metadata()
  const { width, height, frames } = await decode(bytes)
  expect(contentType).toBe(format && CONTENT_TYPES[format])
  return {
    type: contentType,
    is: header.format === "heif" ? header.compression : header.format,
    frames,
    size: [width, height],
  }
}

describe.each(KINDS)("an animated %s", (format) => {
  const other = format === "gif" ? "webp" : "gif"

  it.each(["45w", "30h", "1280w", "40x40", "30x60"])(
    "an animation keeps its frames, duration and loops at %s",
    async (size) => {
      const original = await film({ format, delays: [70, 200, 1000], loop: 3 })
      const { bytes, original: inspected } = await rendition(original, { size })
      expect(inspected).toMatchObject({ animated: true, frames: 3, dimensions: { width: 90, height: 60 } })
      expect(await timingOf(bytes)).toEqual({ totalMs: 1270, loop: 3, frames: 3 })
    },
  )

  it("a rendition loops as often as its original, for ever included", async () => {
    for (const loop of [0, 1, 2, 100]) {
      const { bytes } = await rendition(await film({ format, loop }), { size: "45w" })
      expect((await timingOf(bytes)).loop).toBe(loop)
    }
  })

  it(`an animation keeps its duration and loops as ${other}`, async () => {
    const original = await film({ format, delays: [70, 200, 1000], loop: 3 })
    const { bytes } = await rendition(original, { size: "45w", requested: other })
    expect(await timingOf(bytes)).toEqual({ totalMs: 1270, loop: 3, frames: 3 })
  })

  it("an animation shows its frames in order", async () => {
    const colours = [RED, GREEN, BLUE, YELLOW, RED]
    const original = await film({ format, colours })
    for (const requested of [undefined, "webp", "gif"] as const) {
      const { frames, around } = await decode((await rendition(original, { size: "45w", requested })).bytes)
      expect(frames).toBe(colours.length)
      for (const [frame, colour] of colours.entries())
        expect(maxDifference(around(0.5, 0.5, frame), colour)).toBeLessThan(20)
    }
  })

  it("an animation keeps its duration if encoders join equal frames", async () => {
    const original = await film({ format, colours: [RED, RED, RED, GREEN], delays: [50, 60, 70, 80] })
    const { bytes } = await rendition(original, { size: "45w" })
    expect((await timingOf(bytes)).totalMs).toBe(260)
  })

  it.each([
    ["center", [RED, RED]],
    [
      "west",
      [
        [0, 0, 0],
        [0, 0, 0],
      ],
    ],
    [
      "east",
      [
        [255, 255, 255],
        [255, 255, 255],
      ],
    ],
  ] as const)("an animation is cropped frame by frame with gravity %s", async (gravity, [left, right]) => {
    const original = await film({ format, colours: [RED, GREEN] })
    const { bytes } = await rendition(original, { size: "20x60", gravity })
    const { width, height, frames, around } = await decode(bytes)
    expect([width, height, frames]).toEqual([20, 60, 2])
    expect(maxDifference(around(0.2, 0.5), left)).toBeLessThan(20)
    expect(maxDifference(around(0.8, 0.5), right)).toBeLessThan(20)
  })

  it("an animation has the dimensions of one frame, not of a filmstrip", async () => {
    const original = await film({ format })
    for (const [size, expected] of [
      ["45w", [45, 30]],
      ["30h", [45, 30]],
      ["360x270", [80, 60]],
      ["20x40", [20, 40]],
      ["7x5", [7, 5]],
      ["2w", [2, 1]],
      ["1280w", [90, 60]],
    ] as const) {
      for (const requested of [undefined, "webp", "gif"] as const)
        expect(await labelled(original, { size, requested })).toMatchObject({
          frames: 3,
          size: expected,
        })
    }
  })

  it("an animation requested as AVIF becomes an animated WebP with type image/webp", async () => {
    const original = await film({ format })
    expect(await labelled(original, { size: "45w", requested: "avif" })).toEqual({
      type: "image/webp",
      is: "webp",
      frames: 3,
      size: [45, 30],
    })
  })

  it.each(["png", "jpeg"] as const)("an animation becomes its first frame as %s", async (requested) => {
    const original = await film({ format })
    const { bytes, format: rendered } = await rendition(original, { size: "20x60", requested })
    expect(rendered).toBe(requested)
    const { width, height, frames, around } = await decode(bytes)
    expect([width, height, frames]).toEqual([20, 60, 1])
    expect(maxDifference(around(0.5, 0.5), RED)).toBeLessThan(20)
  })

  it("an animation above the limit becomes its first frame in every format", async () => {
    const original = await film({ format })
    // A frame counts as 128 × 128 at least: three are 49 152.
    for (const [animationPixels, moves] of [
      [3 * 16_384, true],
      [3 * 16_384 - 1, false],
      [0, false],
    ] as const) {
      const limits = { animationPixels }
      const rendered = await rendition(original, { size: "45w", limits })
      expect(rendered.original).toMatchObject({ animated: moves, frames: 3 })
      expect(rendered.format).toBe(format)
      expect((await decode(rendered.bytes)).frames).toBe(moves ? 3 : 1)
      // Even areas of a losslessly coded original are lightest as lossless WebP.
      const isAvif = !moves && format === "webp"
      expect(await labelled(original, { size: "45w", limits, requested: "avif" })).toMatchObject({
        type: isAvif ? "image/avif" : "image/webp",
        is: isAvif ? "av1" : "webp",
        frames: moves ? 3 : 1,
        size: [45, 30],
      })
    }
  })

  it("every pixel of every frame counts towards the limit", async () => {
    const original = await animated({ width: 200, height: 150, format })
    const weight = 200 * 150 * 3
    const at = async (animationPixels: number): Promise<boolean> =>
      (await rendition(original, { size: "45w", limits: { animationPixels } })).original.animated
    expect(await at(weight)).toBe(true)
    expect(await at(weight - 1)).toBe(false)
  })

  it("a file with one frame is not an animation", async () => {
    const original = await film({ format, colours: [GREEN], delays: [100] })
    const rendered = await rendition(original, { size: "45w" })
    expect(rendered.original).toMatchObject({ animated: false, frames: 1 })
    expect(rendered.format).toBe(format)
    expect(await labelled(original, { size: "45w", requested: "avif" })).toMatchObject({
      type: "image/webp",
      is: "webp",
      frames: 1,
    })
  })
})

describe("animations", () => {
  it("an animation of 1024 frames of one pixel is rendered", async () => {
    const colours = Array.from({ length: 1024 }, (_, at): Colour => [at % 256, (at * 7) % 256, (at * 31) % 256])
    const original = await animated({ width: 1, height: 1, colours, delayMs: 20 })
    for (const requested of [undefined, "webp", "avif"] as const) {
      const { bytes, width, height } = await rendition(original, { size: "480h", requested })
      expect([width, height]).toEqual([1, 1])
      expect((await timingOf(bytes)).totalMs).toBe(1024 * 20)
    }
  })

  it("animations keep transparency in every frame", async () => {
    const [width, height] = [40, 30]
    const pixels = Buffer.alloc(width * height * 2 * 4)
    for (let y = 0; y < height * 2; y++) {
      for (let x = 0; x < width / 2; x++) pixels.set([...(y < height ? RED : BLUE), 255], (y * width + x) * 4)
    }
    const image = sharp(pixels, { raw: { width, height: height * 2, channels: 4, pageHeight: height } })
    for (const original of [
      await image
        .clone()
        .gif({ delay: [100, 100] })
        .toBuffer(),
      await image
        .clone()
        .webp({ delay: [100, 100] })
        .toBuffer(),
    ]) {
      for (const requested of [undefined, "webp"] as const) {
        const { around } = await decode((await rendition(original, { size: "20w", requested })).bytes)
        for (const frame of [0, 1]) {
          expect(maxDifference(around(0.2, 0.5, frame), [...(frame ? BLUE : RED), 255])).toBeLessThan(20)
          expect(around(0.8, 0.5, frame)[3]).toBeLessThan(5)
        }
      }
      const still = await decode((await rendition(original, { size: "20w", requested: "jpeg" })).bytes)
      expect(maxDifference(still.around(0.85, 0.5), [255, 255, 255])).toBeLessThan(8)
    }
  })

  it("a GIF stores no pixel again that hardly changes, and no difference adds up", async () => {
    const [width, height, frames] = [120, 90, 60]
    const start = 60
    const pixels = Buffer.alloc(width * height * frames * 3)
    // The left half gets lighter by one level a frame. The right half is noise that stays.
    const noise = Array.from({ length: width * height }, seeded(5))
    for (let at = 0; at < pixels.length / 3; at++) {
      const frame = Math.floor(at / (width * height))
      const isLeft = at % width < width / 2
      const value = noise[at % (width * height)] ?? 0
      const level = isLeft ? start + frame : Math.round(value * 255)
      pixels.fill(level, at * 3, at * 3 + 3)
    }
    const raw = { width, height: height * frames, channels: 3, pageHeight: height } as const
    const delay = Array.from({ length: frames }, () => 100)
    const original = await sharp(pixels, { raw }).webp({ lossless: true, delay }).toBuffer()
    const { bytes } = await rendition(original, { size: "60w", requested: "gif" })
    const first = await rendition(await sharp(original).png().toBuffer(), { size: "60w", requested: "gif" })
    // Stored again in each frame, the noise would take as much as the first frame does.
    expect(bytes.length).toBeLessThan(4 * first.bytes.length)
    const { frames: kept, around } = await decode(bytes)
    const last = start + frames - 1
    expect(maxDifference(around(0.2, 0.5, kept - 1), [last, last, last])).toBeLessThanOrEqual(5)
  })

  it("partial frames are composed before they are resized", async () => {
    const original = layered()
    const before = await decode(original)
    expect(before.frames).toBe(3)
    for (const requested of [undefined, "webp"] as const) {
      const { bytes } = await rendition(original, { size: "20w", requested })
      const after = await decode(bytes)
      expect([after.width, after.height, after.frames]).toEqual([20, 20, 3])
      // First all red, then a green patch in the upper left that is disposed of, then a blue one in the lower right.
      expect(maxDifference(after.around(0.25, 0.25, 0), [255, 0, 0])).toBeLessThan(30)
      expect(maxDifference(after.around(0.25, 0.25, 1), [0, 255, 0])).toBeLessThan(30)
      expect(maxDifference(after.around(0.75, 0.75, 1), [255, 0, 0])).toBeLessThan(30)
      expect(maxDifference(after.around(0.25, 0.25, 2), [255, 0, 0])).toBeLessThan(30)
      expect(maxDifference(after.around(0.75, 0.75, 2), [0, 0, 255])).toBeLessThan(30)
    }
  })
})

/** GIF89a written by hand: 40 × 40, a palette of four, a full frame and two patches of 20 × 20, the first with disposal "previous". */
const layered = (): Buffer => {
  const palette = [255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255]
  const patch = (x: number, y: number, side: number, index: number, disposal: number): Buffer =>
    Buffer.concat([
      Buffer.from([0x21, 0xf9, 4, disposal << 2, 20, 0, 0, 0]),
      Buffer.from([0x2c, x, 0, y, 0, side, 0, side, 0, 0]),
      Buffer.from(lzw(Array.from({ length: side * side }, () => index))),
    ])
  return Buffer.concat([
    Buffer.from("GIF89a", "latin1"),
    Buffer.from([40, 0, 40, 0, 0x81, 0, 0]),
    Buffer.from(palette),
    patch(0, 0, 40, 0, 1),
    patch(0, 0, 20, 1, 3),
    patch(20, 20, 20, 2, 1),
    Buffer.from([0x3b]),
  ])
}

/** Two-bit indices as GIF's LZW without compression: a clear code before the code size could grow. */
const lzw = (indices: readonly number[]): readonly number[] => {
  const [clear, end, bits] = [4, 5, 3]
  const codes: number[] = []
  for (const [at, index] of indices.entries()) {
    if (at % 2 === 0) codes.push(clear)
    codes.push(index)
  }
  codes.push(end)
  const bytes: number[] = []
  let [pending, held] = [0, 0]
  for (const code of codes) {
    pending |= code << held
    held += bits
    while (held >= 8) {
      bytes.push(pending & 0xff)
      pending >>= 8
      held -= 8
    }
  }
  if (held > 0) bytes.push(pending & 0xff)
  const blocks: number[] = [2]
  for (let at = 0; at < bytes.length; at += 255) {
    const block = bytes.slice(at, at + 255)
    blocks.push(block.length, ...block)
  }
  return [...blocks, 0]
}
