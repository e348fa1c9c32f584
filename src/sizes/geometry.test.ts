/** Tests of output dimensions: never larger than the original, and in the ratio of the size. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"

import { outputDimensions } from "./geometry.ts"
import { type Box, type Dimensions, MAX_SIDE, parseSize } from "./size.ts"

const of = (size: string, width: number, height: number): string => {
  const output = outputDimensions(parseSize(size) ?? {}, { width, height })
  return `${output.width}x${output.height}`
}

const side = fc.integer({ min: 1, max: MAX_SIDE })
const original: fc.Arbitrary<Dimensions> = fc.oneof(
  fc.record({ width: side, height: side }),
  // Thin strips, where rounding has the largest effect.
  fc.record({ width: fc.integer({ min: 1, max: 5 }), height: fc.integer({ min: 1, max: 30_000 }) }),
  fc.record({ width: fc.integer({ min: 1, max: 30_000 }), height: fc.integer({ min: 1, max: 5 }) }),
)
const crop = fc.record({ width: side, height: side })
const box: fc.Arbitrary<Box> = fc.oneof(crop, fc.record({ width: side }), fc.record({ height: side }))

describe("outputDimensions", () => {
  it.each([
    ["360x270", 4000, 3000, "360x270"],
    ["360x270", 360, 270, "360x270"],
    ["360x270", 302, 403, "302x227"],
    ["360x270", 691, 212, "283x212"],
    ["360x270", 940, 2, "3x2"],
    ["360x270", 1, 1, "1x1"],
    ["360x270", 1, 9000, "1x1"],
    ["8192x1", 10, 10, "10x1"],
    ["300w", 1500, 735, "300x147"],
    ["300w", 300, 735, "300x735"],
    ["300w", 299, 735, "299x735"],
    ["1280w", 320, 240, "320x240"],
    ["1w", 8000, 1, "1x1"],
    ["480h", 1500, 735, "980x480"],
    ["480h", 1500, 480, "1500x480"],
    ["480h", 320, 240, "320x240"],
    ["1h", 1, 8000, "1x1"],
  ])("outputDimensions for %s of %i × %i pixels are %s", (size, width, height, expected) => {
    expect(of(size, width, height)).toBe(expected)
  })

  it("outputDimensions are whole numbers of at least 1, never larger than the original", () => {
    fc.assert(
      fc.property(box, original, (size, from) => {
        const { width, height } = outputDimensions(size, from)
        expect(Number.isInteger(width) && Number.isInteger(height)).toBe(true)
        expect(width).toBeGreaterThanOrEqual(1)
        expect(height).toBeGreaterThanOrEqual(1)
        expect(width).toBeLessThanOrEqual(from.width)
        expect(height).toBeLessThanOrEqual(from.height)
        expect(width).toBeLessThanOrEqual(size.width ?? Infinity)
        expect(height).toBeLessThanOrEqual(size.height ?? Infinity)
      }),
      { numRuns: 2000 },
    )
  })

  it("outputDimensions equal the crop if the original is large enough", () => {
    fc.assert(
      fc.property(crop, fc.nat(5000), fc.nat(5000), ({ width, height }, more, evenMore) => {
        expect(outputDimensions({ width, height }, { width: width + more, height: height + evenMore })).toEqual({
          width,
          height,
        })
      }),
    )
  })

  it("outputDimensions of a crop keep its ratio to half a pixel, and are the largest that fit", () => {
    fc.assert(
      fc.property(crop, original, (size, from) => {
        const { width, height } = outputDimensions(size, from)
        const scale = Math.min(1, from.width / size.width, from.height / size.height)
        const [exactWidth, exactHeight] = [size.width * scale, size.height * scale]
        // A side of less than one pixel becomes one.
        expect(Math.abs(width - Math.max(1, exactWidth))).toBeLessThanOrEqual(0.5 + 1e-9)
        expect(Math.abs(height - Math.max(1, exactHeight))).toBeLessThanOrEqual(0.5 + 1e-9)
        expect([size.width === width, size.height === height, from.width === width, from.height === height]).toContain(
          true,
        )
      }),
      { numRuns: 2000 },
    )
  })

  it("outputDimensions of a size by width have that width and the ratio of the original", () => {
    fc.assert(
      fc.property(side, original, (width, from) => {
        const output = outputDimensions({ width }, from)
        expect(output.width).toBe(Math.min(width, from.width))
        const exact = (from.height * output.width) / from.width
        expect(Math.abs(output.height - Math.max(1, exact))).toBeLessThanOrEqual(0.5 + 1e-9)
      }),
    )
  })

  it("outputDimensions treat height like width", () => {
    fc.assert(
      fc.property(box, original, (size, from) => {
        const turned: Box = {
          ...(size.height !== undefined && { width: size.height }),
          ...(size.width !== undefined && { height: size.width }),
        }
        const output = outputDimensions(turned, { width: from.height, height: from.width })
        expect({ width: output.height, height: output.width }).toEqual(outputDimensions(size, from))
      }),
    )
  })

  it("outputDimensions applied twice do not change", () => {
    fc.assert(
      fc.property(box, original, (size, from) => {
        const once = outputDimensions(size, from)
        const twice = outputDimensions(size, once)
        const isCrop = size.width !== undefined && size.height !== undefined
        // A rounded crop has a different ratio from the size, and can lose a pixel.
        expect(Math.abs(twice.width - once.width)).toBeLessThanOrEqual(isCrop ? Math.ceil(once.width / once.height) : 0)
      }),
    )
  })
})
