/** Effects, overlays, round corners and trimming of named sizes, by colours at named places. */
import sharp from "sharp"
import { describe, expect, it } from "vitest"

import { withLoader } from "../../../src/render/sharp.ts"
import type { Overlay } from "../../../src/sizes/size-option-types.ts"
import { animated, BLUE, flat, GREEN, quadrants, RED, withAlpha, YELLOW } from "../../support/photos.ts"
import { maxDifference } from "../support.ts"
import { decodeNamed, infoFor, renderNamed } from "./support.ts"

const CLOSE = 16

describe("effects", () => {
  it("grayscale removes all colour", async () => {
    const decoded = await decodeNamed(await quadrants(), { size: "80w", grayscale: true }, { format: "png" })
    for (const [x, y] of [
      [0.1, 0.1],
      [0.9, 0.1],
      [0.1, 0.9],
    ] as const) {
      const [r, g, b] = decoded.around(x, y)
      expect(Math.max(r, g, b) - Math.min(r, g, b)).toBeLessThan(2)
    }
  })

  it("tint gives all pixels one hue", async () => {
    const decoded = await decodeNamed(await quadrants(), { size: "80w", tint: "#ff0000" }, { format: "png" })
    const [r, g, b] = decoded.around(0.1, 0.9)
    expect(r).toBeGreaterThan(g + 40)
    expect(r).toBeGreaterThan(b + 40)
  })

  it("blur softens an edge by its standard deviation in pixels of the output", async () => {
    const original = await quadrants({ width: 400, height: 300 })
    const edge = async (blur: number): Promise<number> => {
      const decoded = await decodeNamed(original, { size: "200w", blur }, { format: "png" })
      return maxDifference(decoded.at(98, 20), decoded.at(102, 20))
    }
    const [sharpEdge, little, much] = [await edge(0), await edge(3), await edge(20)]
    expect(sharpEdge).toBeGreaterThan(130)
    expect(little).toBeLessThan(sharpEdge)
    expect(much).toBeLessThan(little / 2)
  })

  it.each([true, 2] as const)("sharpen %j increases the contrast of an edge", async (sharpen) => {
    const soft = await sharp(await quadrants({ format: "png" }))
      .blur(4)
      .png()
      .toBuffer()
    const range = async (options: object): Promise<number> => {
      const decoded = await decodeNamed(soft, { size: "200w", ...options }, { format: "png" })
      const greens = Array.from({ length: 120 }, (_, x) => decoded.at(40 + x, 20)[1])
      return Math.max(...greens) - Math.min(...greens)
    }
    expect(await range({ sharpen })).toBeGreaterThan(await range({}))
  })

  it("effects do not mix the frames of an animation", async () => {
    const original = await animated({ width: 60, height: 40, colours: [RED, GREEN, BLUE] })
    const decoded = await decodeNamed(original, { size: "60w", blur: 10 }, { format: "webp" })
    for (const [frame, colour] of [RED, GREEN, BLUE].entries())
      for (const y of [0.02, 0.5, 0.98])
        expect(maxDifference(decoded.around(0.5, y, frame), colour)).toBeLessThan(CLOSE)
  })
})

describe("round", () => {
  it("circle leaves the corners transparent and the middle opaque", async () => {
    for (const format of ["png", "webp", "avif"] as const) {
      const { at, around } = await decodeNamed(await flat(), { size: "100x100", round: "circle" }, { format })
      for (const [x, y] of [
        [1, 1],
        [98, 1],
        [1, 98],
        [98, 98],
        [12, 12],
      ] as const)
        expect(at(x, y)[3]).toBeLessThan(8)
      for (const [x, y] of [
        [50, 1],
        [1, 50],
        [18, 18],
        [50, 50],
      ] as const)
        expect(at(x, y)[3]).toBeGreaterThan(247)
      expect(maxDifference(around(0.5, 0.5).slice(0, 3), RED)).toBeLessThan(CLOSE)
    }
  })

  it("a radius in pixels rounds only the corners, with smooth edges", async () => {
    const { at } = await decodeNamed(await flat(), { size: "100x60", round: 20 }, { format: "png" })
    expect(at(0, 0)[3]).toBe(0)
    expect(at(99, 59)[3]).toBe(0)
    expect(at(21, 0)[3]).toBe(255)
    expect(at(0, 21)[3]).toBe(255)
    const partial = Array.from({ length: 20 }, (_, x) => at(x, 1)[3]).filter((alpha) => alpha > 0 && alpha < 255)
    expect(partial.length).toBeGreaterThan(0)
  })

  it("the corners of a JPEG have the configured background", async () => {
    const { around } = await decodeNamed(
      await flat(),
      { size: "100x100", round: "circle" },
      { format: "jpeg", settings: { background: "#00ff00" } },
    )
    expect(maxDifference(around(0.02, 0.02), [0, 255, 0])).toBeLessThan(CLOSE)
  })

  it("the alpha of the original stays, and every frame is rounded", async () => {
    const clear = await decodeNamed(await withAlpha(), { size: "100x100", round: 10 }, { format: "png" })
    expect(clear.around(0.9, 0.5)[3]).toBe(0)
    expect(clear.around(0.2, 0.5)[3]).toBe(255)
    const moving = await decodeNamed(await animated(), { size: "100x100", round: "circle" }, { format: "webp" })
    for (let frame = 0; frame < moving.frames; frame++) {
      expect(moving.at(1, 1, frame)[3]).toBeLessThan(8)
      expect(moving.at(50, 50, frame)[3]).toBeGreaterThan(247)
    }
  })
})

const BLACK_SVG = Buffer.from(
  '<svg xmlns="http://www.w3.org/2000/svg" width="10" height="5"><rect width="10" height="5" fill="#000"/></svg>',
)

const logo = (width = 40, height = 20): Promise<Buffer> =>
  sharp({ create: { width, height, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 1 } } })
    .png()
    .toBuffer()

const isDark = (pixel: readonly number[]): boolean => Math.max(...pixel.slice(0, 3)) < 40

/** The rectangle of dark pixels: left, top, right and bottom, the last two exclusive. */
const darkBox = async (
  overlay: Overlay | readonly Overlay[],
  bytes: Uint8Array,
  size = "200x100",
): Promise<readonly number[]> => {
  const { at, width, height } = await decodeNamed(
    await flat(),
    { size, overlay },
    { format: "png", images: { logo: bytes } },
  )
  const columns = Array.from({ length: width }, (_, x) => x)
  const rows = Array.from({ length: height }, (_, y) => y)
  const darkColumns = columns.filter((x) => rows.some((y) => isDark(at(x, y))))
  const darkRows = rows.filter((y) => columns.some((x) => isDark(at(x, y))))
  return [darkColumns[0] ?? -1, darkRows[0] ?? -1, (darkColumns.at(-1) ?? -2) + 1, (darkRows.at(-1) ?? -2) + 1]
}

describe("overlay", () => {
  it.each<[Omit<Overlay, "image">, readonly number[]]>([
    [{}, [80, 40, 120, 60]],
    [{ gravity: "northwest" }, [0, 0, 40, 20]],
    [{ gravity: "southeast" }, [160, 80, 200, 100]],
    [{ gravity: "southeast", margin: 5 }, [155, 75, 195, 95]],
    [{ gravity: "southeast", margin: "3%" }, [154, 74, 194, 94]],
    [{ gravity: "east", width: 20 }, [180, 45, 200, 55]],
    [{ gravity: "north", width: "50%" }, [50, 0, 150, 50]],
    [{ width: "100%" }, [0, 0, 200, 100]],
    [{ width: 4000, gravity: "west" }, [0, 0, 200, 100]],
    [{ width: 4000, margin: 10 }, [20, 10, 180, 90]],
  ])("an overlay with %j is at its place", async (options, expected) => {
    for (const bytes of [await logo(), BLACK_SVG]) {
      const isOwnWidth = options.width === undefined
      if (isOwnWidth && bytes === BLACK_SVG) continue
      expect(await darkBox({ image: "logo", ...options }, bytes)).toEqual(expected)
    }
  })

  it("an SVG without a width has its own size, and is sharp at any other", async () => {
    expect(await darkBox({ image: "logo", gravity: "northwest" }, BLACK_SVG)).toEqual([0, 0, 10, 5])
    expect(await darkBox({ image: "logo", gravity: "northwest", width: 100 }, BLACK_SVG)).toEqual([0, 0, 100, 50])
  })

  it("an SVG is drawn although another one that began before has ended, and no SVG is decoded afterwards", async () => {
    const use = (before?: Promise<unknown>): Promise<unknown> =>
      withLoader("VipsForeignLoadSvg", async (makeImage) => {
        await before
        return makeImage(BLACK_SVG, {}).metadata()
      })
    const first = use()
    await expect(Promise.all([first, use(first)])).resolves.toMatchObject([{ width: 10 }, { width: 10 }])
    await expect(sharp(BLACK_SVG).metadata()).rejects.toThrow("unsupported image format")
  })

  it("opacity and blend mix the colours", async () => {
    const images = { logo: await logo() }
    const at = async (overlay: Omit<Overlay, "image">): Promise<readonly number[]> =>
      (
        await decodeNamed(
          await flat({ colour: [200, 100, 50] }),
          { size: "100x100", overlay: { image: "logo", ...overlay } },
          { format: "png", images },
        )
      ).around(0.5, 0.5)
    expect(maxDifference(await at({ opacity: 0.5 }), [100, 50, 25])).toBeLessThan(CLOSE)
    expect(maxDifference(await at({ opacity: 0 }), [200, 100, 50])).toBeLessThan(CLOSE)
    expect(maxDifference(await at({ blend: "multiply" }), [0, 0, 0])).toBeLessThan(CLOSE)
    expect(maxDifference(await at({ blend: "screen" }), [200, 100, 50])).toBeLessThan(CLOSE)
  })

  it("tile repeats the overlay over the whole output", async () => {
    const { at } = await decodeNamed(
      await flat(),
      { size: "200x100", overlay: { image: "logo", width: 20, margin: 10, tile: true } },
      { format: "png", images: { logo: await logo() } },
    )
    for (const x of [5, 35, 65, 155]) for (const y of [5, 25, 85]) expect(isDark(at(x, y))).toBe(true)
    for (const x of [25, 55, 175]) expect(isDark(at(x, 5))).toBe(false)
    expect(isDark(at(5, 15))).toBe(false)
  })

  it("several overlays are drawn in their order", async () => {
    const white = await sharp({ create: { width: 10, height: 10, channels: 3, background: "#fff" } })
      .png()
      .toBuffer()
    const overlay = [
      { image: "logo", width: 60 },
      { image: "white", width: 10 },
    ]
    const images = { logo: await logo(), white }
    const { around } = await decodeNamed(await flat(), { size: "100x100", overlay }, { format: "png", images })
    expect(maxDifference(around(0.5, 0.5), [255, 255, 255])).toBeLessThan(CLOSE)
    expect(isDark(around(0.3, 0.5))).toBe(true)
  })

  it("every frame of an animation gets the overlay", async () => {
    const images = { logo: await logo() }
    for (const format of ["gif", "webp"] as const) {
      const overlay = { image: "logo", gravity: "southeast", width: 40 } as const
      const decoded = await decodeNamed(await animated(), { size: "100x100", overlay }, { format, images })
      expect(decoded.frames).toBe(3)
      for (const [frame, colour] of [RED, GREEN, BLUE].entries()) {
        expect(isDark(decoded.around(0.9, 0.95, frame))).toBe(true)
        expect(maxDifference(decoded.around(0.2, 0.2, frame), colour)).toBeLessThan(CLOSE)
      }
    }
  })

  it("an overlay is over the padding of contain, and is not blurred", async () => {
    const { around } = await decodeNamed(
      await quadrants({ width: 200, height: 50 }),
      { size: "100x100", fit: "contain", blur: 8, overlay: { image: "logo", gravity: "north", width: 60 } },
      { format: "png", images: { logo: await logo() } },
    )
    expect(isDark(around(0.5, 0.1))).toBe(true)
    expect(isDark(around(0.25, 0.1))).toBe(true)
    expect(maxDifference(around(0.15, 0.1), [255, 255, 255])).toBeLessThan(CLOSE)
  })

  it("thin coloured lines of an overlay keep their colours in a JPEG", async () => {
    const lines = Buffer.from(
      `<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40"><rect width="40" height="40" fill="#00f"/>${Array.from(
        { length: 10 },
        (_, row) => `<rect y="${4 * row}" width="40" height="1" fill="#f00"/>`,
      ).join("")}</svg>`,
    )
    const overlay = { image: "lines", gravity: "northwest", margin: 8 } as const
    const original = await sharp(await quadrants({ width: 400, height: 300, format: "png" }))
      .jpeg({ chromaSubsampling: "4:2:0" })
      .toBuffer()
    const { at } = await decodeNamed(original, { size: "200x150", overlay }, { images: { lines } })
    expect(maxDifference(at(20, 24), RED)).toBeLessThan(60)
  })

  it("a picture of the photo's own size covers it", async () => {
    const images = { logo: await flat({ colour: YELLOW }) }
    const { around } = await decodeNamed(await flat(), { size: "80x60", overlay: { image: "logo" } }, { images })
    expect(maxDifference(around(0.1, 0.1), YELLOW)).toBeLessThan(CLOSE)
  })
})

describe("trim", () => {
  const bordered = async (format: "png" | "jpeg" = "png"): Promise<Buffer> => {
    const inside = await quadrants({ width: 120, height: 80, format: "png" })
    const image = sharp(inside).extend({ top: 10, bottom: 30, left: 40, right: 20, background: "#fff" })
    return format === "png" ? image.png().toBuffer() : image.jpeg({ quality: 95 }).toBuffer()
  }

  it.each(["png", "jpeg"] as const)("trim removes the border of a %s before it is fitted", async (format) => {
    const decoded = await decodeNamed(await bordered(format), { size: "60w", trim: true }, { format: "png" })
    expect(Math.abs(decoded.width - 60) + Math.abs(decoded.height - 40)).toBeLessThanOrEqual(2)
    expect(maxDifference(decoded.around(0.1, 0.1), RED)).toBeLessThan(CLOSE)
    expect(maxDifference(decoded.around(0.9, 0.9), YELLOW)).toBeLessThan(CLOSE)
  })

  it("info has the trimmed dimensions, which renditions have", async () => {
    const original = await bordered()
    const size = { size: "1000w", trim: true } as const
    const { trimmed, width, height } = await infoFor(original, size)
    expect([trimmed, width, height]).toEqual([{ 10: { width: 120, height: 80 } }, 180, 120])
    const { width: w, height: h } = await renderNamed(original, size)
    expect([w, h]).toEqual([120, 80])
    expect(await infoFor(original, { size: "1000w" })).not.toHaveProperty("trimmed")
  })

  it("trim does not change a photo of one colour", async () => {
    const { width, height } = await renderNamed(await flat({ format: "png" }), { size: "80w", trim: true })
    expect([width, height]).toEqual([80, 60])
  })

  it("single pixels that differ are part of the border, and so are transparent ones of any colour", async () => {
    const dots = [3, 50, 90].map((left) => ({
      input: { create: { width: 1, height: 1, channels: 3, background: "#000" } } as const,
      left,
      top: 4,
    }))
    const noisy = await sharp(await bordered())
      .composite(dots)
      .png()
      .toBuffer()
    const { width, height } = await renderNamed(noisy, { size: "1000w", trim: true })
    expect([width, height]).toEqual([120, 80])
    const inside = await flat({ width: 30, height: 20, format: "png" })
    const clear = sharp({
      create: { width: 100, height: 60, channels: 4, background: { r: 9, g: 99, b: 9, alpha: 0 } },
    })
    const original = await clear
      .composite([{ input: inside, left: 50, top: 10 }])
      .png()
      .toBuffer()
    const trimmed = await renderNamed(original, { size: "1000w", trim: true })
    expect([trimmed.width, trimmed.height]).toEqual([30, 20])
  })

  it("trim keeps the content of all frames of an animation", async () => {
    const frame = (left: number): Promise<Buffer> =>
      sharp({ create: { width: 100, height: 50, channels: 3, background: "#fff" } })
        .composite([{ input: { create: { width: 20, height: 20, channels: 3, background: "#f00" } }, left, top: 10 }])
        .removeAlpha()
        .raw()
        .toBuffer()
    const frames = Buffer.concat([await frame(10), await frame(60)])
    const raw = { width: 100, height: 100, channels: 3, pageHeight: 50 } as const
    const original = await sharp(frames, { raw })
      .gif({ delay: [100, 100] })
      .toBuffer()
    const decoded = await decodeNamed(original, { size: "200w", trim: true })
    expect([decoded.width, decoded.height, decoded.frames]).toEqual([70, 20, 2])
  })
})
