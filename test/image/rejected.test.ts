/**
 * Originals that cannot be rendered. Unsupported files are rejected with the name of their format; damaged ones are rejected, because a
 * half grey image would be stored permanently; huge ones are rejected by their header. None results in 5xx or ends the process.
 */
import { deflateSync } from "node:zlib"

import sharp, { type Sharp } from "sharp"
import { describe, expect, it } from "vitest"

import { ERRORS } from "../../src/error-codes.ts"
import { codeOf } from "../../src/errors.ts"
import { openOriginal } from "../../src/render/inspect.ts"
import { createRenderer } from "../../src/render/render.ts"
import { openImage } from "../../src/render/source.ts"
import type { Format } from "../../src/sizes/format.ts"
import { imageRecipe, infoRecipe } from "../../src/sizes/recipe.ts"
import { colourDistance } from "../support/photos.ts"
import { pngChunk, type Rgb, withPngChunk } from "./profiles.ts"
import {
  maxDifference,
  decode,
  type Decoded,
  LIMITS,
  type Pixel,
  rejection,
  rendition,
  type RenditionOptions,
  scene,
  seeded,
  SETTINGS,
  sizeOf,
} from "./support.ts"

const latin1 = (text: string): Buffer => Buffer.from(text, "latin1")

const SVG = `<svg xmlns="http://www.w3.org/2000/svg" width="200" height="100"><script>alert(1)</script></svg>`

describe("files that are not supported images", () => {
  it.each([
    ["SVG", latin1(SVG)],
    ["SVG", Buffer.from(`\uFEFF${SVG}`, "utf16le")],
    ["SVG", Buffer.from(SVG, "utf16le")],
    ["SVG", Buffer.from(`\uFEFF<?xml version="1.0" encoding="UTF-16"?>${SVG}`, "utf16le").swap16()],
    ["PDF", latin1("%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF")],
    ["HEIC", latin1("\0\0\0\x18ftypheic\0\0\0\0mif1heic\0\0\0\x0cmeta\0\0\0\0")],
    ["HEIC", latin1("\0\0\0\x18ftyphevc\0\0\0\0mif1hevc")],
    ["JPEG XL", latin1("\xff\x0a\xfa\x7f\x01\x90\x08\x06")],
    ["JPEG XL", latin1("\0\0\0\x0cJXL \r\n\x87\n\0\0\0\x14ftypjxl \0\0\0\0jxl ")],
    ["BMP", Buffer.concat([latin1("BM"), Buffer.alloc(120, 1)])],
    ["an empty file", Buffer.alloc(0)],
    ["of an unknown kind", Buffer.alloc(1, 10)],
    ["of an unknown kind", latin1("\xff")],
    ["an HTML page", latin1("<!doctype html>\n<title>404</title>")],
    ["of an unknown kind", latin1("This is what a photo looks like, in words.\n".repeat(50))],
    ["of an unknown kind", Buffer.alloc(4096)],
    ["perhaps a video", latin1("\0\0\0\x20ftypmp42\0\0\0\0mp42isom")],
  ])("a file is rejected as %s at any size and format", async (name, original) => {
    for (const options of [
      {},
      { size: "360x270", requested: "webp" },
      { size: "1w", requested: "avif" },
    ] satisfies RenditionOptions[]) {
      const rejected = await rejection(original, options)
      expect(rejected?.code).toBe("unsupported-original")
      expect(rejected?.detail).toContain(name)
    }
  })

  const withBrand = async (brand: string): Promise<Buffer> => {
    const avif = await scene({ width: 40, height: 30 }).avif({ effort: 0 }).toBuffer()
    avif.write(brand, 8, "latin1")
    return avif
  }

  it("a HEIF with an AV1 picture is rendered despite its general brand", async () => {
    for (const brand of ["mif1", "miaf", "MA1A"])
      expect((await rendition(await withBrand(brand), { size: "20w" })).format).toBe("avif")
  })

  it("an AVIF sequence is rendered as its still picture", async () => {
    expect((await rendition(await withBrand("avis"), { size: "20w" })).format).toBe("avif")
  })

  it("an AVIF sequence without a still picture is reported as unsupported, not as damaged", async () => {
    const sequence = await withBrand("avis")
    sequence.write("free", sequence.indexOf("meta"), "latin1")
    expect(await rejection(sequence)).toMatchObject({
      code: "unsupported-original",
      detail: expect.stringContaining("an animated AVIF"),
    })
  })
})

const [WIDTH, HEIGHT] = [160, 120]
/** Colour of the last rows of every complete picture below. No decoder fills missing rows with it. */
const BAND: Rgb = [250, 10, 250]

const picture = (): Sharp => scene({ width: WIDTH, height: HEIGHT, band: BAND })

const STILLS: readonly (readonly [string, () => Promise<Buffer>])[] = [
  ["baseline JPEG", () => picture().jpeg().toBuffer()],
  ["progressive JPEG", () => picture().jpeg({ progressive: true }).toBuffer()],
  ["grey JPEG", () => picture().toColourspace("b-w").jpeg().toBuffer()],
  ["PNG", () => picture().png().toBuffer()],
  ["interlaced PNG", () => picture().png({ progressive: true }).toBuffer()],
  ["palette PNG", () => picture().png({ palette: true }).toBuffer()],
  ["WebP", () => picture().webp().toBuffer()],
  ["lossless WebP", () => picture().webp({ lossless: true }).toBuffer()],
  ["WebP with alpha", () => picture().ensureAlpha(0.5).webp().toBuffer()],
  ["GIF", () => picture().gif().toBuffer()],
  ["AVIF", () => picture().avif({ effort: 0 }).toBuffer()],
  ["TIFF with LZW", () => picture().tiff({ compression: "lzw" }).toBuffer()],
  ["TIFF with JPEG", () => picture().tiff({ compression: "jpeg" }).toBuffer()],
  [
    "TIFF in tiles",
    () => picture().tiff({ compression: "deflate", tile: true, tileWidth: 64, tileHeight: 64 }).toBuffer(),
  ],
  ["uncompressed TIFF", () => picture().tiff({ compression: "none" }).toBuffer()],
]

/** Places to truncate a file: random ones, and some at both ends. */
const cutsOf = (length: number, random: () => number): readonly number[] =>
  [
    ...Array.from({ length: 9 }, () => Math.floor(random() * length)),
    3,
    12,
    40,
    length - 1,
    length - 2,
    length - 12,
  ].filter((cut) => cut > 0 && cut < length)

const lastRow = ({ at, width, height }: Decoded): Pixel => at(Math.floor(width / 2), height - 1)

/** The decoded rendition, or the code of the error if the original is rejected. All other errors are thrown. */
const outcome = async (original: Uint8Array, options: RenditionOptions): Promise<Decoded | string> => {
  try {
    return await decode((await rendition(original, options)).bytes)
  } catch (error) {
    const code = codeOf(error)
    if (code === undefined) throw error
    return code
  }
}

const infoOutcome = async (original: Uint8Array): Promise<string> => {
  const renderer = createRenderer(LIMITS)
  try {
    await (await renderer.open(original)).render(infoRecipe(SETTINGS))
    return "image"
  } catch (error) {
    return codeOf(error) ?? String(error)
  }
}

const statusOf = (code: string): number => (code in ERRORS ? ERRORS[code as keyof typeof ERRORS].status : 500)

describe("a truncated upload", () => {
  it.each(STILLS)("a truncated %s is rejected as damaged, or rendered completely", async (name, make) => {
    const original = await make()
    for (const size of ["480h", "16w"]) {
      const last = lastRow(await decode((await rendition(original, { size, requested: "png" })).bytes))
      expect(name.startsWith("grey") || maxDifference(last, BAND) < 24).toBe(true)
      for (const cut of cutsOf(original.length, seeded(original.length))) {
        const result = await outcome(original.subarray(0, cut), { size, requested: "png" })
        // Complete if only an end marker is missing, else rejected.
        const verdict =
          typeof result === "string" ? result : maxDifference(lastRow(result), last) < 4 ? "whole" : "in part"
        expect({ size, cut, verdict }).toEqual({
          size,
          cut,
          verdict: expect.stringMatching(/^(?:corrupt-original|unsupported-original|whole)$/),
        })
      }
    }
  })

  it.each(STILLS)("a truncated %s has no info, unless only an end marker is missing", async (_, make) => {
    const original = await make()
    for (const share of [0.3, 0.6, 0.9])
      expect(await infoOutcome(original.subarray(0, Math.floor(original.length * share)))).toBe("corrupt-original")
  })

  it.each(["gif", "webp"] as const)(
    "a truncated animated %s is rejected, or each of its frames is complete",
    async (format) => {
      const [width, height] = [60, 40]
      const colours: readonly Rgb[] = [
        [250, 0, 0],
        [0, 250, 0],
        [0, 0, 250],
        [250, 250, 0],
      ]
      const random = seeded(11)
      const pixels = Buffer.from(
        Array.from({ length: width * height * colours.length * 3 }, () => Math.floor(random() * 256)),
      )
      for (const [frame, colour] of colours.entries()) {
        for (let at = width * (height - 8); at < width * height; at++)
          pixels.set(colour, (frame * width * height + at) * 3)
      }
      const raw = { width, height: height * colours.length, channels: 3, pageHeight: height } as const
      const image = sharp(pixels, { raw })
      const original = await (format === "gif" ? image.gif() : image.webp()).toBuffer()
      for (const cut of cutsOf(original.length, random)) {
        for (const requested of [undefined, "webp", "jpeg"] as const) {
          const result = await outcome(original.subarray(0, cut), { requested })
          const broken =
            typeof result === "string"
              ? []
              : colours
                  .slice(0, result.frames)
                  .filter((colour, at) => maxDifference(result.around(0.5, 0.95, at), colour) > 24)
          expect({ cut, requested, broken }).toEqual({ cut, requested, broken: [] })
        }
      }
    },
  )
})

describe("a damaged upload", () => {
  const KINDS: typeof STILLS = [
    ...STILLS,
    ["animated GIF", () => film().gif().toBuffer()],
    ["animated WebP", () => film().webp().toBuffer()],
    [
      "JPEG with EXIF and a profile",
      () =>
        picture()
          .withExif({ IFD0: { Make: "x" } })
          .withIccProfile("p3")
          .jpeg()
          .toBuffer(),
    ],
  ]

  it.each(KINDS)("a damaged %s never results in a server error", async (_, make) => {
    const original = await make()
    const random = seeded(original.length + 1)
    for (let round = 0; round < 16; round++) {
      const damaged = Buffer.from(original)
      // Half of the damage is in the header, where effects are the most unusual.
      for (let hit = 0; hit <= round % 4; hit++) {
        const at = Math.floor(random() * (random() < 0.5 ? Math.min(400, damaged.length) : damaged.length))
        damaged[at] = random() < 0.5 ? (damaged[at] ?? 0) ^ (1 << Math.floor(random() * 8)) : Math.floor(random() * 256)
      }
      const requested = ([undefined, "webp", "jpeg"] as const)[round % 3]
      const result = await outcome(damaged, { size: "40x30", requested })
      expect(typeof result === "string" ? statusOf(result) : 200).toBeLessThan(500)
      expect(await infoOutcome(damaged)).toMatch(/^(?:image|corrupt-original|unsupported-original|original-too-large)$/)
    }
  })
})

const film = (): Sharp => {
  const random = seeded(5)
  const pixels = Buffer.from(Array.from({ length: 40 * 90 * 3 }, () => Math.floor(random() * 256)))
  return sharp(pixels, { raw: { width: 40, height: 90, channels: 3, pageHeight: 30 } })
}

describe("an original above the pixel limit", () => {
  /** A PNG that claims any size in its header, almost without data. */
  const claim = (width: number, height: number): Buffer => {
    const header = Buffer.alloc(13)
    header.writeUInt32BE(width)
    header.writeUInt32BE(height, 4)
    header.set([8, 2, 0, 0, 0], 8)
    return Buffer.concat([
      latin1("\x89PNG\r\n\x1a\n"),
      pngChunk("IHDR", header),
      pngChunk("IDAT", Buffer.from([0x78, 0x9c, 1, 0, 0, 255, 255])),
      pngChunk("IEND", Buffer.alloc(0)),
    ])
  }

  it.each([
    [20_000, 20_000],
    [1_000_000, 1_000],
    [10_001, 10_000],
  ])("a PNG of %d × %d is rejected by its header", async (width, height) => {
    const rejected = await rejection(claim(width, height))
    expect(rejected?.code).toBe("original-too-large")
    expect(rejected?.detail).toContain(`${width} × ${height}`)
  })

  it("JPEG and GIF are rejected by dimensions in their header", async () => {
    const jpeg = await sharp({ create: { width: 16, height: 16, channels: 3, background: "red" } })
      .jpeg()
      .toBuffer()
    const frame = jpeg.indexOf(latin1("\xff\xc0"))
    jpeg.writeUInt16BE(20_000, frame + 5)
    jpeg.writeUInt16BE(20_000, frame + 7)
    // The larger of frame and screen counts in a GIF.
    const gif = await sharp({ create: { width: 16, height: 16, channels: 3, background: "red" } })
      .gif()
      .toBuffer()
    const descriptor = gif.lastIndexOf(latin1(",\0\0\0\0"))
    gif.writeUInt16LE(20_000, descriptor + 5)
    gif.writeUInt16LE(20_000, descriptor + 7)
    for (const original of [jpeg, gif]) expect((await rejection(original))?.code).toBe("original-too-large")
  })

  it("a PNG of 65536 × 2 is rejected because of the length of its rows", async () => {
    const rejected = await rejection(claim(65_536, 2))
    expect(rejected).toEqual({
      code: "original-too-large",
      detail: "The original has rows of 65536 pixels; the limit is 65535 pixels a row.",
    })
    // A column of that length passes, and so does a row of one pixel less.
    for (const [width, height] of [
      [2, 65_536],
      [65_535, 2],
    ] as const)
      expect((await rejection(claim(width, height)))?.code).toBe("corrupt-original")
  })

  it("a GIF whose frame exceeds the largest possible GIF is reported as damaged", async () => {
    const gif = await sharp({ create: { width: 16, height: 16, channels: 3, background: "red" } })
      .gif()
      .toBuffer()
    const descriptor = gif.lastIndexOf(latin1(",\0\0\0\0"))
    gif.writeUInt16LE(65_535, descriptor + 3)
    expect((await rejection(gif))?.code).toBe("corrupt-original")
  })

  it("an original at the configured limit is rendered, and one above it rejected", async () => {
    const original = await sharp({ create: { width: 100, height: 50, channels: 3, background: "red" } })
      .png()
      .toBuffer()
    expect(await rejection(original, { limits: { pixels: 5000 } })).toBeUndefined()
    expect((await rejection(original, { limits: { pixels: 4999 } }))?.code).toBe("original-too-large")
  })

  it("the pixels of one frame count, not of the whole filmstrip", async () => {
    const original = await film().gif().toBuffer()
    expect(await rejection(original, { limits: { pixels: 40 * 30 } })).toBeUndefined()
  })
})

describe("the expected memory of a render", () => {
  const estimateOf = async (image: Sharp, size = "16w"): Promise<number> => {
    const bytes = await image.toBuffer()
    const renderer = createRenderer(LIMITS)
    return (await renderer.open(bytes)).estimate(imageRecipe(sizeOf(size), undefined, SETTINGS))
  }
  const blank = (width: number, height: number): Sharp =>
    sharp({ create: { width, height, channels: 4, background: { r: 9, g: 9, b: 9, alpha: 0.5 } } })

  it("memory estimates are at least the measured peak for originals that need more than their pixels", async () => {
    // Measured: the peak of a process that rendered a rendition of 16 pixels, minus its memory before.
    expect(await estimateOf(blank(65_000, 30).png())).toBeGreaterThan(99e6)
    expect(await estimateOf(blank(65_000, 30).tiff())).toBeGreaterThan(97e6)
    expect(await estimateOf(blank(65_000, 30).gif())).toBeGreaterThan(106e6)
    expect(await estimateOf(blank(4000, 4000).gif({ effort: 1 }))).toBeGreaterThan(79e6)
  })

  it("compressed text chunks of a PNG, which could unpack to a thousand times their length, are not read", async () => {
    const text = deflateSync(Buffer.alloc(1_000_000, 65))
    const packed = [
      pngChunk("zTXt", Buffer.concat([latin1("Comment\0\0"), text])),
      pngChunk("iTXt", Buffer.concat([latin1("Title\0\x01\0\0\0"), text])),
    ]
    const plain = withPngChunk(
      withPngChunk(await blank(40, 30).png().toBuffer(), "tEXt", latin1("Author\0somebody")),
      "iTXt",
      latin1("Place\0\0\0\0\0somewhere"),
    )
    // Before the pixels, and after them.
    const [head, tail, end] = [plain.subarray(0, 33), plain.subarray(33, -12), plain.subarray(-12)]
    const original = Buffer.concat([head, ...packed, tail, ...packed, end])
    const seen = async (bytes: Uint8Array): Promise<readonly string[] | undefined> => {
      const image = await openImage((await openOriginal(bytes, LIMITS)).source)
      return (await image.metadata()).comments?.map(({ keyword }) => keyword).toSorted()
    }
    expect(await seen(original)).toEqual(["Author", "Place"])
    expect(await seen(plain)).toEqual(["Author", "Place"])
    expect((await rendition(original, { size: "16w" })).bytes).toEqual((await rendition(plain, { size: "16w" })).bytes)
  })

  it("memory estimates are small for originals that are scaled while they are decoded", async () => {
    expect(await estimateOf(blank(4000, 3000).jpeg(), "480w")).toBeLessThan(20e6)
  })
})

describe("a rendition larger than its format allows", () => {
  const bar = (width: number, height: number): Promise<Buffer> =>
    sharp({ create: { width, height, channels: 3, background: { r: 200, g: 60, b: 30 } } })
      .png({ compressionLevel: 1 })
      .toBuffer()

  it.each([
    [40, 20_000, "8192w", "webp"],
    [20_000, 40, "8192h", "webp"],
    [2, 16_384, "8192w", "webp"],
    [40, 20_000, "8192w", "avif"],
    [2, 16_385, "8192w", "avif"],
    [2, 65_501, "8192w", "jpeg"],
    [65_535, 2, "8192h", "jpeg"],
    [2, 65_536, "8192w", "gif"],
  ] as const)("an original of %d × %d at %s as %s is rejected as too large", async (width, height, size, requested) => {
    const original = await bar(width, height)
    expect((await rejection(original, { size, requested }))?.code).toBe("original-too-large")
    // The same photo at a size that fits is rendered.
    expect(await rejection(original, { size: "360x270", requested })).toBeUndefined()
  })

  it.each([
    [2, 16_383, "8192w", "webp"],
    [16_383, 2, "8192h", "webp"],
    [2, 16_384, "8192w", "avif"],
    [16_384, 2, "8192h", "avif"],
    [2, 65_500, "8192w", "jpeg"],
    [65_500, 2, "8192h", "jpeg"],
    [2, 65_535, "8192w", "gif"],
    [65_535, 2, "8192h", "gif"],
    [2, 70_000, "8192w", "png"],
  ] as const)(
    "an original of %d × %d at %s as %s, the largest possible, is rendered",
    async (width, height, size, requested) => {
      const { bytes } = await rendition(await bar(width, height), { size, requested })
      const decoded = await decode(bytes)
      expect([decoded.width, decoded.height]).toEqual([width, height])
      expect(colourDistance(rgb(decoded), [200, 60, 30])).toBeLessThan(12)
    },
  )

  it("an original is rendered if the size brings it below the limit", async () => {
    const { width, height } = await rendition(await bar(40, 20_000), { size: "480h", requested: "webp" })
    expect([width, height]).toEqual([1, 480])
  })
})

const rgb = ({ around }: Decoded): Rgb => {
  const [r, g, b] = around(0.5, 0.99)
  return [r, g, b]
}

describe("an unusual original that every browser shows", () => {
  const REQUESTED: readonly (Format | undefined)[] = [undefined, "webp"]

  it("a JPEG with stray bytes between its markers is rendered", async () => {
    const jpeg = await picture().jpeg({ quality: 95 }).toBuffer()
    const frame = jpeg.indexOf(latin1("\xff\xc0"))
    for (const junk of [[0, 0], [0x12, 0x34, 0x56], [0xff, 0xff, 0xff], Array.from({ length: 60 }, (_, at) => at)]) {
      const original = Buffer.concat([jpeg.subarray(0, frame), Buffer.from(junk), jpeg.subarray(frame)])
      for (const requested of REQUESTED) {
        const { around } = await decode((await rendition(original, { size: "80w", requested })).bytes)
        expect(maxDifference(around(0.5, 0.97), BAND)).toBeLessThan(30)
      }
    }
  })

  it("files with data after their end are rendered", async () => {
    for (const [, make] of STILLS) {
      const original = Buffer.concat([await make(), Buffer.alloc(1000, 7)])
      expect(await outcome(original, { size: "80w" })).toBeTypeOf("object")
    }
  })
})
