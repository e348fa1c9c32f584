/** Structures of files that decoders misread: pages and samples of TIFFs, canvases and frames, alpha. */
import sharp from "sharp"
import { describe, expect, it } from "vitest"

import { asPremultiplied, turnedGrid } from "./originals/avif.ts"
import { gifOf } from "./originals/gif.ts"
import { hiddenDefaultApng, pngOf } from "./originals/png.ts"
import { type TiffField, tiffOf, type TiffPage } from "./originals/tiff.ts"
import { greyProfile, greyToSrgb, pngChunk } from "./profiles.ts"
import { decode, maxDifference, type Pixel, rejection, rendition, scene } from "./support.ts"

/** A pixel in the middle of a PNG rendition. */
const middle = async (original: Buffer): Promise<Pixel> => {
  const { bytes } = await rendition(original, { requested: "png" })
  const { at, width, height } = await decode(bytes)
  return at(width >> 1, height >> 1)
}

const field = (tag: number, type: TiffField["type"], ...values: readonly number[]): TiffField => ({ tag, type, values })

const NEW_SUBFILE_TYPE = 254
const EXTRA_SAMPLES = 338
const SAMPLE_FORMAT = 339
const COMPRESSION = 259

const page = (samples: readonly number[], options: Partial<TiffPage> = {}): TiffPage => ({
  width: 40,
  height: 30,
  samples: samples.length,
  at: () => samples,
  ...options,
})

/** A profile of inks with tables. */
const inkProfile = async (): Promise<Buffer> => {
  const jpeg = await sharp({ create: { width: 8, height: 8, channels: 3, background: "red" } })
    .toColourspace("cmyk")
    .withIccProfile("cmyk")
    .jpeg()
    .toBuffer()
  const { icc } = await sharp(jpeg).metadata()
  if (!icc) throw new Error("Expected a JPEG with a profile.")
  return icc
}

describe("pages of a TIFF", () => {
  it("the first page that is no reduced version is shown", async () => {
    const small = page([200, 0, 0], { width: 8, height: 6, fields: [field(NEW_SUBFILE_TYPE, "long", 1)] })
    const mask = page([0, 200, 0], { fields: [field(NEW_SUBFILE_TYPE, "long", 4)] })
    const original = tiffOf([small, mask, page([20, 60, 120]), page([9, 9, 9])])
    const { bytes, original: inspected } = await rendition(original, { requested: "png" })
    expect(inspected.dimensions).toEqual({ width: 40, height: 30 })
    expect((await decode(bytes)).at(20, 15)).toEqual([20, 60, 120, 255])
  })

  it("the first page is shown if all are reduced versions", async () => {
    const fields = [field(NEW_SUBFILE_TYPE, "long", 1)]
    expect(await middle(tiffOf([page([20, 60, 120], { fields }), page([9, 9, 9], { fields })]))).toEqual([
      20, 60, 120, 255,
    ])
  })
})

describe.each(["II", "MM"] as const)("samples of a TIFF in byte order %s", (order) => {
  const extra = (...meanings: readonly number[]): readonly TiffField[] => [field(EXTRA_SAMPLES, "short", ...meanings)]
  /** Black and one colour, for 256 entries (TIFF 6.0 §5). */
  const PALETTE = field(
    320,
    "short",
    ...Array.from({ length: 768 }, (_, at) => (at % 256 ? 20_560 - 5140 * (at >> 8) : 0)),
  )
  const CMYK = 5
  const YCBCR = 6
  const LAB = 8

  it.each<[string, TiffPage, Pixel, number]>([
    ["an unspecified sample is not alpha", page([20, 60, 120, 0], { fields: extra(0) }), [20, 60, 120, 255], 0],
    ["straight alpha is kept", page([20, 60, 120, 128], { fields: extra(2) }), [20, 60, 120, 128], 1],
    ["premultiplied alpha is divided out", page([10, 30, 60, 128], { fields: extra(1) }), [20, 60, 120, 128], 2],
    [
      "alpha is found behind a spot colour",
      page([20, 60, 120, 77, 128], { fields: extra(0, 2) }),
      [20, 60, 120, 128],
      1,
    ],
    [
      "premultiplied alpha before a spot colour is divided out once",
      page([10, 30, 60, 128, 77], { fields: extra(1, 0) }),
      [20, 60, 120, 128],
      2,
    ],
    [
      "greys from white to black keep alpha behind a spot colour",
      page([165, 77, 128], { photometric: 0, fields: extra(0, 2) }),
      [90, 90, 90, 128],
      1,
    ],
    [
      "a palette with an unspecified sample stays opaque",
      page([1, 77], { photometric: 3, fields: [...extra(0), PALETTE] }),
      [80, 60, 40, 255],
      0,
    ],
    [
      "a single sample that is called planar is read as one plane",
      page([90], { photometric: 1, fields: [field(284, "short", 2)], at: (x) => [x < 10 ? 200 : 90] }),
      [90, 90, 90, 255],
      0,
    ],
    [
      "a field without a meaning has its default: orientation",
      page([20, 60, 120], { fields: [field(274, "short", 0)] }),
      [20, 60, 120, 255],
      0,
    ],
    [
      "a field without a meaning has its default: planes",
      page([20, 60, 120], { fields: [field(284, "short", 0)] }),
      [20, 60, 120, 255],
      0,
    ],
    [
      "a field without a meaning has its default: resolution",
      page([20, 60, 120], { fields: [field(296, "short", 0)] }),
      [20, 60, 120, 255],
      0,
    ],
    [
      "16 bits with an unspecified sample stay opaque",
      page([0x2020, 0x6060, 0xa0a0, 0], { bits: 16, fields: extra(0) }),
      [32, 96, 160, 255],
      1,
    ],
    [
      "a grey picture with an unspecified sample stays opaque",
      page([90, 0], { photometric: 1, fields: extra(0) }),
      [90, 90, 90, 255],
      0,
    ],
    [
      "YCbCr without subsampling is shown as colour",
      // ITU-R BT.601: red 200, green 60, blue 30.
      page([98, 90, 201], { photometric: YCBCR, fields: [field(530, "short", 1, 1)] }),
      [200, 60, 31, 255],
      3,
    ],
    // L* 50, a* 0, b* 0: a grey of 18.4 % of the light.
    ["L*a*b* of 8 bits is shown as colour", page([128, 0, 0], { photometric: LAB }), [119, 119, 119, 255], 2],
    [
      "ink of 16 bits without a profile is shown",
      page([0, 0, 0, 0], { bits: 16, photometric: CMYK }),
      [255, 255, 255, 255],
      4,
    ],
  ])("%s", async (_, original, expected, tolerance) => {
    expect(maxDifference(await middle(tiffOf([original], { order })), expected)).toBeLessThanOrEqual(tolerance)
  })

  it.each<[string, readonly number[], number]>([
    ["alone", [], 255],
    ["with a spot colour", [0], 255],
    ["with alpha", [2], 128],
  ])("16 bits of ink %s are shown as the same ink of 8 bits", async (_, meanings, alpha) => {
    const ink = [200, 40, 10, 30]
    const [red, green, blue] = await middle(tiffOf([page(ink, { photometric: CMYK })], { order }))
    const deep = [...ink, ...meanings.map(() => 128)].map((level) => level * 257)
    const fields = meanings.length > 0 ? extra(...meanings) : []
    const found = await middle(tiffOf([page(deep, { bits: 16, photometric: CMYK, fields })], { order }))
    expect(maxDifference(found, [red, green, blue, alpha])).toBeLessThanOrEqual(2)
  })

  it.each([
    ["their own profile", () => inkProfile()],
    ["a profile of greys, which does not count", async () => greyProfile(1)],
  ] as const)("16 bits of ink with %s are shown as the same ink of 8 bits", async (_, makeProfile) => {
    const profile = await makeProfile()
    const shown = (ink: readonly number[], bits: 8 | 16): Promise<readonly number[]> =>
      middle(tiffOf([page(ink, { bits, photometric: CMYK, profile })], { order }))
    const inks = [
      [0, 0, 0, 255],
      [0, 255, 255, 0],
      [200, 40, 10, 30],
    ]
    for (const ink of inks) {
      const deep = ink.map((level) => level * 257)
      expect(maxDifference(await shown(deep, 16), await shown(ink, 8))).toBeLessThanOrEqual(2)
    }
  })

  it("greys of 16 bits with a profile and two more samples are shown by the profile", async () => {
    const original = page([0x7676, 0, 0x8080], {
      bits: 16,
      photometric: 1,
      fields: extra(0, 2),
      profile: greyProfile(1),
    })
    const grey = greyToSrgb(0x76, 1)
    expect(maxDifference(await middle(tiffOf([original], { order })), [grey, grey, grey, 128])).toBeLessThanOrEqual(2)
  })
})

describe("codings of a TIFF that are not decoded", () => {
  const LINEAR_RAW = 34_892
  const DNG_VERSION = 50_706
  const format = (value: number): readonly TiffField[] => [field(SAMPLE_FORMAT, "short", value, value, value)]

  it.each<[string, TiffPage]>([
    ["other inks than CMYK", page([1, 2, 3, 4], { photometric: 5, fields: [field(332, "short", 2)] })],
    ["other inks than CMYK", page([1, 2, 3], { photometric: 5 })],
    ["Zstandard", page([1, 2, 3], { fields: [field(COMPRESSION, "short", 50_000)] })],
    ["LERC", page([1, 2, 3], { fields: [field(COMPRESSION, "short", 34_887)] })],
    ["LZMA", page([1, 2, 3], { fields: [field(COMPRESSION, "short", 34_925)] })],
    ["JPEG 2000", page([1, 2, 3], { fields: [field(COMPRESSION, "short", 34_712)] })],
    ["JPEG XL", page([1, 2, 3], { fields: [field(COMPRESSION, "short", 50_002)] })],
    ["old-style JPEG", page([1, 2, 3], { fields: [field(COMPRESSION, "short", 6)] })],
    ["32 bits a sample", page([1, 2, 3], { bits: 32 })],
    ["signed integers of 16 bits", page([1, 2, 3], { bits: 16, fields: format(2) })],
    ["floating-point numbers", page([1], { bits: 32, photometric: 1, fields: [field(SAMPLE_FORMAT, "short", 3)] })],
    ["6 samples a pixel", page([1, 2, 3, 4, 5, 6])],
    ["photometric interpretation 32845", page([1, 2, 3], { photometric: 32_845 })],
    ["samples that differ in their bits", page([1, 2, 3], { fields: [field(258, "short", 8, 8, 16)] })],
    ["two samples in separate planes", page([1, 2], { photometric: 1, fields: [field(284, "short", 2)] })],
    ["tiles in separate planes", page([1, 2, 3], { fields: [field(284, "short", 2), field(322, "short", 16)] })],
    ["12 bits a sample", page([1, 2, 3], { fields: [field(258, "short", 12, 12, 12)] })],
    ["camera raw (DNG)", page([1, 2, 3], { fields: [field(DNG_VERSION, "byte", 1, 4, 0, 0)] })],
    ["camera raw (NEF, ARW or another)", page([1, 2, 3], { photometric: LINEAR_RAW })],
  ])("%s is named", async (name, original) => {
    const rejected = await rejection(tiffOf([original]))
    expect(rejected?.code).toBe("unsupported-original")
    expect(rejected?.detail).toContain(name)
  })

  it.each([
    ["CR3", "\0\0\0\x18ftypcrx \0\0\0\x01crx isom"],
    ["ORF", "IIRO\x08\0\0\0"],
    ["RW2", "IIU\0\x18\0\0\0"],
    ["RAF", "FUJIFILMCCD-RAW 0201"],
  ])("camera raw is named: %s", async (name, head) => {
    const rejected = await rejection(Buffer.concat([Buffer.from(head, "latin1"), Buffer.alloc(200)]))
    expect(rejected).toMatchObject({
      code: "unsupported-original",
      detail: expect.stringContaining(`camera raw (${name})`),
    })
  })

  it("a CR2 is named, though it is a TIFF with a small JPEG", async () => {
    const tiff = tiffOf([page([1, 2, 3])])
    const cr2 = Buffer.concat([tiff.subarray(0, 8), Buffer.from("CR\x02\0", "latin1"), tiff.subarray(8)])
    cr2.writeUInt32LE(12, 4)
    expect(await rejection(cr2)).toMatchObject({ detail: expect.stringContaining("camera raw (CR2)") })
  })
})

describe("codings of other files that are not decoded", () => {
  /** DNL and EOI. */
  const DEFINED_HEIGHT = Buffer.from([0xff, 0xdc, 0, 4, 0, 30, 0xff, 0xd9])
  const frame = (marker: number, precision: number, height = 30): Buffer =>
    Buffer.from([0xff, 0xd8, 0xff, marker, 0, 11, precision, 0, height, 0, 40, 1, 1, 0x11, 0, 0xff, 0xd9])

  it.each([
    ["12 bits a sample", frame(0xc1, 12)],
    ["JPEG-LS", frame(0xf7, 8)],
    ["hierarchical", frame(0xc5, 8)],
    ["its height behind the pixels", Buffer.concat([frame(0xc0, 8, 0).subarray(0, -2), DEFINED_HEIGHT])],
    [
      "CgBI",
      (() => {
        const png = pngOf({ width: 4, height: 4, at: () => [1, 2, 3] })
        return Buffer.concat([png.subarray(0, 8), pngChunk("CgBI", Buffer.from([0x50, 0, 0x20, 2])), png.subarray(8)])
      })(),
    ],
  ])("%s is named", async (name, original) => {
    const rejected = await rejection(original)
    expect(rejected?.code).toBe("unsupported-original")
    expect(rejected?.detail).toContain(name)
  })

  it("a JPEG whose height is nowhere is damaged", async () => {
    expect(await rejection(frame(0xc0, 8, 0))).toMatchObject({ code: "corrupt-original" })
  })
})

const RED = [200, 40, 40] as const
const GREEN = [40, 160, 60] as const
const BLUE = [30, 60, 190] as const

describe("the canvas of a GIF", () => {
  const colours = [RED, GREEN, BLUE, [255, 255, 255]] as const

  it.each([
    [640, 480],
    [1024, 768],
    [2100, 30],
    [90, 70],
  ])("a canvas of %i × %i is kept, and transparent where no frame is", async (width, height) => {
    const original = gifOf({ width, height, colours, frames: [{ left: 10, top: 5, width: 20, height: 10, index: 1 }] })
    const { bytes, original: inspected } = await rendition(original, { size: `${width}w`, requested: "png" })
    expect(inspected.dimensions).toEqual({ width, height })
    const { at } = await decode(bytes)
    expect(at(15, 8)).toEqual([...GREEN, 255])
    expect(at(5, 2)[3]).toBe(0)
    expect(at(60, 25)[3]).toBe(0)
  })

  it.each(["webp", "gif"] as const)(
    "an animation as %s keeps its canvas and what its frames cleared",
    async (format) => {
      const original = gifOf({
        width: 640,
        height: 480,
        colours,
        frames: [
          { left: 100, top: 100, width: 40, height: 40, index: 1, disposal: 2 },
          { left: 300, top: 200, width: 40, height: 40, index: 2 },
        ],
      })
      const { bytes } = await rendition(original, { size: "480h", requested: format })
      const { at, width, height, frames } = await decode(bytes)
      expect({ width, height, frames }).toEqual({ width: 640, height: 480, frames: 2 })
      expect(maxDifference(at(120, 120, 0).slice(0, 3), GREEN)).toBeLessThanOrEqual(8)
      expect(at(320, 220, 0)[3]).toBe(0)
      expect(at(120, 120, 1)[3]).toBe(0)
      expect(maxDifference(at(320, 220, 1).slice(0, 3), BLUE)).toBeLessThanOrEqual(8)
    },
  )

  it("an animation is empty again where its first frame is replaced by what was before it", async () => {
    const original = gifOf({
      width: 60,
      height: 40,
      colours,
      frames: [
        { width: 60, height: 40, index: 0, disposal: 3 },
        { left: 20, top: 10, width: 20, height: 20, index: 1 },
      ],
    })
    for (const requested of ["webp", "gif"] as const) {
      const { at } = await decode((await rendition(original, { requested })).bytes)
      expect([at(30, 20, 0)[3], at(30, 20, 1)[3], at(5, 5, 1)[3]]).toEqual([255, 255, 0])
    }
  })

  it("a GIF87a, which has no extensions, is transparent where its frame is not", async () => {
    const frames = [{ width: 20, height: 30, index: 0 }]
    const { bytes } = await rendition(gifOf({ width: 40, height: 30, colours, version: "GIF87a", frames }), {
      requested: "png",
    })
    const { at } = await decode(bytes)
    expect([at(10, 10), at(30, 10)[3]]).toEqual([[...RED, 255], 0])
  })
})

describe("frames and alpha", () => {
  it("an APNG with a hidden default image shows its first frame", async () => {
    const whole = { width: 40, height: 30, left: 0, top: 0, colour: GREEN }
    const second = { width: 40, height: 30, left: 0, top: 0, colour: BLUE }
    expect(await middle(hiddenDefaultApng({ width: 40, height: 30, colour: RED }, [whole, second]))).toEqual([
      ...GREEN,
      255,
    ])
  })

  it("its first frame is placed where it says", async () => {
    const part = { width: 20, height: 10, left: 15, top: 12, colour: GREEN }
    const { bytes } = await rendition(hiddenDefaultApng({ width: 40, height: 30, colour: RED }, [part]))
    const { at } = await decode(bytes)
    expect([at(20, 15), at(5, 5)[3]]).toEqual([[...GREEN, 255], 0])
  })

  it("a tRNS with more entries than the palette has counts for the palette", async () => {
    const chunks = [pngChunk("PLTE", Buffer.from([...RED, ...GREEN])), pngChunk("tRNS", Buffer.from([255, 0, 7, 7, 7]))]
    const original = pngOf({ width: 40, height: 30, colourType: 3, chunks, at: (x) => [x < 20 ? 0 : 1] })
    const { at } = await decode((await rendition(original)).bytes)
    expect([at(5, 5), at(30, 5)[3]]).toEqual([[...RED, 255], 0])
  })

  it.each([1, 2, 4, 8] as const)("an index of %i bits beyond the palette is opaque black", async (depth) => {
    // An error by §11.2.2, which decoders may handle as they like: libpng's colour is kept, Chromium shows the last one.
    const chunks = [pngChunk("PLTE", Buffer.from(RED)), pngChunk("tRNS", Buffer.from([128]))]
    const at = (x: number): readonly number[] => [x < 20 ? 0 : 2 ** depth - 1]
    const { bytes } = await rendition(pngOf({ width: 40, height: 30, colourType: 3, depth, chunks, at }))
    const { at: pixelAt } = await decode(bytes)
    expect([pixelAt(5, 5), pixelAt(35, 5)]).toEqual([
      [...RED, 128],
      [0, 0, 0, 255],
    ])
  })

  it("a grid of an AVIF is turned as a whole, whatever its cells say", async () => {
    const { bytes } = await rendition(turnedGrid(), { requested: "png" })
    const { at } = await decode(bytes)
    const corners = [at(32, 32), at(96, 32), at(32, 96), at(96, 96)].map(([red, green, blue]) => [red, green, blue])
    const expected = [
      [0, 160, 0],
      [255, 255, 255],
      [200, 0, 0],
      [0, 0, 200],
    ]
    for (const [index, corner] of corners.entries())
      expect(maxDifference(corner, expected[index] ?? [])).toBeLessThanOrEqual(4)
  })

  it("the colours of a premultiplied AVIF are divided by its alpha", async () => {
    const background = { r: 100, g: 30, b: 20, alpha: 0.5 }
    const avif = await sharp({ create: { width: 64, height: 48, channels: 4, background } })
      .avif({ quality: 100, chromaSubsampling: "4:4:4", effort: 1 })
      .toBuffer()
    expect(maxDifference(await middle(avif), [100, 30, 20, 128])).toBeLessThanOrEqual(3)
    expect(maxDifference(await middle(asPremultiplied(avif)), [200, 60, 40, 128])).toBeLessThanOrEqual(4)
  })

  const losslessWebp = async (): Promise<Buffer> => {
    const background = { r: 20, g: 60, b: 120, alpha: 0.5 }
    const webp = await sharp({ create: { width: 40, height: 30, channels: 4, background } })
      .webp({ lossless: true })
      .toBuffer()
    expect(webp.toString("latin1", 12, 16)).toBe("VP8L")
    return webp
  }

  it("a lossless WebP with an empty VP8X chunk at its end is shown", async () => {
    const webp = Buffer.concat([await losslessWebp(), Buffer.from("VP8X"), Buffer.alloc(4)])
    webp.writeUInt32LE(webp.length - 8, 4)
    expect(await middle(webp)).toEqual([20, 60, 120, 128])
  })

  it("a lossless WebP with alpha in its data is transparent, whatever its flag says", async () => {
    const plain = await losslessWebp()
    // Flags, and the sides less one (RFC 9649 §2.7).
    const extended = Buffer.from([...Buffer.from("VP8X"), 10, 0, 0, 0, 0, 0, 0, 0, 39, 0, 0, 29, 0, 0])
    const webp = Buffer.concat([plain.subarray(0, 12), extended, plain.subarray(12)])
    webp.writeUInt32LE(webp.length - 8, 4)
    expect(await middle(webp)).toEqual([20, 60, 120, 128])
  })

  it("alpha that is opaque everywhere is dropped", async () => {
    const opaque = scene({ width: 200, height: 150 }).ensureAlpha(1)
    const tiff = await rendition(await opaque.clone().tiff().toBuffer(), { size: "100w" })
    expect(tiff.format).toBe("jpeg")
    const png = await rendition(await opaque.clone().png().toBuffer(), { size: "100w" })
    expect((await sharp(png.bytes).metadata()).hasAlpha).toBe(false)
  })
})
