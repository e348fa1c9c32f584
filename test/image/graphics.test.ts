/**
 * Weight of graphics: screenshots, logos, line art and codes. Whatever format a browser accepts, a rendition of a lossless original is not
 * heavier than the one in the original's own format, and with no more pixels not heavier than the original.
 */
import sharp, { type Sharp } from "sharp"
import { describe, expect, it } from "vitest"

import type { Inspected } from "../../src/render/inspected.ts"
import { createRenderer } from "../../src/render/render.ts"
import type { Format } from "../../src/sizes/format.ts"
import { imageRecipe } from "../../src/sizes/recipe.ts"
import { decode, LIMITS, scene, seeded, SETTINGS, sizeOf } from "./support.ts"

const SIDES = { width: 240, height: 180 }

type Colour = readonly [number, number, number, number]

const draw = (at: (x: number, y: number) => Colour, { width, height } = SIDES): Sharp => {
  const data = Buffer.alloc(width * height * 4)
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) data.set(at(x, y), (y * width + x) * 4)
  return sharp(data, { raw: { width, height, channels: 4 } })
}

/** Distance of a place to the edge of a shape in pixels, negative inside. */
type Shape = (x: number, y: number) => number

interface Layer {
  readonly shape: Shape
  readonly colour: Colour
}

const everywhere: Shape = () => -1
const box =
  (left: number, top: number, width: number, height: number): Shape =>
  (x, y) =>
    Math.max(left - x, x - left - width, top - y, y - top - height)
const circle =
  (cx: number, cy: number, radius: number): Shape =>
  (x, y) =>
    Math.hypot(x - cx, y - cy) - radius
const ring =
  (cx: number, cy: number, radius: number, width: number): Shape =>
  (x, y) =>
    Math.abs(Math.hypot(x - cx, y - cy) - radius) - width / 2
const line =
  (x1: number, y1: number, x2: number, y2: number, width: number): Shape =>
  (x, y) => {
    const [dx, dy] = [x2 - x1, y2 - y1]
    const share = Math.max(0, Math.min(1, ((x - x1) * dx + (y - y1) * dy) / (dx * dx + dy * dy || 1)))
    return Math.hypot(x - x1 - share * dx, y - y1 - share * dy) - width / 2
  }

/** Shapes on top of each other, with smooth edges. */
const paint = (...layers: readonly Layer[]): Sharp =>
  draw((x, y) => {
    let [red, green, blue, alpha] = [0, 0, 0, 0]
    for (const { shape, colour } of layers) {
      const cover = (Math.max(0, Math.min(1, 0.5 - shape(x + 0.5, y + 0.5))) * colour[3]) / 255
      if (cover === 0) continue
      const below = alpha * (1 - cover)
      alpha = below + cover
      red = (red * below + colour[0] * cover) / alpha
      green = (green * below + colour[1] * cover) / alpha
      blue = (blue * below + colour[2] * cover) / alpha
    }
    return [Math.round(red), Math.round(green), Math.round(blue), Math.round(alpha * 255)]
  })

const on = (...colour: Colour): Layer => ({ shape: everywhere, colour })
const PAPER = on(255, 255, 255, 255)

/** Strokes like those of letters: without a font, the same on every machine. */
const text = (seed: number, colour: Colour): readonly Layer[] => {
  const random = seeded(seed)
  return Array.from({ length: 40 }, (_, at) => {
    const [x, y] = [12 + (at % 10) * 22, 20 + Math.floor(at / 10) * 40]
    const bend = (): number => Math.round(random() * 14)
    const [first, second] = [line(x, y, x + bend(), y + bend(), 2), line(x + bend(), y - 4, x, y + bend(), 1.5)]
    return { shape: (px, py) => Math.min(first(px, py), second(px, py)), colour }
  })
}

/** A window with a bar, text, and a photo in it. */
const screenshot = async (photoWidth: number): Promise<Sharp> => {
  const bar: Layer = { shape: box(0, 0, 240, 22), colour: [50, 70, 90, 255] }
  const window = await paint(PAPER, bar, ...text(5, [34, 34, 34, 255]))
    .png()
    .toBuffer()
  const photo = await scene({ width: photoWidth, height: 90 }).png().toBuffer()
  return sharp(window).composite([{ input: photo, left: 10, top: 60 }])
}

/** Areas of exactly so many colours. */
const areas = (count: number): Sharp =>
  draw((x, y) => {
    const index = (Math.floor(x / 12) + 20 * Math.floor(y / 12)) % count
    return [(index * 37) % 256, (index * 91) % 256, index, 255]
  })

const INKS: readonly Colour[] = [
  [0, 0, 0, 255],
  [204, 0, 51, 255],
  [238, 102, 51, 255],
]

const GRAPHICS: readonly (readonly [string, () => Sharp | Promise<Sharp>])[] = [
  ...[1, 2, 3, 4, 7, 16, 17, 64, 128, 200, 255, 256].map(
    (count) => [`areas of ${count} colours`, () => areas(count)] as const,
  ),
  ...INKS.map((colour, at) => [`text in ${colour.join(" ")}`, () => paint(PAPER, ...text(at, colour))] as const),
  ...INKS.map(
    (colour, at) => [`text in ${colour.join(" ")} without a background`, () => paint(...text(at + 9, colour))] as const,
  ),
  ["light text on dark", () => paint(on(17, 34, 51, 255), ...text(3, [220, 235, 255, 255]))],
  [
    "a code of black and white",
    () => {
      const random = seeded(8)
      const cells = Array.from({ length: 30 * 30 }, () => random() < 0.5)
      return draw((x, y) => {
        const isDark = cells[Math.floor(x / 8) + 30 * Math.floor(y / 8)] === true
        return isDark ? [0, 0, 0, 255] : [255, 255, 255, 255]
      })
    },
  ],
  ["stripes of one pixel", () => draw((x) => (x % 2 ? [0, 0, 0, 255] : [255, 255, 255, 255]))],
  [
    "hairlines in colour",
    () => draw((x, y) => (x % 9 === 0 ? [220, 0, 0, 255] : y % 9 === 0 ? [0, 0, 220, 255] : [255, 255, 255, 255])),
  ],
  ["a gradient of greys", () => draw((x) => [x, x, x, 255])],
  ["a gradient of colours", () => draw((x, y) => [x, y, 255 - x, 255])],
  ["a gradient to transparency", () => draw((x) => [40, 90, 160, x])],
  ["a steep gradient", () => draw((x, y) => [(x + y) & 255, 20, 90, 255])],
  ["a circle", () => paint(PAPER, { shape: circle(120, 90, 70), colour: [34, 119, 204, 255] })],
  ["a circle without a background", () => paint({ shape: circle(120, 90, 70), colour: [34, 119, 204, 255] })],
  ["a ring, half transparent", () => paint({ shape: ring(120, 90, 60, 20), colour: [170, 51, 204, 128] })],
  [
    "a logo of two shapes",
    () =>
      paint(
        PAPER,
        { shape: line(40, 150, 200, 30, 50), colour: [255, 136, 0, 255] },
        { shape: circle(120, 90, 18), colour: [255, 255, 255, 255] },
      ),
  ],
  [
    "a chart of bars",
    () => {
      const bar = (height: number, at: number): Layer => ({
        shape: box(20 + at * 35, 170 - height, 24, height),
        colour: [40 * at, 90, 200 - 30 * at, 255],
      })
      return paint(PAPER, ...[30, 90, 60, 140, 110, 75].map(bar))
    },
  ],
  [
    "a chart of lines",
    () => {
      const heights = [150, 120, 130, 60, 80, 30, 40]
      const part = (y: number, at: number): Layer => ({
        shape: line(at * 40, y, at * 40 + 40, heights[at + 1] ?? y, 1),
        colour: [0, 102, 204, 255],
      })
      return paint(PAPER, ...heights.map(part))
    },
  ],
  [
    "a radial gradient",
    () =>
      draw((x, y) => {
        const share = Math.min(1, Math.hypot(x - 120, y - 90) / 150)
        return [Math.round(255 - 220 * share), Math.round(238 - 170 * share), Math.round(136 + 30 * share), 255]
      }),
  ],
  [
    "a gradient below text",
    async () => {
      const letters = await paint(...text(2, [17, 17, 34, 255]))
        .png()
        .toBuffer()
      return draw((x) => [238 - (x >> 1), 238 - (x >> 1), 255 - (x >> 2), 255]).composite([{ input: letters }])
    },
  ],
  ["a shadow", () => paint(PAPER, { shape: box(40, 40, 160, 100), colour: [180, 180, 180, 255] }).blur(6)],
  [
    "noise of two colours",
    () => {
      const random = seeded(4)
      return draw(() => (random() < 0.5 ? [10, 10, 10, 255] : [250, 250, 250, 255]))
    },
  ],
  [
    "noise of all colours",
    () => {
      const random = seeded(6)
      const level = (): number => Math.floor(random() * 256)
      return draw(() => [level(), level(), level(), 255])
    },
  ],
  ["a photo", () => scene(SIDES)],
  ["a photo without grain", () => scene({ ...SIDES, grain: 0 })],
  [
    "a photo in a circle",
    async () => {
      const mask = await paint({ shape: circle(120, 90, 80), colour: [255, 255, 255, 255] })
        .png()
        .toBuffer()
      return scene(SIDES)
        .ensureAlpha()
        .composite([{ input: mask, blend: "dest-in" }])
    },
  ],
  ["a grey photo", () => scene(SIDES).toColourspace("b-w")],
  ["a screenshot with a small photo", () => screenshot(60)],
  ["a screenshot with a large photo", () => screenshot(200)],
]

type Save = (image: Sharp) => Promise<Buffer>

const KINDS: Readonly<Record<string, Save>> = {
  PNG: (image) => image.png({ compressionLevel: 9 }).toBuffer(),
  "PNG with a palette": (image) => image.png({ palette: true, compressionLevel: 9 }).toBuffer(),
  GIF: (image) => image.gif({ effort: 7 }).toBuffer(),
  TIFF: (image) => image.tiff({ compression: "deflate" }).toBuffer(),
  WebP: (image) => image.webp({ lossless: true }).toBuffer(),
}

/** Kinds by turns, PNG for all. */
const kindsOf = (at: number): readonly string[] => ["PNG", Object.keys(KINDS)[1 + (at % 4)] ?? "PNG"]

interface Found {
  readonly bytes: Uint8Array
  readonly format: Format
}

/** A rendition for each explicit format, and the one of the base URL. */
const renderAll = async (
  original: Buffer,
  size: string,
): Promise<{ readonly inspected: Inspected; readonly base: Found; readonly others: readonly Found[] }> => {
  const session = await createRenderer(LIMITS).open(original)
  const render = async (requested: Format | undefined): Promise<Found> => {
    const { bytes, format } = await session.render(imageRecipe(sizeOf(size), requested, SETTINGS))
    if (!format) throw new Error("a rendition without a format")
    return { bytes, format }
  }
  const base = await render(undefined)
  return { inspected: session.inspected, base, others: [await render("avif"), await render("webp")] }
}

it("there are at least 40 graphics", () => {
  expect(GRAPHICS.length).toBeGreaterThanOrEqual(40)
})

describe.each(GRAPHICS.map(([name, make], at) => [name, make, at] as const))("%s", (name, make, at) => {
  it.each(kindsOf(at))("no accepted format of a %s costs more bytes", async (kind) => {
    const original = await KINDS[kind]?.(await make())
    if (!original) throw new Error(`no kind ${kind}`)
    for (const size of ["240w", "120w"]) {
      const { base, others } = await renderAll(original, size)
      // Photos are not encoded twice to prove it.
      for (const { bytes, format } of name.startsWith("a photo") ? [] : others)
        expect(bytes.length, `${size} as ${format} over ${base.format}`).toBeLessThanOrEqual(base.bytes.length)
      expect(base.bytes.length, `${size} over the original`).toBeLessThanOrEqual(original.length)
    }
  })
})

/** Mean difference of the greys of a rendition from those of the resized original, 0 to 255. */
const meanDifference = async (original: Buffer, found: Uint8Array): Promise<number> => {
  const greys = (image: Sharp): Promise<Buffer> => image.toColourspace("b-w").raw().toBuffer()
  const { width, height } = await sharp(found).metadata()
  const whole = await sharp(original).toColourspace("b-w").png().toBuffer()
  const [a, b] = [await greys(sharp(found)), await greys(sharp(whole).resize(width, height))]
  return a.reduce((sum, grey, at) => sum + Math.abs(grey - (b[at] ?? 0)), 0) / a.length
}

const pixelsOf = (bytes: Uint8Array): Promise<Buffer> => sharp(bytes).ensureAlpha().raw().toBuffer()

describe("lossless answers", () => {
  it("a page of text in black and white stays legible, and is not heavier than a TIFF for faxes", async () => {
    const input = await paint(PAPER, ...text(5, [0, 0, 0, 255]))
      .png()
      .toBuffer()
    const paper = sharp({ create: { width: 480, height: 360, channels: 3, background: "white" } })
    const letters = await paper
      .composite([{ input, tile: true }])
      .png()
      .toBuffer()
    const page = sharp(letters).removeAlpha().threshold().toColourspace("b-w")
    const original = await page.tiff({ compression: "ccittfax4", bitdepth: 1 }).toBuffer()
    for (const size of ["480w", "320w", "240w"]) {
      const { base, others } = await renderAll(original, size)
      for (const { bytes } of [base, ...others]) {
        expect(bytes.length).toBeLessThanOrEqual(original.length)
        expect(await meanDifference(original, bytes)).toBeLessThan(size === "480w" ? 0.1 : 6)
      }
    }
  })

  it("a WebP without loss that cannot be encoded lighter comes back as it is, without its metadata", async () => {
    const random = seeded(12)
    const cells = Array.from({ length: 16 * 16 }, () => Math.floor(random() * 6))
    const at = (x: number, y: number): Colour => [(cells[y * 16 + Math.min(x, 15 - x)] ?? 0) * 40, 90, 200, 255]
    const original = await draw(at, { width: 16, height: 16 })
      .webp({ lossless: true, effort: 6 })
      .withExif({ IFD0: { Copyright: "someone" } })
      .toBuffer()
    const { base, others } = await renderAll(original, "16w")
    for (const { bytes } of [base, ...others]) {
      expect(bytes.length).toBeLessThan(original.length)
      expect((await sharp(bytes).metadata()).exif).toBeUndefined()
      expect(await pixelsOf(bytes)).toEqual(await pixelsOf(original))
    }
  })

  it("few colours come back as they are in every format", async () => {
    const original = await areas(7).png().toBuffer()
    const expected = await decode(original)
    const { base, others } = await renderAll(original, "240w")
    for (const { bytes } of [base, ...others]) {
      const found = await decode(bytes)
      for (const [x, y] of [
        [6, 6],
        [40, 100],
        [200, 170],
      ] as const)
        expect(found.at(x, y)).toEqual(expected.at(x, y))
    }
  })

  it("the format of a key does not depend on what was rendered before", async () => {
    const original = await (await screenshot(120)).png().toBuffer()
    const recipe = imageRecipe(sizeOf("120w"), "avif", SETTINGS)
    const alone = await (await createRenderer(LIMITS).open(original)).render(recipe)
    const session = await createRenderer(LIMITS).open(original)
    for (const size of ["240w", "60w"]) await session.render(imageRecipe(sizeOf(size), "webp", SETTINGS))
    const after = await session.render(recipe)
    expect(after.format).toBe(alone.format)
    expect(Buffer.from(after.bytes).equals(Buffer.from(alone.bytes))).toBe(true)
  })
})
