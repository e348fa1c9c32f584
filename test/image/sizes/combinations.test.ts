/**
 * Random combinations of options, and every pair of options: an accepted one renders, has the promised dimensions, and gives the same
 * bytes twice; a refused one has a reason that names the right values. IMGTAILOR_COMBINATIONS sets the number of random ones.
 */
import * as fc from "fast-check"
import sharp from "sharp"
import { describe, expect, it } from "vitest"

import { FORMATS } from "../../../src/sizes/format.ts"
import { outputDimensions } from "../../../src/sizes/geometry.ts"
import { type NamedSizeInput, parseSizeList } from "../../../src/sizes/list.ts"
import { BACKGROUNDS, BLENDS, FITS, STRATEGIES } from "../../../src/sizes/size-option-types.ts"
import { GRAVITIES } from "../../../src/sizes/size.ts"
import { animated, quadrants, withAlpha } from "../../support/photos.ts"
import { decode } from "../support.ts"
import { namedSize, renderNamed } from "./support.ts"

const RUNS = Number(process.env["IMGTAILOR_COMBINATIONS"] ?? 60)

const LOGO = sharp({ create: { width: 30, height: 15, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0.5 } } })
  .png()
  .toBuffer()

const ORIGINALS = {
  photo: quadrants({ width: 160, height: 100, orientation: 6 }),
  small: quadrants({ width: 20, height: 9, format: "png" }),
  panorama: quadrants({ width: 600, height: 60, format: "webp" }),
  clear: withAlpha({ width: 90, height: 120 }),
  moving: animated({ width: 50, height: 40 }),
} as const

const length = fc.oneof(
  fc.integer({ min: 1, max: 60 }),
  fc.integer({ min: 1, max: 60 }).map((share) => `${share}%` as const),
)
const colour = fc.constantFrom("#f00", "#00ff7f", "#123456") as fc.Arbitrary<`#${string}`>
const side = fc.integer({ min: 1, max: 200 })

const OPTIONS = {
  fit: fc.constantFrom(...FITS),
  gravity: fc.constantFrom(...GRAVITIES, ...STRATEGIES),
  background: fc.oneof(colour, fc.constantFrom(...BACKGROUNDS)),
  padding: length,
  trim: fc.oneof(fc.boolean(), fc.integer({ min: 1, max: 254 })),
  rotate: fc.constantFrom(0, 90, 180, 270),
  flip: fc.boolean(),
  flop: fc.boolean(),
  blur: fc.constantFrom(0, 0.3, 3, 20),
  sharpen: fc.constantFrom(true, false, 0.5, 3),
  grayscale: fc.boolean(),
  tint: colour,
  round: fc.oneof(fc.constant("circle" as const), fc.integer({ min: 0, max: 100 })),
  overlay: fc.record(
    {
      image: fc.constant("logo"),
      width: length,
      gravity: fc.constantFrom(...GRAVITIES),
      margin: length,
      opacity: fc.constantFrom(0, 0.3, 1),
      blend: fc.constantFrom(...BLENDS),
      tile: fc.boolean(),
    },
    { requiredKeys: ["image"] },
  ),
  quality: fc.integer({ min: 1, max: 100 }),
  format: fc.constantFrom(...FORMATS),
  formats: fc.constantFrom<readonly ("webp" | "png")[]>(["webp"], ["png", "webp"], []),
  maxBytes: fc.integer({ min: 500, max: 5000 }),
  minQuality: fc.integer({ min: 1, max: 100 }),
} satisfies { readonly [name in keyof NamedSizeInput]?: fc.Arbitrary<NamedSizeInput[name]> }

const text = fc.oneof(
  fc.tuple(side, side).map((sides) => sides.join("x")),
  side.map((width) => `${width}w`),
  side.map((height) => `${height}h`),
)

/** Few options at once, so that most combinations are accepted. */
const input = fc
  .tuple(text, fc.record(OPTIONS, { requiredKeys: [] }), fc.subarray(Object.keys(OPTIONS), { maxLength: 6 }))
  .map(([size, options, names]): NamedSizeInput => {
    const chosen = Object.entries(options).filter(([name]) => names.includes(name))
    return Object.assign(Object.fromEntries(chosen), { size, name: "named" })
  })

/** Renders twice, and compares with the promise of the geometry. */
const expectPromise = async (size: NamedSizeInput, original: keyof typeof ORIGINALS): Promise<void> => {
  const bytes = await ORIGINALS[original]
  const images = { logo: await LOGO }
  const first = await renderNamed(bytes, size, { images, focalPoint: [0.2, 0.9] })
  const second = await renderNamed(bytes, size, { images, focalPoint: [0.2, 0.9] })
  expect(Buffer.compare(Buffer.from(first.bytes), Buffer.from(second.bytes))).toBe(0)
  const decoded = await decode(first.bytes)
  expect([decoded.width, decoded.height]).toEqual([first.width, first.height])
  const { autoOrient, pageHeight } = await sharp(bytes).metadata()
  const whole = { width: autoOrient.width, height: pageHeight ?? autoOrient.height }
  const listed = namedSize(size)
  if (listed.trim === undefined) {
    const { width, height } = outputDimensions(listed, whole)
    expect([decoded.width, decoded.height]).toEqual([width, height])
  }
  if (listed.format)
    expect(first.format).toBe(listed.format === "avif" && original === "moving" ? "webp" : listed.format)
}

const expectReason = (size: NamedSizeInput): void => {
  const parsed = parseSizeList([size])
  if (!("problems" in parsed)) return
  expect(parsed.problems.length).toBeGreaterThan(0)
  for (const { message, path } of parsed.problems) {
    expect(message).toMatch(/^Expected .+\.$/)
    expect(path[0]).toBe(0)
  }
}

const isAccepted = (size: NamedSizeInput): boolean => "list" in parseSizeList([size])

describe("combinations of options", () => {
  it(
    "any accepted combination renders with the promised dimensions, twice the same",
    { timeout: 60_000 + 300 * RUNS },
    async () => {
      expect.hasAssertions()
      await fc.assert(
        fc.asyncProperty(
          input.filter(isAccepted),
          fc.constantFrom(...(Object.keys(ORIGINALS) as (keyof typeof ORIGINALS)[])),
          expectPromise,
        ),
        { numRuns: RUNS, seed: 20_270_101 },
      )
    },
  )

  it("a refused combination has a reason", () => {
    expect.hasAssertions()
    fc.assert(fc.property(input, expectReason), { numRuns: 2000 })
  })

  const names = Object.keys(OPTIONS) as (keyof typeof OPTIONS)[]

  it.each(names)("every pair with %s renders or is refused with a reason", { timeout: 60_000 }, async (name) => {
    for (const other of names.filter((one) => one > name)) {
      const pair = { [name]: OPTIONS[name], [other]: OPTIONS[other] }
      const [options] = fc.sample(fc.record(pair), { numRuns: 1, seed: 7 })
      const size = { size: "60x40", name: "named", ...options } as NamedSizeInput
      expectReason(size)
      if (isAccepted(size)) await expectPromise(size, "photo")
    }
    expect(names).toContain(name)
  })
})
