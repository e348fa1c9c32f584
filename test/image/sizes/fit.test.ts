/**
 * Fits of named sizes, checked by the colours at named places: for every orientation, kind of original, output format, alpha and animation.
 */
import sharp from "sharp"
import { describe, expect, it } from "vitest"

import type { Format } from "../../../src/sizes/format.ts"
import type { NamedSizeInput } from "../../../src/sizes/list.ts"
import {
  animated,
  BLUE,
  type Colour,
  GREEN,
  type Orientation,
  ORIENTATIONS,
  paint,
  type PhotoFormat,
  quadrants,
  RED,
  withAlpha,
  YELLOW,
} from "../../support/photos.ts"
import { type Decoded, maxDifference } from "../support.ts"
import { decodeNamed, renderNamed } from "./support.ts"

const PINK: Colour = [255, 0, 255]
const TRANSPARENT = [0, 0, 0, 0] as const

/** A lossy encoder may be off by this much in even areas. */
const CLOSE = 20

interface Place {
  readonly x: number
  readonly y: number
  readonly colour: readonly number[]
}

const expectColours = ({ around }: Decoded, places: readonly Place[], frame = 0): void => {
  const got = places.map(({ x, y, colour }) => {
    const pixel = around(x, y, frame)
    const isSame = colour.length === 4 && colour[3] === 0 ? pixel[3] < 8 : maxDifference(pixel, colour) < CLOSE
    return isSame ? "" : `(${x}, ${y}) is ${pixel.map(Math.round).join()} for ${colour.join()}`
  })
  expect(got.filter((text) => text !== "")).toEqual([])
}

/** The four quadrants in a part of the output, in fractions. */
const quadrantsIn = (left: number, top: number, right: number, bottom: number): readonly Place[] => {
  const at = (fx: number, fy: number, colour: Colour): Place => ({
    x: left + (right - left) * fx,
    y: top + (bottom - top) * fy,
    colour,
  })
  return [at(0.15, 0.15, RED), at(0.85, 0.15, GREEN), at(0.15, 0.85, BLUE), at(0.85, 0.85, YELLOW)]
}

const band = (
  colour: Colour | typeof TRANSPARENT,
  ...places: readonly (readonly [number, number])[]
): readonly Place[] => places.map(([x, y]) => ({ x, y, colour }))

interface FitCase {
  readonly name: string
  readonly size: NamedSizeInput
  readonly width: number
  readonly height: number
  readonly places: readonly Place[]
}

/** For quadrants of 240 × 160. */
const FITS: readonly FitCase[] = [
  {
    name: "cover",
    size: { size: "120x120" },
    width: 120,
    height: 120,
    places: quadrantsIn(0, 0, 1, 1),
  },
  {
    name: "contain",
    size: { size: "120x120", fit: "contain", background: "#ff00ff" },
    width: 120,
    height: 120,
    places: [...quadrantsIn(0, 1 / 6, 1, 5 / 6), ...band(PINK, [0.5, 0.05], [0.5, 0.95])],
  },
  {
    name: "contain at the top",
    size: { size: "120x120", fit: "contain", background: "#f0f", gravity: "north" },
    width: 120,
    height: 120,
    places: [...quadrantsIn(0, 0, 1, 2 / 3), ...band(PINK, [0.5, 0.8], [0.5, 0.95])],
  },
  {
    name: "contain with padding",
    size: { size: "120x120", fit: "contain", background: "#f0f", padding: "25%" },
    width: 120,
    height: 120,
    places: [...quadrantsIn(0.25, 1 / 3, 0.75, 2 / 3), ...band(PINK, [0.1, 0.5], [0.9, 0.5], [0.5, 0.1], [0.5, 0.9])],
  },
  {
    name: "contain in a box larger than the original",
    size: { size: "480x320", fit: "contain", background: "#f0f" },
    width: 480,
    height: 320,
    places: [...quadrantsIn(0.25, 0.25, 0.75, 0.75), ...band(PINK, [0.1, 0.5], [0.9, 0.5], [0.5, 0.1], [0.5, 0.9])],
  },
  {
    name: "inside",
    size: { size: "120x120", fit: "inside" },
    width: 120,
    height: 80,
    places: quadrantsIn(0, 0, 1, 1),
  },
  {
    name: "inside a box larger than the original",
    size: { size: "800x800", fit: "inside" },
    width: 240,
    height: 160,
    places: quadrantsIn(0, 0, 1, 1),
  },
]

const KINDS: readonly PhotoFormat[] = ["jpeg", "png", "webp", "avif", "tiff"]
const OUTPUTS: readonly (Format | undefined)[] = [undefined, "webp", "png"]

const expectFit = async (
  { size, width, height, places }: FitCase,
  original: Uint8Array,
  format?: Format,
): Promise<void> => {
  const decoded = await decodeNamed(original, size, format && { format })
  expect([decoded.width, decoded.height]).toEqual([width, height])
  expectColours(decoded, places)
}

describe("fit", () => {
  it.each(FITS)("$name shows the right colours from all orientations", async (fit) => {
    for (const orientation of ORIENTATIONS)
      await expectFit(fit, await quadrants({ width: 240, height: 160, orientation, format: "jpeg" }))
  })

  it.each(FITS.flatMap((fit) => KINDS.map((kind) => ({ name: fit.name, fit, kind }))))(
    "$name of a $kind shows the right colours in each output format",
    async ({ kind, fit }) => {
      const orientation: Orientation = kind === "gif" ? 1 : 6
      const original = await quadrants({ width: 240, height: 160, orientation, format: kind })
      for (const format of OUTPUTS) await expectFit(fit, original, format)
    },
  )

  it.each(FITS)("$name is made of every frame of an animation", async ({ size, width, height }) => {
    const original = await animated({ width: 240, height: 160, colours: [RED, GREEN, BLUE] })
    for (const format of ["gif", "webp"] as const) {
      const decoded = await decodeNamed(original, size, { format })
      expect([decoded.width, decoded.height, decoded.frames]).toEqual([width, height, 3])
      for (const [frame, colour] of [RED, GREEN, BLUE].entries())
        expectColours(decoded, [{ x: 0.5, y: 0.5, colour }], frame)
    }
  })
})

/** A photo of 240 × 160 whose left half is red and whose right half is transparent, once it is upright. */
const halfClear = async (orientation: Orientation, format: "png" | "webp" | "avif"): Promise<Buffer> => {
  const upright = sharp(await withAlpha({ width: 240, height: 160 }))
  const [degrees, isMirrored] = TURNS[orientation]
  const turned = sharp(await (isMirrored ? upright.flop() : upright).toBuffer()).rotate(degrees)
  return turned
    .toFormat(format, format === "avif" ? { quality: 90, effort: 0 } : {})
    .withMetadata({ orientation })
    .toBuffer()
}

/** From the upright to the stored picture: mirrored, then turned clockwise. EXIF 2.32, tag 0x0112. */
const TURNS: Readonly<Record<Orientation, readonly [degrees: number, isMirrored: boolean]>> = {
  1: [0, false],
  2: [0, true],
  3: [180, false],
  4: [180, true],
  5: [270, true],
  6: [270, false],
  7: [90, true],
  8: [90, false],
}

/** The same places for every fit: in the opaque half, and in the transparent one of the picture. */
const CLEAR_FITS: readonly (readonly [name: string, size: NamedSizeInput, behind: readonly number[]])[] = [
  ["cover", { size: "120x120" }, TRANSPARENT],
  ["contain", { size: "120x120", fit: "contain", background: "#ff00ff" }, PINK],
  ["contain over nothing", { size: "120x120", fit: "contain", background: "transparent" }, TRANSPARENT],
  ["inside", { size: "120x120", fit: "inside" }, TRANSPARENT],
]

describe("fit of a photo with transparent parts", () => {
  it.each(CLEAR_FITS)("%s keeps or fills them from all orientations, in each format", async (_, size, behind) => {
    for (const orientation of ORIENTATIONS) {
      const original = await halfClear(orientation, orientation % 2 ? "png" : "webp")
      for (const format of ["png", "webp", "avif"] as const) {
        const decoded = await decodeNamed(original, size, { format })
        expectColours(decoded, [...band(RED, [0.25, 0.5]), { x: 0.75, y: 0.5, colour: behind }])
      }
    }
  })

  it.each(CLEAR_FITS)("%s shows the background there in a JPEG", async (_, size, behind) => {
    const settings = { background: "#00ff00" }
    for (const kind of ["png", "webp", "avif"] as const) {
      const decoded = await decodeNamed(await halfClear(1, kind), size, { format: "jpeg", settings })
      const shown = behind === TRANSPARENT ? [0, 255, 0] : behind
      expectColours(decoded, [...band(RED, [0.25, 0.5]), { x: 0.75, y: 0.5, colour: shown }])
    }
  })

  it.each(CLEAR_FITS)("%s keeps or fills them in every frame of an animation", async (_, size, behind) => {
    const frame = await sharp(await halfClear(1, "png"))
      .raw()
      .toBuffer()
    const original = await sharp(Buffer.concat([frame, frame]), {
      raw: { width: 240, height: 320, channels: 4, pageHeight: 160 },
    })
      .webp({ delay: [100, 100], lossless: true })
      .toBuffer()
    for (const format of ["gif", "webp"] as const) {
      const decoded = await decodeNamed(original, size, { format })
      for (const at of [0, decoded.frames - 1])
        expectColours(decoded, [...band(RED, [0.25, 0.5]), { x: 0.75, y: 0.5, colour: behind }], at)
    }
  })
})

describe("background of contain", () => {
  const photo = quadrants({ width: 240, height: 160 })
  const box = { size: "120x120", fit: "contain" } as const

  it("the default is the configured background, in every format", async () => {
    for (const format of ["jpeg", "webp", "png"] as const) {
      const decoded = await decodeNamed(await photo, box, { format, settings: { background: "#0000ff" } })
      expectColours(decoded, band([0, 0, 255], [0.5, 0.05], [0.5, 0.95]))
    }
  })

  it("transparent is transparent where the format can be, and the configured background in a JPEG", async () => {
    for (const format of ["webp", "png", "avif"] as const)
      expectColours(await decodeNamed(await photo, { ...box, background: "transparent" }, { format }), [
        ...band(TRANSPARENT, [0.5, 0.05], [0.5, 0.95]),
        ...quadrantsIn(0, 1 / 6, 1, 5 / 6),
      ])
    const jpeg = await decodeNamed(
      await photo,
      { ...box, background: "transparent" },
      { settings: { background: "#00ff00" } },
    )
    expectColours(jpeg, band([0, 255, 0], [0.5, 0.05], [0.5, 0.95]))
  })

  it("dominant is the most frequent colour of the photo", async () => {
    const colourOf = (x: number): Colour => (x < 180 ? GREEN : BLUE)
    const original = await paint({ width: 240, height: 160, colourOf, format: "png" })
    const decoded = await decodeNamed(original, { ...box, background: "dominant" }, { format: "png" })
    expectColours(decoded, band(GREEN, [0.5, 0.05], [0.5, 0.95]))
  })

  it("blur is the photo itself, enlarged and blurred, behind the sharp one", async () => {
    const decoded = await decodeNamed(await photo, { ...box, background: "blur" }, { format: "png" })
    expectColours(decoded, quadrantsIn(0, 1 / 6, 1, 5 / 6))
    // The corners of the backdrop have the colours of the corners of the photo, and its middle is a mixture.
    expect(maxDifference(decoded.around(0.1, 0.05), RED)).toBeLessThan(40)
    expect(maxDifference(decoded.around(0.9, 0.95), YELLOW)).toBeLessThan(40)
    const middle = decoded.around(0.5, 0.05)
    expect(maxDifference(middle, RED)).toBeGreaterThan(20)
    expect(maxDifference(middle, GREEN)).toBeGreaterThan(20)
  })

  it("blur enlarges only the backdrop of a photo that is smaller than its box", async () => {
    const decoded = await decodeNamed(
      await photo,
      { size: "480x480", fit: "contain", background: "blur" },
      { format: "png" },
    )
    expectColours(decoded, quadrantsIn(0.25, 1 / 3, 0.75, 2 / 3))
    expect(maxDifference(decoded.around(0.1, 0.1), RED)).toBeLessThan(40)
  })

  it.each(["png", "webp", "avif", "tiff"] as const)(
    "a colour shows through the transparent half of a %s",
    async (kind) => {
      const original = await withAlpha({ width: 240, height: 160, format: kind })
      const colour = await decodeNamed(original, { ...box, background: "#ff00ff" }, { format: "webp" })
      expectColours(colour, [...band(RED, [0.2, 0.5]), ...band(PINK, [0.8, 0.5], [0.5, 0.05])])
      const clear = await decodeNamed(original, { ...box, background: "transparent" }, { format: "png" })
      expectColours(clear, [...band(RED, [0.2, 0.5]), ...band(TRANSPARENT, [0.8, 0.5], [0.5, 0.05])])
      const blurred = await decodeNamed(original, { ...box, background: "blur" }, { format: "png" })
      expect(blurred.around(0.8, 0.5)[3]).toBe(255)
    },
  )
})

describe("turns", () => {
  const photo = quadrants({ width: 240, height: 160 })
  const corners = ({ around }: Decoded): readonly string[] =>
    (
      [
        [0.15, 0.15],
        [0.85, 0.15],
        [0.15, 0.85],
        [0.85, 0.85],
      ] as const
    ).map(([x, y]) => {
      const pixel = around(x, y)
      const names = { red: RED, green: GREEN, blue: BLUE, yellow: YELLOW }
      return Object.entries(names).find(([, colour]) => maxDifference(pixel, colour) < CLOSE)?.[0] ?? "other"
    })

  it.each<[Partial<NamedSizeInput>, readonly string[], readonly [number, number]]>([
    [{ rotate: 90 }, ["blue", "red", "yellow", "green"], [80, 120]],
    [{ rotate: 180 }, ["yellow", "blue", "green", "red"], [80, 53]],
    [{ rotate: 270 }, ["green", "yellow", "red", "blue"], [80, 120]],
    [{ flip: true }, ["blue", "yellow", "red", "green"], [80, 53]],
    [{ flop: true }, ["green", "red", "yellow", "blue"], [80, 53]],
    [{ rotate: 90, flop: true }, ["red", "blue", "green", "yellow"], [80, 120]],
  ])("%j turns a size by width", async (options, expected, [width, height]) => {
    const decoded = await decodeNamed(await photo, { size: "80w", ...options })
    expect(corners(decoded)).toEqual(expected)
    expect([decoded.width, decoded.height]).toEqual([width, height])
  })

  it.each<[Partial<NamedSizeInput>, readonly string[]]>([
    [{ rotate: 90, gravity: "north" }, ["blue", "red", "blue", "red"]],
    [{ rotate: 90, gravity: "south" }, ["yellow", "green", "yellow", "green"]],
    [{ rotate: 270, gravity: "north" }, ["green", "yellow", "green", "yellow"]],
    [{ flip: true, gravity: "north" }, ["blue", "yellow", "blue", "yellow"]],
    [{ rotate: 180, gravity: "north" }, ["yellow", "blue", "yellow", "blue"]],
  ])("%j crops the turned photo by its gravity", async (options, expected) => {
    const size = options.rotate === 90 || options.rotate === 270 ? "160x100" : "240x60"
    expect(corners(await decodeNamed(await photo, { size, ...options }))).toEqual(expected)
  })

  it("a turn applies to the upright photo, and to every frame", async () => {
    const lying = await quadrants({ width: 240, height: 160, orientation: 8 })
    expect(corners(await decodeNamed(lying, { size: "80w", rotate: 90 }))).toEqual(["blue", "red", "yellow", "green"])
    const rendered = await decodeNamed(await animated({ width: 80, height: 40 }), { size: "40w", rotate: 90 })
    expect([rendered.width, rendered.height]).toEqual([40, 80])
    expect(rendered.frames).toBeGreaterThan(1)
  })
})

describe("forced and limited formats", () => {
  it("format decides the format of the rendition", async () => {
    const photo = await quadrants()
    for (const format of ["jpeg", "webp", "png", "avif"] as const)
      expect((await renderNamed(photo, { size: "80w", format })).format).toBe(format)
  })

  it("maxBytes lowers the quality until the rendition fits, and not below minQuality", async () => {
    const original = await quadrants({ width: 240, height: 160 })
    const free = (await renderNamed(original, { size: "240w", format: "webp" })).bytes.length
    for (const format of ["webp", "jpeg", "avif"] as const) {
      const { bytes } = await renderNamed(original, { size: "240w", format, maxBytes: 500, minQuality: 1 })
      const lowest = await renderNamed(original, { size: "240w", format, quality: 1 })
      expect(bytes.length).toBeLessThanOrEqual(Math.max(500, lowest.bytes.length))
    }
    const generous = await renderNamed(original, { size: "240w", format: "webp", maxBytes: 1_000_000 })
    expect(generous.bytes.length).toBe(free)
  })
})
