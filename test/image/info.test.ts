/** `info` of an original, which pages rely on: correct for every kind of original, unusual ones included. */
import sharp, { type Sharp } from "sharp"
import { describe, expect, it } from "vitest"

import { createRenderer } from "../../src/render/render.ts"
import type { Info } from "../../src/sizes/info.ts"
import { infoRecipe, type RenderSettings } from "../../src/sizes/recipe.ts"
import {
  animated,
  BLUE,
  flat,
  GREEN,
  type Orientation,
  ORIENTATIONS,
  quadrants,
  RED,
  withAlpha,
  YELLOW,
} from "../support/photos.ts"
import { ADOBE_RGB, profileOf, type Rgb, tagged, toSrgb } from "./profiles.ts"
import { maxDifference, decode, type Decoded, LIMITS, SETTINGS } from "./support.ts"

interface Described {
  readonly info: Info
  readonly placeholder: Decoded
  readonly placeholderBytes: number
  readonly dominant: Rgb
}

const describeOf = async (original: Uint8Array, settings: Partial<RenderSettings> = {}): Promise<Described> => {
  const { animationPixels } = { ...SETTINGS, ...settings }
  const session = await createRenderer({ ...LIMITS, animationPixels }).open(original)
  const rendered = await session.render(infoRecipe({ ...SETTINGS, ...settings }))
  expect(rendered.contentType).toBe("application/json")
  const info = JSON.parse(Buffer.from(rendered.bytes).toString("utf8")) as Info
  const data = /^data:image\/webp;base64,([A-Za-z0-9+/]+=*)$/.exec(info.placeholder)?.[1]
  const placeholder = Buffer.from(data ?? "", "base64")
  expect((await sharp(placeholder).metadata()).format).toBe("webp")
  const digits = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/.exec(info.dominantColour) ?? []
  const [r, g, b] = digits.slice(1).map((channel) => Number.parseInt(channel, 16))
  if (r === undefined || g === undefined || b === undefined) throw new Error(`no colour: ${info.dominantColour}`)
  return { info, placeholder: await decode(placeholder), placeholderBytes: placeholder.length, dominant: [r, g, b] }
}

const solid = ([r, g, b]: Rgb, alpha?: number): Sharp =>
  sharp({
    create: {
      width: 60,
      height: 40,
      channels: alpha === undefined ? 3 : 4,
      background: alpha === undefined ? { r, g, b } : { r, g, b, alpha },
    },
  })

describe("dimensions", () => {
  it("info has the dimensions of the upright photo in every orientation and format", async () => {
    for (const format of ["jpeg", "png", "webp", "avif", "tiff"] as const) {
      for (const orientation of ORIENTATIONS) {
        const { info } = await describeOf(await quadrants({ width: 90, height: 140, orientation, format }))
        expect([info.width, info.height]).toEqual([90, 140])
      }
    }
  })

  it("info of an animation has the dimensions of one frame", async () => {
    for (const format of ["gif", "webp"] as const) {
      const { info } = await describeOf(await animated({ width: 70, height: 50, format }))
      expect([info.width, info.height]).toEqual([70, 50])
    }
  })
})

describe("format, length and animation", () => {
  it.each(["jpeg", "png", "webp", "avif", "gif", "tiff"] as const)(
    "info has format and length of a %s file",
    async (format) => {
      const original = await flat({ width: 60, height: 40, format })
      const { info } = await describeOf(original)
      expect(info).toMatchObject({ format, byteLength: original.length, animated: false })
    },
  )

  it("info reports an animation as animated, unless it exceeds the limit and its renditions are stills", async () => {
    for (const format of ["gif", "webp"] as const) {
      const original = await animated({ format })
      expect((await describeOf(original)).info).toMatchObject({ format, animated: true })
      expect((await describeOf(original, { animationPixels: 1000 })).info).toMatchObject({ format, animated: false })
    }
  })

  it("info reports a GIF with one frame as not animated", async () => {
    expect((await describeOf(await animated({ colours: [RED] }))).info.animated).toBe(false)
  })
})

describe("the placeholder", () => {
  it.each([
    [400, 300, [16, 12]],
    [300, 400, [12, 16]],
    [1600, 90, [16, 1]],
    [3, 900, [1, 16]],
    [100, 100, [16, 16]],
    [16, 16, [16, 16]],
    [7, 5, [7, 5]],
    [1, 1, [1, 1]],
    [5000, 1, [16, 1]],
  ] as const)(
    "the placeholder of a %d × %d photo is %o: at most 16 pixels a side, same ratio, never enlarged",
    async (width, height, expected) => {
      const { placeholder, placeholderBytes } = await describeOf(await flat({ width, height }))
      expect([placeholder.width, placeholder.height]).toEqual(expected)
      expect(placeholderBytes).toBeLessThan(1000)
    },
  )

  it("the placeholder shows the colours of the upright photo in their places", async () => {
    for (const orientation of [1, 3, 6, 7] satisfies readonly Orientation[]) {
      const { placeholder } = await describeOf(await quadrants({ width: 120, height: 160, orientation }))
      expect(maxDifference(placeholder.around(0.2, 0.2), RED)).toBeLessThan(50)
      expect(maxDifference(placeholder.around(0.8, 0.2), GREEN)).toBeLessThan(50)
      expect(maxDifference(placeholder.around(0.2, 0.8), BLUE)).toBeLessThan(50)
      expect(maxDifference(placeholder.around(0.8, 0.8), YELLOW)).toBeLessThan(50)
    }
  })

  it("the placeholder keeps transparency", async () => {
    for (const format of ["png", "webp", "avif", "tiff"] as const) {
      const { placeholder } = await describeOf(await withAlpha({ width: 120, height: 90, format }))
      expect(placeholder.around(0.2, 0.5)[3]).toBeGreaterThan(250)
      expect(placeholder.around(0.9, 0.5)[3]).toBeLessThan(5)
    }
  })

  it("the placeholder of an animation shows its first frame", async () => {
    for (const format of ["gif", "webp"] as const) {
      const { placeholder } = await describeOf(await animated({ format }))
      expect(placeholder.frames).toBe(1)
      expect(maxDifference(placeholder.around(0.5, 0.5), RED)).toBeLessThan(20)
    }
  })
})

const KINDS: readonly (readonly [string, Rgb, () => Promise<Buffer>])[] = [
  ["a JPEG", [200, 60, 30], () => solid([200, 60, 30]).jpeg({ quality: 95 }).toBuffer()],
  ["a grey JPEG", [90, 90, 90], () => solid([90, 90, 90]).toColourspace("b-w").jpeg().toBuffer()],
  [
    "a CMYK JPEG",
    [150, 120, 100],
    () => solid([150, 120, 100]).withIccProfile("cmyk").jpeg({ quality: 95 }).toBuffer(),
  ],
  ["a PNG of 16 bits", [40, 160, 90], () => solid([40, 160, 90]).toColourspace("rgb16").png().toBuffer()],
  ["a grey PNG of 16 bits", [160, 160, 160], () => solid([160, 160, 160]).toColourspace("grey16").png().toBuffer()],
  ["a PNG with a palette", [200, 60, 30], () => solid([200, 60, 30]).png({ palette: true }).toBuffer()],
  ["a grey PNG with alpha", [90, 90, 90], () => solid([90, 90, 90], 1).toColourspace("b-w").png().toBuffer()],
  [
    "a photo in Display P3",
    [200, 60, 30],
    () => solid([200, 60, 30]).withIccProfile("p3").jpeg({ quality: 95 }).toBuffer(),
  ],
  [
    "a photo in Adobe RGB",
    toSrgb([150, 170, 60], ADOBE_RGB),
    async () => tagged(await solid([150, 170, 60]).png().toBuffer(), profileOf(ADOBE_RGB)),
  ],
  [
    "a photo in Adobe RGB of 16 bits",
    toSrgb([150, 170, 60], ADOBE_RGB),
    async () => tagged(await solid([150, 170, 60]).toColourspace("rgb16").png().toBuffer(), profileOf(ADOBE_RGB)),
  ],
  ["an animation", RED, () => animated({ colours: [RED, GREEN] })],
  ["an AVIF of 10 bits", [200, 60, 30], () => solid([200, 60, 30]).avif({ bitdepth: 10, effort: 0 }).toBuffer()],
]

describe("the dominant colour", () => {
  it.each(KINDS)("dominant colour and placeholder of %s match its colour", async (_, colour, make) => {
    const { dominant, placeholder } = await describeOf(await make())
    expect(maxDifference(dominant, colour)).toBeLessThanOrEqual(22)
    expect(maxDifference(placeholder.around(0.5, 0.5), colour)).toBeLessThanOrEqual(20)
  })

  it("the dominant colour distinguishes similar colours", async () => {
    for (const colour of [
      [255, 255, 255],
      [0, 0, 0],
      [128, 128, 128],
      [250, 120, 130],
    ] satisfies readonly Rgb[]) {
      const { dominant } = await describeOf(await solid(colour).png().toBuffer())
      expect(maxDifference(dominant, colour)).toBeLessThanOrEqual(8)
    }
  })

  it("the dominant colour is the colour of the larger part", async () => {
    const [width, height] = [100, 80]
    const pixels = Buffer.alloc(width * height * 3)
    for (let at = 0; at < width * height; at++) pixels.set(at % width < 65 ? BLUE : YELLOW, at * 3)
    const original = await sharp(pixels, { raw: { width, height, channels: 3 } })
      .png()
      .toBuffer()
    expect(maxDifference((await describeOf(original)).dominant, BLUE)).toBeLessThanOrEqual(16)
  })

  it("the dominant colour of a transparent image is the configured background", async () => {
    const clear = await solid([200, 60, 30], 0).png().toBuffer()
    expect(maxDifference((await describeOf(clear)).dominant, [255, 255, 255])).toBeLessThanOrEqual(8)
    expect(
      maxDifference((await describeOf(clear, { background: "#1e90ff" })).dominant, [0x1e, 0x90, 0xff]),
    ).toBeLessThanOrEqual(8)
    const greyClear = await solid([90, 90, 90], 0).toColourspace("b-w").png().toBuffer()
    expect(
      maxDifference((await describeOf(greyClear, { background: "#1e90ff" })).dominant, [0x1e, 0x90, 0xff]),
    ).toBeLessThanOrEqual(8)
  })
})
