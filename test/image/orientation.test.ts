/**
 * Photos that are stored rotated or mirrored come out upright, and are measured and cropped that way. A rotation by 180° keeps the
 * dimensions, so every test checks the four corners too.
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
import { maxDifference, decode, type Decoded, rendition, sizeOf } from "./support.ts"

/** AVIF has transforms of the container with the same meaning instead of EXIF orientation. */
const FORMATS_WITH_ORIENTATION: readonly PhotoFormat[] = ["jpeg", "png", "webp", "tiff", "avif"]

const expectUprightCorners = ({ around }: Decoded): void => {
  expect(maxDifference(around(0.15, 0.15), RED)).toBeLessThan(16)
  expect(maxDifference(around(0.85, 0.15), GREEN)).toBeLessThan(16)
  expect(maxDifference(around(0.15, 0.85), BLUE)).toBeLessThan(16)
  expect(maxDifference(around(0.85, 0.85), YELLOW)).toBeLessThan(16)
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
  it.each(CASES)("$shape in $format is rotated upright from all eight orientations", async (photo) => {
    for (const orientation of ORIENTATIONS) {
      const original = await quadrants({ ...photo, orientation })
      for (const [size, [width, height]] of Object.entries(photo.sizes)) {
        const rendered = await rendition(original, { size })
        const decoded = await decode(rendered.bytes)
        expect({ orientation, size, width: decoded.width, height: decoded.height }).toEqual({
          orientation,
          size,
          width,
          height,
        })
        expect([rendered.width, rendered.height]).toEqual([width, height])
        expectUprightCorners(decoded)
      }
    }
  })

  it("inspected dimensions are upright, not as stored", async () => {
    for (const orientation of ORIENTATIONS) {
      const original = await quadrants({ width: 90, height: 160, orientation })
      const rendered = await rendition(original, { size: "10h" })
      expect(rendered.original.dimensions).toEqual({ width: 90, height: 160 })
    }
  })

  it("a crop is taken from the upright picture: a portrait keeps its middle at full width", async () => {
    for (const orientation of [1, 3, 5, 6, 7, 8] satisfies readonly Orientation[]) {
      const original = await quadrants({ width: 300, height: 900, orientation })
      const { bytes } = await rendition(original, { size: "300x200" })
      const decoded = await decode(bytes)
      expect([decoded.width, decoded.height]).toEqual([300, 200])
      expectUprightCorners(decoded)
    }
  })

  it("gravity applies to the upright picture", async () => {
    for (const orientation of ORIENTATIONS) {
      const original = await quadrants({ width: 300, height: 900, orientation })
      const north = await decode((await rendition(original, { size: "300x200", gravity: "north" })).bytes)
      expect(maxDifference(north.around(0.1, 0.9), RED)).toBeLessThan(16)
      expect(maxDifference(north.around(0.9, 0.9), GREEN)).toBeLessThan(16)
      const south = await decode((await rendition(original, { size: "300x200", gravity: "south" })).bytes)
      expect(maxDifference(south.around(0.1, 0.1), BLUE)).toBeLessThan(16)
      expect(maxDifference(south.around(0.9, 0.1), YELLOW)).toBeLessThan(16)
    }
  })

  it("a photo is rotated upright even if the size changes nothing", async () => {
    for (const orientation of ORIENTATIONS) {
      const original = await quadrants({ width: 200, height: 120, orientation })
      for (const requested of [undefined, "webp", "avif", "png"] as const) {
        const decoded = await decode((await rendition(original, { size: "1280w", requested })).bytes)
        expect([decoded.width, decoded.height]).toEqual([200, 120])
        expectUprightCorners(decoded)
      }
    }
  })

  it("renditions have no orientation that a browser would apply again", async () => {
    for (const orientation of ORIENTATIONS) {
      const original = await quadrants({ width: 200, height: 120, orientation })
      for (const requested of [undefined, "webp", "avif", "png"] as const) {
        const { autoOrient, ...header } = await sharp(
          (await rendition(original, { size: "100w", requested })).bytes,
        ).metadata()
        expect(header.orientation ?? 1).toBe(1)
        expect([header.width, header.height, autoOrient.width, autoOrient.height]).toEqual([100, 60, 100, 60])
      }
    }
  })

  it.each([0, 9, 77, 65_535])("the invalid orientation %d counts as upright", async (value) => {
    const original = await quadrants({ width: 200, height: 120, orientation: 6 })
    const at = original.indexOf(Buffer.from([0x01, 0x12, 0x00, 0x03]))
    const isBigEndian = at >= 0
    const tag = isBigEndian ? at : original.indexOf(Buffer.from([0x12, 0x01, 0x03, 0x00]))
    expect(tag).toBeGreaterThan(0)
    const patched = Buffer.from(original)
    if (isBigEndian) patched.writeUInt16BE(value, tag + 8)
    else patched.writeUInt16LE(value, tag + 8)
    const decoded = await decode((await rendition(patched, { size: "480h" })).bytes)
    // Stored as 120 × 200, without a valid orientation.
    expect([decoded.width, decoded.height]).toEqual([120, 200])
  })

  it("a rotated animation becomes an upright still, because frames cannot be rotated one by one", async () => {
    const frames = await quadrants({ width: 60, height: 40, format: "png" })
    const pixels = await sharp(frames).raw().toBuffer()
    const film = sharp(Buffer.concat([pixels, pixels]), { raw: { width: 60, height: 80, channels: 3, pageHeight: 40 } })
    const original = await film
      .webp({ quality: 95, delay: [100, 100] })
      .withMetadata({ orientation: 6 })
      .toBuffer()
    const rendered = await rendition(original, { size: "480h" })
    const decoded = await decode(rendered.bytes)
    expect([decoded.width, decoded.height, decoded.frames]).toEqual([40, 60, 1])
    expect(rendered.original.animated).toBe(false)
    // The stored picture rotated by 90° clockwise.
    expect(maxDifference(decoded.around(0.15, 0.15), BLUE)).toBeLessThan(16)
    expect(maxDifference(decoded.around(0.85, 0.15), RED)).toBeLessThan(16)
  })

  it("large rotated photos have the computed dimensions", async () => {
    for (const orientation of [6] satisfies readonly Orientation[]) {
      const original = await quadrants({ width: 1200, height: 1601, orientation })
      for (const size of ["360x270", "480h", "1280w"]) {
        const rendered = await rendition(original, { size, settings: { quality: { jpeg: 60, webp: 60, avif: 40 } } })
        const { width, height } = await sharp(rendered.bytes).metadata()
        expect({ width, height }).toEqual(outputDimensions(sizeOf(size), { width: 1200, height: 1601 }))
      }
    }
  })
})
