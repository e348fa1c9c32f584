/**
 * Colours that a header describes: code points, gamma chunks, and profiles of greys. The expected values are computed here, from the
 * definitions, with none of the code that is tested.
 */
import { deflateSync } from "node:zlib"

import * as fc from "fast-check"
import sharp from "sharp"
import { describe, expect, it } from "vitest"

import { monochromeOfVideoRange, withNclx, withProfile } from "./originals/avif.ts"
import { chrm, cicp, clli, gama, pngOf, srgbChunk } from "./originals/png.ts"
import { greyProfile, greyToSrgb, pngChunk, profileOf, type Space, tagged, withJpegSegment } from "./profiles.ts"
import { decode, maxDifference, rendition } from "./support.ts"

type Rgb = readonly [number, number, number]
type Rows = readonly [Rgb, Rgb, Rgb]

const dot = (row: Rgb, v: Rgb): number => row[0] * v[0] + row[1] * v[1] + row[2] * v[2]
const apply = (rows: Rows, v: Rgb): Rgb => [dot(rows[0], v), dot(rows[1], v), dot(rows[2], v)]

const determinant = ([a, b, c]: Rows): number =>
  a[0] * (b[1] * c[2] - b[2] * c[1]) - a[1] * (b[0] * c[2] - b[2] * c[0]) + a[2] * (b[0] * c[1] - b[1] * c[0])

/** The vector that rows turn into another one, by Cramer's rule. */
const solve = (rows: Rows, v: Rgb): Rgb => {
  const replaced = (column: number): Rows =>
    rows.map((row, at) => row.map((value, place) => (place === column ? v[at] : value))) as unknown as Rows
  return [0, 1, 2].map((column) => determinant(replaced(column)) / determinant(rows)) as unknown as Rgb
}

/** Linear sRGB to linear RGB of other primaries with the same white (ITU-R BT.2087; SMPTE EG 432-1), by code point. */
const FROM_SRGB: Readonly<Record<number, Rows>> = {
  1: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  9: [
    [0.627_404, 0.329_283, 0.043_313],
    [0.069_097, 0.919_541, 0.011_362],
    [0.016_391, 0.088_013, 0.895_595],
  ],
  12: [
    [0.822_462, 0.177_538, 0],
    [0.033_194, 0.966_806, 0],
    [0.017_083, 0.072_397, 0.910_52],
  ],
}

const linear = (level: number): number => {
  const value = level / 255
  return value <= 0.040_45 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
}
const encodeSrgb = (light: number): number =>
  light <= 0.003_130_8 ? 12.92 * light : 1.055 * light ** (1 / 2.4) - 0.055

/** From linear light to an encoded value, by code point (ITU-T H.273 table 3, ITU-R BT.1886). */
const ENCODE: Readonly<Record<number, (light: number) => number>> = {
  1: (light) => light ** (1 / 2.4),
  4: (light) => light ** (1 / 2.2),
  5: (light) => light ** (1 / 2.8),
  8: (light) => light,
  13: encodeSrgb,
}

/** The inverse of {@link ENCODE}. */
const LIGHT: Readonly<Record<number, (value: number) => number>> = {
  1: (value) => value ** 2.4,
  4: (value) => value ** 2.2,
  5: (value) => value ** 2.8,
  8: (value) => value,
  13: (value) => linear(255 * value),
}

/** The primaries of sRGB under D50 (IEC 61966-2-1), with linear values. */
const LINEAR_SRGB: Space = {
  red: [0.436_07, 0.222_49, 0.013_92],
  green: [0.385_15, 0.716_87, 0.097_08],
  blue: [0.143_07, 0.060_61, 0.714_1],
  gamma: 1,
}

const rgb = fc.tuple(
  ...([0, 1, 2] as const).map(() => fc.integer({ min: 0, max: 255 })),
) as unknown as fc.Arbitrary<Rgb>

/** A PNG of one colour, given as values from 0 to 1. */
const patch = (values: Rgb, depth: 8 | 16, isFullRange: boolean, chunks: readonly Buffer[]): Buffer => {
  const unit = 2 ** (depth - 8)
  const sample = (value: number): number =>
    Math.round(isFullRange ? value * (2 ** depth - 1) : (16 + 219 * value) * unit)
  return pngOf({ width: 8, height: 8, depth, chunks, at: () => values.map(sample) })
}

const withWrongChecksum = (chunk: Buffer): Buffer =>
  Buffer.concat([chunk.subarray(0, -1), Buffer.from([(chunk.at(-1) ?? 0) ^ 1])])

const iccp = (profile: Buffer, name = "name", method = 0): Buffer =>
  pngChunk("iCCP", Buffer.concat([Buffer.from(`${name}\0`, "latin1"), Buffer.from([method]), deflateSync(profile)]))

const middle = async (bytes: Buffer): Promise<Rgb> => {
  const rendered = await rendition(bytes, { size: "480h", requested: "png" })
  const [r, g, b] = (await decode(rendered.bytes)).at(4, 4)
  return [r, g, b]
}

describe("colours of code points", () => {
  it("a PNG of any primaries, transfer function, range and depth has the true colours", async () => {
    const description = fc.record({
      colour: rgb,
      primaries: fc.constantFrom(1, 9, 12),
      transfer: fc.constantFrom(1, 4, 5, 8, 13),
      isFullRange: fc.boolean(),
    })
    await fc.assert(
      fc.asyncProperty(description, async ({ colour, primaries, transfer, isFullRange }) => {
        const light = apply(FROM_SRGB[primaries] as Rows, colour.map(linear) as unknown as Rgb)
        const values = light.map((value) => ENCODE[transfer]?.(value) ?? 0) as unknown as Rgb
        const chunks = [cicp(primaries, transfer, isFullRange)]
        const found = await middle(patch(values, 16, isFullRange, chunks))
        expect(maxDifference(found, colour)).toBeLessThanOrEqual(3)
      }),
      { numRuns: 60 },
    )
  })

  /** The sRGB colour of stored values, 0 to 1. Colours outside sRGB are clipped. */
  const shownOf = (values: Rgb, primaries: number, transfer: number): Rgb => {
    const light = values.map((value) => LIGHT[transfer]?.(Math.max(0, Math.min(1, value))) ?? 0) as unknown as Rgb
    const shown = solve(FROM_SRGB[primaries] as Rows, light)
    return shown.map((value) => 255 * encodeSrgb(Math.max(0, Math.min(1, value)))) as unknown as Rgb
  }

  it("a PNG of 8 bits of any description has the colours of its rounded values", async () => {
    const description = fc.record({
      levels: rgb,
      primaries: fc.constantFrom(1, 9, 12),
      transfer: fc.constantFrom(1, 4, 5, 8, 13),
      isFullRange: fc.boolean(),
    })
    await fc.assert(
      fc.asyncProperty(description, async ({ levels, primaries, transfer, isFullRange }) => {
        const values = levels.map((level) => (isFullRange ? level / 255 : (level - 16) / 219)) as unknown as Rgb
        const chunks = [cicp(primaries, transfer, isFullRange)]
        const found = await middle(pngOf({ width: 8, height: 8, chunks, at: () => levels }))
        expect(maxDifference(found, shownOf(values, primaries, transfer))).toBeLessThanOrEqual(3)
      }),
      { numRuns: 40 },
    )
  })

  it("an AVIF of any primaries and transfer function has the colours of its values", async () => {
    await fc.assert(
      fc.asyncProperty(
        rgb,
        fc.constantFrom(1, 9, 12),
        fc.constantFrom(4, 5, 13),
        async ([r, g, b], primaries, transfer) => {
          const avif = await sharp({ create: { width: 64, height: 48, channels: 3, background: { r, g, b } } })
            .avif({ quality: 100, chromaSubsampling: "4:4:4", effort: 0 })
            .toBuffer()
          const stored = await middle(withNclx(avif, 1, 13))
          const expected = shownOf(stored.map((level) => level / 255) as unknown as Rgb, primaries, transfer)
          expect(maxDifference(await middle(withNclx(avif, primaries, transfer)), expected)).toBeLessThanOrEqual(3)
        },
      ),
      { numRuns: 15 },
    )
  })

  it("an AVIF shows its values by their code points", async () => {
    const colour = [200, 60, 30] as const
    const plain = await sharp({ create: { width: 64, height: 48, channels: 3, background: "#c83c1e" } })
      .avif({ quality: 100, chromaSubsampling: "4:4:4", effort: 1 })
      .toBuffer()
    const shown = async (avif: Buffer): Promise<Rgb> => middle(avif)
    expect(maxDifference(await shown(withNclx(plain, 1, 13)), colour)).toBeLessThanOrEqual(2)
    // Stills with the functions of video cameras are shown as sRGB.
    expect(maxDifference(await shown(withNclx(plain, 1, 1)), colour)).toBeLessThanOrEqual(2)
    expect(maxDifference(await shown(withNclx(plain, 2, 2)), colour)).toBeLessThanOrEqual(2)
    const asLinear = colour.map((level) => 255 * encodeSrgb(level / 255)) as unknown as Rgb
    expect(maxDifference(await shown(withNclx(plain, 1, 8)), asLinear)).toBeLessThanOrEqual(3)
  })
})

describe("a monochrome AVIF in the range of video", () => {
  it("its luma is expanded", async () => {
    expect(maxDifference(await middle(monochromeOfVideoRange()), [118, 118, 118])).toBeLessThanOrEqual(1)
  })

  it("its profile applies to the expanded luma", async () => {
    const profiled = withProfile(monochromeOfVideoRange(), greyProfile(1.8))
    const grey = greyToSrgb(118, 461 / 256)
    expect(maxDifference(await middle(profiled), [grey, grey, grey])).toBeLessThanOrEqual(2)
  })
})

/** A value in PQ of luminance in cd/m² (SMPTE ST 2084). */
const pq = (luminance: number): number => {
  const power = (luminance / 10_000) ** (2610 / 16_384)
  return ((3424 / 4096 + (2413 / 128) * power) / (1 + (2392 / 128) * power)) ** ((2523 / 4096) * 128)
}

/** The curve that docs/formats.md states, for highlights of 1000 cd/m²: a line up to white, then a Bézier curve found by bisection. */
const onScreen = (light: number): number => {
  if (light <= 1) return light / 2
  const peak = 1000 / 203
  if (light >= peak) return 1
  const bezier = (t: number, a: number, b: number, c: number): number =>
    (1 - t) ** 2 * a + 2 * t * (1 - t) * b + t ** 2 * c
  let [low, high] = [0, 1]
  for (let step = 0; step < 50; step++) {
    const t = (low + high) / 2
    if (bezier(t, 1, 0.35 + 0.65 * 2, peak) < light) low = t
    else high = t
  }
  return bezier(low, 0.5, 0.35 * 0.5 + 0.65, 1)
}

describe("HDR", () => {
  it("a colour inside sRGB in PQ follows the stated curve", async () => {
    const nits = fc.double({ min: 5, max: 900, noNaN: true })
    await fc.assert(
      fc.asyncProperty(rgb, nits, fc.constantFrom(1, 9, 12), async (colour, white, primaries) => {
        const light = colour.map(linear).map((value) => (value * white) / 203) as unknown as Rgb
        const own = apply(FROM_SRGB[primaries] as Rows, light)
        const values = own.map((value) => pq(Math.max(0, value) * 203)) as unknown as Rgb
        const brightest = Math.max(...apply(FROM_SRGB[9] as Rows, light), 1e-9)
        const gain = onScreen(brightest) / brightest
        const expected = light.map((value) => 255 * encodeSrgb(Math.min(1, value * gain)))
        expect(
          maxDifference(await middle(patch(values, 16, true, [cicp(primaries, 16)])), expected),
        ).toBeLessThanOrEqual(6)
      }),
      { numRuns: 40 },
    )
  })

  it("brighter highlights are compressed more", async () => {
    const value = pq(700)
    const shown = async (chunks: readonly Buffer[]): Promise<number> =>
      (await middle(patch([value, value, value], 16, true, [cicp(9, 16), ...chunks])))[1]
    expect(await shown([])).toBeGreaterThan(await shown([clli(4000)]))
    expect(await shown([clli(400)])).toBe(255)
  })

  it("light above a peak that is not brighter than white is clipped channel by channel", async () => {
    const original = patch([pq(400), pq(100), 0], 16, true, [cicp(1, 16), clli(100)])
    expect(maxDifference(await middle(original), [255, 255 * encodeSrgb(100 / 203), 0])).toBeLessThanOrEqual(6)
  })
})

describe("colours of a PNG's other chunks", () => {
  const grey = 46
  const shown = (chunks: readonly Buffer[]): Promise<Rgb> =>
    middle(patch([grey / 255, grey / 255, grey / 255], 8, true, chunks))

  it.each<[string, readonly Buffer[], number]>([
    ["nothing", [], 46],
    ["gAMA 1", [gama(1)], 118],
    ["gAMA 1/1.8", [gama(1 / 1.8)], 60],
    ["gAMA 1/2.2, which stands for sRGB", [gama(1 / 2.2)], 46],
    [
      "gAMA 1/2.2 with primaries, which is exact",
      [gama(1 / 2.2), chrm([0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06])],
      42,
    ],
    ["sRGB beside gAMA", [srgbChunk(), gama(1)], 46],
    ["cICP beside gAMA", [cicp(1, 13), gama(1)], 46],
    ["cICP that is unspecified beside gAMA", [cicp(2, 2), gama(1)], 118],
    ["gAMA 1 with a wrong checksum", [withWrongChecksum(gama(1))], 46],
    ["gAMA 1 beside cICP with a wrong checksum", [withWrongChecksum(cicp(1, 13)), gama(1)], 118],
    ["a profile of greys, which does not fit, beside gAMA 1", [iccp(greyProfile(1)), gama(1)], 46],
    ["primaries that span no space", [chrm([0, 0, 0, 0, 0, 0, 0, 0])], 46],
    ["gAMA 1 with primaries that span no space", [gama(1), chrm([0, 0, 0, 0, 0, 0, 0, 0])], 46],
    ["an sRGB chunk of an unknown intent beside gAMA 1", [pngChunk("sRGB", Buffer.from([9])), gama(1)], 118],
    ["an empty sRGB chunk beside gAMA 1", [pngChunk("sRGB", Buffer.alloc(0)), gama(1)], 118],
    ["half a profile beside gAMA 1", [iccp(profileOf(LINEAR_SRGB).subarray(0, 200)), gama(1)], 118],
    [
      "a profile without its last bytes beside an sRGB chunk",
      [iccp(profileOf(LINEAR_SRGB).subarray(0, -4)), srgbChunk()],
      46,
    ],
    ["a profile that is compressed by an unknown method", [iccp(profileOf(LINEAR_SRGB), "name", 1)], 46],
    ["a profile with a longer name than allowed", [iccp(profileOf(LINEAR_SRGB), "n".repeat(80))], 118],
    ["gAMA that is too short before gAMA 1", [pngChunk("gAMA", Buffer.alloc(3)), gama(1)], 118],
    ["cICP that is too short before a linear one", [pngChunk("cICP", Buffer.from([1, 13])), cicp(1, 8)], 118],
    ["two profiles, the first of which does not fit", [iccp(greyProfile(1)), iccp(profileOf(LINEAR_SRGB))], 46],
    ["a profile without a name", [iccp(profileOf(LINEAR_SRGB), "")], 46],
  ])("a grey with %s is shown in the right lightness", async (_, chunks, expected) => {
    expect(maxDifference(await shown(chunks), [expected, expected, expected])).toBeLessThanOrEqual(1)
  })
})

describe("translucent colours that are converted", () => {
  /** sRGB (200, 60, 30) with alpha 128. */
  const shown = async (values: Rgb, colourType: 3 | 6, chunks: readonly Buffer[]): Promise<readonly number[]> => {
    const original = pngOf({
      width: 64,
      height: 48,
      colourType,
      chunks: [
        ...chunks,
        ...(colourType === 3 ? [pngChunk("PLTE", Buffer.from(values)), pngChunk("tRNS", Buffer.from([128]))] : []),
      ],
      at: () => (colourType === 3 ? [0] : [...values, 128]),
    })
    const rendered = await rendition(original, { size: "32w", requested: "png" })
    return (await decode(rendered.bytes)).at(16, 12)
  }

  it.each([
    ["linear light", [147, 12, 3], 3, cicp(1, 8)],
    ["linear light", [147, 12, 3], 6, cicp(1, 8)],
    ["linear light by gAMA", [147, 12, 3], 6, gama(1)],
    ["Display P3", [185, 71, 44], 6, cicp(12, 13)],
  ] as const)(
    "a translucent colour in %s keeps its colour when it is resized",
    async (_, values, colourType, chunk) => {
      const found = await shown(values, colourType, [chunk])
      // 12 and 3 of 255 in linear light are 61 and 28 of sRGB.
      expect(maxDifference(found, [200, 60, 29, 128])).toBeLessThanOrEqual(2)
    },
  )
})

describe("chunks about colours behind the palette", () => {
  const palette = pngChunk("PLTE", Buffer.from([0, 0, 0, 46, 46, 46]))
  const shown = (chunks: readonly Buffer[]): Promise<Rgb> =>
    middle(pngOf({ width: 8, height: 8, colourType: 3, chunks, at: () => [1] }))

  it("a profile counts, and cICP does not, as in browsers", async () => {
    const linearGrey = [118, 118, 118] as const
    expect(maxDifference(await shown([palette, iccp(profileOf(LINEAR_SRGB))]), linearGrey)).toBeLessThanOrEqual(1)
    expect(await shown([palette, cicp(1, 8)])).toEqual([46, 46, 46])
    expect(maxDifference(await shown([cicp(1, 8), palette]), linearGrey)).toBeLessThanOrEqual(1)
  })

  it("a profile of RGB counts for a PNG of greys", async () => {
    const original = pngOf({
      width: 8,
      height: 8,
      colourType: 0,
      chunks: [iccp(profileOf(LINEAR_SRGB))],
      at: () => [46],
    })
    expect(maxDifference(await middle(original), [118, 118, 118])).toBeLessThanOrEqual(1)
  })

  it("a tRNS with a wrong checksum is ignored", async () => {
    const chunks = [palette, withWrongChecksum(pngChunk("tRNS", Buffer.from([0, 0])))]
    expect(await shown(chunks)).toEqual([46, 46, 46])
  })
})

describe("code points in a profile", () => {
  const coded = (points: readonly number[]): Buffer =>
    profileOf(LINEAR_SRGB, "coded", [
      ["cicp", Buffer.concat([Buffer.from("cicp\0\0\0\0", "latin1"), Buffer.from(points)])],
    ])
  const png = (profile: Buffer): Buffer =>
    pngOf({ width: 64, height: 48, chunks: [iccp(profile)], at: () => [185, 71, 44] })

  it("they count more than the rest of the profile", async () => {
    const colour = { r: 185, g: 71, b: 44 }
    const jpeg = await sharp({ create: { width: 64, height: 48, channels: 3, background: colour } })
      .jpeg({ quality: 100, chromaSubsampling: "4:4:4" })
      .toBuffer()
    const p3 = coded([12, 13, 0, 1])
    for (const original of [png(p3), tagged(jpeg, p3)])
      expect(maxDifference(await middle(original), [200, 60, 30])).toBeLessThanOrEqual(3)
  })

  it("PQ is shown as in a PNG that says so itself", async () => {
    const chunk = pngOf({ width: 64, height: 48, chunks: [cicp(9, 16)], at: () => [185, 71, 44] })
    expect(await middle(png(coded([9, 16, 0, 1])))).toEqual(await middle(chunk))
  })

  it.each([
    ["of video range", [12, 13, 0, 0]],
    ["of YCbCr", [12, 13, 1, 1]],
    ["that are unspecified", [2, 2, 0, 1]],
  ] as const)("code points %s do not count", async (_, points) => {
    expect(await middle(png(coded(points)))).toEqual(await middle(png(profileOf(LINEAR_SRGB))))
  })
})

describe("damaged profiles", () => {
  const withDamage = (profile: Buffer): Buffer =>
    pngOf({ width: 8, height: 8, chunks: [iccp(profile)], at: () => [185, 71, 44] })

  it("a table for another number of samples is not applied", async () => {
    const table = Buffer.concat([Buffer.from("mAB \0\0\0\0\x09\x09", "latin1"), Buffer.alloc(22)])
    expect(await middle(withDamage(profileOf(LINEAR_SRGB, "broken", [["A2B0", table]])))).toEqual([185, 71, 44])
  })

  it.each([
    ["two whole profiles, the first of which counts", "1/1 whole", 118],
    ["all parts before another profile", "1/2 2/2 whole", 118],
    ["all parts, in another order", "2/2 1/2", 118],
    ["fewer parts than it says", "1/3 2/3", 46],
    ["a whole profile before parts of another", "whole 1/2 2/2", 60],
    ["one part twice", "1/2 1/2 2/2", 46],
    ["parts that disagree", "1/2 2/3", 46],
  ])("a JPEG with %s, is shown as browsers do", async (_, parts, expected) => {
    const profile = profileOf(LINEAR_SRGB)
    const segmentOf = (part: string): Buffer => {
      const [number = 1, total = 1] = part.split("/").map(Number)
      const length = Math.ceil(profile.length / total)
      const data = profile.subarray((number - 1) * length, number * length)
      return Buffer.concat([Buffer.from("ICC_PROFILE\0", "latin1"), Buffer.from([number, total]), data])
    }
    const background = { r: 46, g: 46, b: 46 }
    let original: Buffer = await sharp({ create: { width: 64, height: 48, channels: 3, background } })
      .jpeg()
      .toBuffer()
    const whole = profileOf({ ...LINEAR_SRGB, gamma: 1.8 })
    for (const part of parts.split(" ").toReversed())
      original = part === "whole" ? tagged(original, whole) : withJpegSegment(original, 0xe2, segmentOf(part))
    expect(maxDifference(await middle(original), [expected, expected, expected])).toBeLessThanOrEqual(2)
  })

  it("a profile of a version that browsers do not read is ignored", async () => {
    const profile = profileOf(LINEAR_SRGB)
    profile[8] = 5
    expect(await middle(withDamage(profile))).toEqual([185, 71, 44])
  })
})

describe("profiles that the image library does not apply", () => {
  const greys = [46, 118, 200]
  const greyPng = (depth: 8 | 16, colourType: 0 | 4): Buffer =>
    pngOf({
      width: 30,
      height: 8,
      depth,
      colourType,
      at: (x) => {
        const grey = (greys[Math.floor(x / 10)] ?? 0) * (depth === 16 ? 257 : 1)
        return colourType === 4 ? [grey, 2 ** depth - 1] : [grey]
      },
    })

  it.each([
    ["8 bits", 8, 0],
    ["8 bits with alpha", 8, 4],
    ["16 bits", 16, 0],
    ["16 bits with alpha", 16, 4],
  ] as const)("a grey PNG of %s is shown by its profile", async (_, depth, colourType) => {
    const { bytes } = await rendition(tagged(greyPng(depth, colourType), greyProfile(1)), { requested: "png" })
    const { at } = await decode(bytes)
    for (const [index, grey] of greys.entries())
      expect(Math.abs(at(index * 10 + 5, 4)[0] - greyToSrgb(grey, 1))).toBeLessThanOrEqual(2)
  })

  it("a profile of greys in an AVIF of three channels is ignored, as browsers do", async () => {
    const plain = await sharp({ create: { width: 64, height: 48, channels: 3, background: "#767676" } })
      .avif({ quality: 100, chromaSubsampling: "4:4:4", effort: 1 })
      .toBuffer()
    expect(maxDifference(await middle(withProfile(plain, greyProfile(1))), [118, 118, 118])).toBeLessThanOrEqual(2)
  })

  it("colour information of an unknown type in an AVIF is ignored", async () => {
    const plain = await sharp({ create: { width: 64, height: 48, channels: 3, background: "#767676" } })
      .avif({ quality: 100, chromaSubsampling: "4:4:4", effort: 1 })
      .toBuffer()
    const original = withNclx(plain, 12, 8)
    original.write("abcd", original.indexOf("colrnclx") + 4, "latin1")
    expect(maxDifference(await middle(original), [118, 118, 118])).toBeLessThanOrEqual(2)
  })

  it("a profile is sRGB by its content, not by its name", async () => {
    const space = { ...LINEAR_SRGB, gamma: 2.2 }
    const original = patch([46 / 255, 46 / 255, 46 / 255], 8, true, [])
    // A gamma of 2.2 is not the curve of sRGB.
    expect(maxDifference(await middle(tagged(original, profileOf(space, "sRGB"))), [42, 42, 42])).toBeLessThanOrEqual(2)
    const { bytes } = await rendition(await sharp(original).withIccProfile("srgb").png().toBuffer(), {
      requested: "png",
    })
    expect((await decode(bytes)).at(4, 4)).toEqual([46, 46, 46, 255])
  })
})
