/**
 * Photos stored lying down or mirrored must come out as they are meant to be seen, and be measured, cropped and sized that way. Sizes
 * alone do not show it: half a turn keeps them, so every test looks at the four corners.
 */
import sharp from "sharp"
import { describe, expect, it } from "vitest"

import { outputDimensions } from "../../src/sizes/geometry.ts"
import {
  BLUE,
  GREEN,
  type Orientation,
  ORIENTATIONS,
  type PhotoFormat,
  quadrants,
  RED,
  YELLOW,
} from "../support/photos.ts"
import { apart, decode, type Decoded, rendition, sizeOf } from "./support.ts"

/** AVIF has no EXIF orientation but transforms of the container, which say the same. */
const FORMATS_WITH_ORIENTATION: readonly PhotoFormat[] = ["jpeg", "png", "webp", "tiff", "avif"]

const expectUprightCorners = ({ around }: Decoded): void => {
  expect(apart(around(0.15, 0.15), RED)).toBeLessThan(16)
  expect(apart(around(0.85, 0.15), GREEN)).toBeLessThan(16)
  expect(apart(around(0.15, 0.85), BLUE)).toBeLessThan(16)
  expect(apart(around(0.85, 0.85), YELLOW)).toBeLessThan(16)
}

const SHAPES = [
  {
    shape: "a landscape",
    width: 250,
    height: 150,
    sizes: { "100x75": [100, 75], "120h": [200, 120], "200w": [200, 120] },
  },
  {
    shape: "a portrait",
    width: 150,
    height: 250,
    sizes: { "100x75": [100, 75], "120h": [72, 120], "100w": [100, 167] },
  },
] as const

const CASES = FORMATS_WITH_ORIENTATION.flatMap((format) =>
  SHAPES.map(({ shape, width, height, sizes }) => ({ format, shape, width, height, sizes })),
)

describe("orientation", () => {
  it.each(CASES)("turns $shape in $format upright, whichever of the eight ways it is stored", async (photo) => {
    for (const orientation of ORIENTATIONS) {
      const original = await quadrants({ ...photo, orientation })
      for (const [size, [width, height]] of Object.entries(photo.sizes)) {
        const made = await rendition(original, { size })
        const decoded = await decode(made.bytes)
        expect({ orientation, size, width: decoded.width, height: decoded.height }).toEqual({
          orientation,
          size,
          width,
          height,
        })
        expect([made.width, made.height]).toEqual([width, height])
        expectUprightCorners(decoded)
      }
    }
  })

  it("inspects upright dimensions, not stored ones", async () => {
    for (const orientation of ORIENTATIONS) {
      const original = await quadrants({ width: 90, height: 160, orientation })
      const made = await rendition(original, { size: "10h" })
      expect(made.original.dimensions).toEqual({ width: 90, height: 160 })
    }
  })

  it("crops from the upright picture: a portrait keeps its middle, at full width", async () => {
    for (const orientation of [1, 3, 5, 6, 7, 8] satisfies readonly Orientation[]) {
      const original = await quadrants({ width: 300, height: 900, orientation })
      const { bytes } = await rendition(original, { size: "300x200" })
      const decoded = await decode(bytes)
      expect([decoded.width, decoded.height]).toEqual([300, 200])
      expectUprightCorners(decoded)
    }
  })

  it("keeps what gravity names of the upright picture", async () => {
    for (const orientation of ORIENTATIONS) {
      const original = await quadrants({ width: 300, height: 900, orientation })
      const north = await decode((await rendition(original, { size: "300x200", gravity: "north" })).bytes)
      expect(apart(north.around(0.1, 0.9), RED)).toBeLessThan(16)
      expect(apart(north.around(0.9, 0.9), GREEN)).toBeLessThan(16)
      const south = await decode((await rendition(original, { size: "300x200", gravity: "south" })).bytes)
      expect(apart(south.around(0.1, 0.1), BLUE)).toBeLessThan(16)
      expect(apart(south.around(0.9, 0.1), YELLOW)).toBeLessThan(16)
    }
  })

  it("turns a photo upright even where the size changes nothing", async () => {
    for (const orientation of ORIENTATIONS) {
      const original = await quadrants({ width: 200, height: 120, orientation })
      for (const asked of [undefined, "webp", "avif", "png"] as const) {
        const decoded = await decode((await rendition(original, { size: "1280w", asked })).bytes)
        expect([decoded.width, decoded.height]).toEqual([200, 120])
        expectUprightCorners(decoded)
      }
    }
  })

  it("leaves no orientation behind that a browser would apply once more", async () => {
    for (const orientation of ORIENTATIONS) {
      const original = await quadrants({ width: 200, height: 120, orientation })
      for (const asked of [undefined, "webp", "avif", "png"] as const) {
        const { autoOrient, ...header } = await sharp(
          (await rendition(original, { size: "100w", asked })).bytes,
        ).metadata()
        expect(header.orientation ?? 1).toBe(1)
        expect([header.width, header.height, autoOrient.width, autoOrient.height]).toEqual([100, 60, 100, 60])
      }
    }
  })

  it.each([0, 9, 77, 65_535])("treats %d, which is no orientation, as upright", async (value) => {
    const original = await quadrants({ width: 200, height: 120, orientation: 6 })
    const at = original.indexOf(Buffer.from([0x01, 0x12, 0x00, 0x03]))
    const isBigEndian = at >= 0
    const tag = isBigEndian ? at : original.indexOf(Buffer.from([0x12, 0x01, 0x03, 0x00]))
    expect(tag).toBeGreaterThan(0)
    const patched = Buffer.from(original)
    if (isBigEndian) patched.writeUInt16BE(value, tag + 8)
    else patched.writeUInt16LE(value, tag + 8)
    const decoded = await decode((await rendition(patched, { size: "480h" })).bytes)
    // Stored as 120 × 200, and now nothing says that it lies on its side.
    expect([decoded.width, decoded.height]).toEqual([120, 200])
  })

  it("turns an animation upright as a still, since frames cannot be turned one by one", async () => {
    const frames = await quadrants({ width: 60, height: 40, format: "png" })
    const pixels = await sharp(frames).raw().toBuffer()
    const film = sharp(Buffer.concat([pixels, pixels]), { raw: { width: 60, height: 80, channels: 3, pageHeight: 40 } })
    const original = await film
      .webp({ quality: 95, delay: [100, 100] })
      .withMetadata({ orientation: 6 })
      .toBuffer()
    const made = await rendition(original, { size: "480h" })
    const decoded = await decode(made.bytes)
    expect([decoded.width, decoded.height, decoded.frames]).toEqual([40, 60, 1])
    expect(made.original.animated).toBe(false)
    // A quarter turn to the right of what is stored.
    expect(apart(decoded.around(0.15, 0.15), BLUE)).toBeLessThan(16)
    expect(apart(decoded.around(0.85, 0.15), RED)).toBeLessThan(16)
  })

  it("gives the sizes of the geometry for large photos too", async () => {
    for (const orientation of [6] satisfies readonly Orientation[]) {
      const original = await quadrants({ width: 1200, height: 1601, orientation })
      for (const size of ["360x270", "480h", "1280w"]) {
        const made = await rendition(original, { size, settings: { quality: { jpeg: 60, webp: 60, avif: 40 } } })
        const { width, height } = await sharp(made.bytes).metadata()
        expect({ width, height }).toEqual(outputDimensions(sizeOf(size), { width: 1200, height: 1601 }))
      }
    }
  })
})
