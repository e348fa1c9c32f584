/**
 * Dimensions and crops of real files: renditions have exactly the dimensions that `outputDimensions` gives to pages, and a crop shows the
 * right part. JPEG decoders scale while they decode, and round, hence the random sizes.
 */
import { type Arbitrary, assert, asyncProperty, constantFrom, integer, oneof, record } from "fast-check"
import sharp, { type Sharp } from "sharp"
import { describe, expect, it } from "vitest"

import { outputDimensions } from "../../src/sizes/geometry.ts"
import { type Box, type Dimensions, formatSize, GRAVITIES, type Gravity } from "../../src/sizes/size.ts"
import { maxDifference, decode, rendition } from "./support.ts"

type Encoding = "jpeg" | "progressive jpeg" | "png" | "webp" | "tiff"

const ENCODINGS: readonly Encoding[] = ["jpeg", "progressive jpeg", "png", "webp", "tiff"]

const encodeAs: Readonly<Record<Encoding, (image: Sharp) => Sharp>> = {
  jpeg: (image) => image.jpeg({ quality: 95, chromaSubsampling: "4:4:4" }),
  "progressive jpeg": (image) => image.jpeg({ quality: 95, progressive: true }),
  png: (image) => image.png({ compressionLevel: 1 }),
  webp: (image) => image.webp({ quality: 95, effort: 0 }),
  tiff: (image) => image.tiff({ compression: "lzw" }),
}

const plain = ({ width, height }: Dimensions, encoding: Encoding): Promise<Buffer> =>
  encodeAs[encoding](sharp({ create: { width, height, channels: 3, background: "#7a8b9c" } })).toBuffer()

/** Levels of red from left to right and of green from top to bottom: the colour of a pixel identifies its place in the original. */
const MAP_LEVELS = 240

const map = ({ width, height }: Dimensions, encoding: Encoding): Promise<Buffer> => {
  const pixels = Buffer.alloc(width * height * 3, 128)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * 3
      pixels[at] = Math.round(((x + 0.5) / width) * MAP_LEVELS)
      pixels[at + 1] = Math.round(((y + 0.5) / height) * MAP_LEVELS)
    }
  }
  return encodeAs[encoding](sharp(pixels, { raw: { width, height, channels: 3 } })).toBuffer()
}

const side = (max: number): Arbitrary<number> => integer({ min: 1, max })

const boxes = (max: number): Arbitrary<Box> =>
  oneof(record({ width: side(max), height: side(max) }), record({ width: side(max) }), record({ height: side(max) }))

/** Start of the visible part on each axis, as a fraction of the cropped length. */
const cutBefore = (gravity: Gravity): { readonly x: number; readonly y: number } => ({
  x: gravity.endsWith("west") ? 0 : gravity.endsWith("east") ? 1 : 0.5,
  y: gravity.startsWith("north") ? 0 : gravity.startsWith("south") ? 1 : 0.5,
})

/** The visible part of an original in fractions of its sides, by the rule: the largest rectangle of the output's ratio. */
const windowOf = (
  original: Dimensions,
  output: Dimensions,
  gravity: Gravity,
): Dimensions & { x: number; y: number } => {
  const scale = Math.max(output.width / original.width, output.height / original.height)
  const width = output.width / scale / original.width
  const height = output.height / scale / original.height
  const { x, y } = cutBefore(gravity)
  return { x: (1 - width) * x, y: (1 - height) * y, width, height }
}

describe("dimensions of renditions", () => {
  it.each(ENCODINGS)("renditions of a %s have exactly the computed dimensions at any size", async (encoding) => {
    await assert(
      asyncProperty(record({ width: side(900), height: side(900) }), boxes(700), async (dimensions, box) => {
        const { bytes, ...rendered } = await rendition(await plain(dimensions, encoding), { size: formatSize(box) })
        const { width, height } = await sharp(bytes).metadata()
        expect({ width, height }).toEqual(outputDimensions(box, dimensions))
        expect({ width: rendered.width, height: rendered.height }).toEqual({ width, height })
      }),
      { numRuns: 40 },
    )
  })

  it("renditions are never larger than their original", async () => {
    await assert(
      asyncProperty(record({ width: side(60), height: side(60) }), boxes(8192), async (dimensions, box) => {
        const { bytes } = await rendition(await plain(dimensions, "png"), { size: formatSize(box) })
        const { width, height } = await sharp(bytes).metadata()
        expect(width).toBeLessThanOrEqual(dimensions.width)
        expect(height).toBeLessThanOrEqual(dimensions.height)
      }),
      { numRuns: 60 },
    )
  })

  it.each([
    [{ width: 1500, height: 735 }, "300w", [300, 147]],
    [{ width: 2560, height: 1697 }, "1280w", [1280, 849]],
    [{ width: 1296, height: 968 }, "1280w", [1280, 956]],
    [{ width: 302, height: 403 }, "360x270", [302, 227]],
    [{ width: 388, height: 218 }, "360x270", [291, 218]],
    [{ width: 940, height: 2 }, "360x270", [3, 2]],
    [{ width: 100, height: 100 }, "360x270", [100, 75]],
    [{ width: 320, height: 240 }, "360x270", [320, 240]],
    [{ width: 1, height: 1000 }, "480h", [1, 480]],
    [{ width: 1000, height: 1 }, "480w", [480, 1]],
  ] as const)("a JPEG of %o at %s becomes %o, baseline or progressive", async (dimensions, size, expected) => {
    for (const encoding of ["jpeg", "progressive jpeg"] as const) {
      const decoded = await decode((await rendition(await plain(dimensions, encoding), { size })).bytes)
      expect([decoded.width, decoded.height]).toEqual(expected)
    }
  })

  it("renditions have the same dimensions in every format", async () => {
    const original = await plain({ width: 377, height: 611 }, "jpeg")
    for (const requested of ["avif", "webp", "jpeg", "png", "gif"] as const) {
      for (const [size, expected] of [
        ["360x270", [360, 270]],
        ["480h", [296, 480]],
        ["1280w", [377, 611]],
      ] as const) {
        const decoded = await decode((await rendition(original, { size, requested })).bytes)
        expect({ requested, size, is: [decoded.width, decoded.height] }).toEqual({ requested, size, is: expected })
      }
    }
  })
})

describe("visible part of renditions", () => {
  it.each(GRAVITIES)("a crop with gravity %s shows the right part at any ratio", async (gravity) => {
    const dimensions = { width: 400, height: 300 }
    const originals = {
      png: await map(dimensions, "png"),
      jpeg: await map(dimensions, "jpeg"),
      "progressive jpeg": await map(dimensions, "progressive jpeg"),
    }
    await assert(
      asyncProperty(
        constantFrom("png", "jpeg", "progressive jpeg"),
        record({ width: integer({ min: 24, max: 500 }), height: integer({ min: 24, max: 500 }) }),
        async (encoding, box) => {
          const { bytes } = await rendition(originals[encoding], { size: formatSize(box), gravity, requested: "png" })
          const decoded = await decode(bytes)
          const seen = windowOf(dimensions, decoded, gravity)
          // One pixel of the output, plus encoder noise.
          const tolerance = 3 + MAP_LEVELS * Math.max(seen.width / decoded.width, seen.height / decoded.height)
          for (const [x, y] of [
            [0, 0],
            [decoded.width - 1, 0],
            [0, decoded.height - 1],
            [decoded.width - 1, decoded.height - 1],
            [Math.floor(decoded.width / 2), Math.floor(decoded.height / 2)],
          ] as const) {
            const [red, green] = decoded.at(x, y)
            const expected = [
              (seen.x + ((x + 0.5) / decoded.width) * seen.width) * MAP_LEVELS,
              (seen.y + ((y + 0.5) / decoded.height) * seen.height) * MAP_LEVELS,
            ]
            expect(maxDifference([red, green], expected)).toBeLessThanOrEqual(tolerance)
          }
        },
      ),
      { numRuns: 12 },
    )
  })

  it("a width or a height shows the whole picture", async () => {
    const dimensions = { width: 431, height: 277 }
    for (const encoding of ENCODINGS) {
      const original = await map(dimensions, encoding)
      for (const size of ["200w", "120h", "37w", "1280w", "430w"]) {
        const { around } = await decode((await rendition(original, { size, requested: "png" })).bytes)
        for (const [x, y] of [
          [0.1, 0.1],
          [0.9, 0.1],
          [0.1, 0.9],
          [0.9, 0.9],
        ] as const) {
          const [red, green] = around(x, y)
          expect(maxDifference([red, green], [x * MAP_LEVELS, y * MAP_LEVELS])).toBeLessThanOrEqual(9)
        }
      }
    }
  })

  it("a crop has no bars at any edge", async () => {
    const original = await plain({ width: 403, height: 302 }, "png")
    for (const size of ["300x100", "100x300", "360x270", "302x302", "1x300", "400x1"]) {
      const { width, height, at } = await decode((await rendition(original, { size })).bytes)
      for (let x = 0; x < width; x++) {
        expect(maxDifference(at(x, 0), [0x7a, 0x8b, 0x9c, 255])).toBeLessThanOrEqual(1)
        expect(maxDifference(at(x, height - 1), [0x7a, 0x8b, 0x9c, 255])).toBeLessThanOrEqual(1)
      }
      for (let y = 0; y < height; y++) {
        expect(maxDifference(at(0, y), [0x7a, 0x8b, 0x9c, 255])).toBeLessThanOrEqual(1)
        expect(maxDifference(at(width - 1, y), [0x7a, 0x8b, 0x9c, 255])).toBeLessThanOrEqual(1)
      }
    }
  })

  it("a rendition stays sharp if the ratio leaves half a pixel: edges are as steep as at the next width", async () => {
    const { width, height } = { width: 640, height: 425 }
    // Slightly slanted, so that edges meet the grid of output pixels at every offset.
    const pixels = Buffer.alloc(width * height)
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) pixels[y * width + x] = x > 300 + y / 10 !== y > 200 + x / 10 ? 20 : 235
    }
    const original = await sharp(pixels, { raw: { width, height, channels: 1 } })
      .png()
      .toBuffer()
    const steepness = async (size: string): Promise<number> => {
      const decoded = await decode((await rendition(original, { size, requested: "png" })).bytes)
      let sum = 0
      for (let y = 0; y < decoded.height; y++) {
        const row = Array.from({ length: decoded.width }, (_, x) => decoded.at(x, y)[0])
        sum += Math.max(...row.slice(1).map((value, at) => Math.abs(value - (row[at] ?? 0))))
      }
      return sum / decoded.height
    }
    const [half, next] = [await steepness("320w"), await steepness("321w")]
    expect(half).toBeGreaterThan(100)
    expect(half / next).toBeGreaterThan(0.95)
  })
})
