/** One decode for several renditions: each equals, byte for byte, a rendition with its own decode. */
import { createHash } from "node:crypto"

import sharp, { type Sharp } from "sharp"
import { describe, expect, it } from "vitest"

import { createTailor } from "../../src/create-tailor.ts"
import { canShare } from "../../src/render/can-share.ts"
import { decodeWhole } from "../../src/render/decode.ts"
import { estimateDecode } from "../../src/render/estimate.ts"
import { createInProcessEngine } from "../../src/render/in-process.ts"
import { openOriginal } from "../../src/render/inspect.ts"
import type { Format } from "../../src/sizes/format.ts"
import { imageRecipe, infoRecipe, type Recipe } from "../../src/sizes/recipe.ts"
import { memoryOriginals, memoryRenditions } from "../../src/store/memory.ts"
import { flat, withAlpha } from "../support/photos.ts"
import { ADOBE_RGB, profileOf, tagged, withPngChunk } from "./profiles.ts"
import { LIMITS, scene, SETTINGS, sizeOf } from "./support.ts"

const digest = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex")

const engine = createInProcessEngine(LIMITS)
const JOB = { estimateBytes: 0 }

const picture = (): Sharp => scene({ width: 230, height: 170 })
const translucent = (): Promise<Buffer> => withAlpha()
const grey = (): Sharp => picture().greyscale().toColourspace("b-w")

/** A PNG with a resolution in pixels per metre: 72 dots per inch, or a fraction of dots per inch. */
const withResolution = async (perMetre: number): Promise<Buffer> => {
  const data = Buffer.alloc(9)
  data.writeUInt32BE(perMetre, 0)
  data.writeUInt32BE(perMetre, 4)
  data[8] = 1
  return withPngChunk(await picture().png().toBuffer(), "pHYs", data)
}

const SHARED: Readonly<Record<string, () => Promise<Buffer>>> = {
  PNG: () => picture().png().toBuffer(),
  "PNG with alpha": translucent,
  "PNG of a palette": () => picture().png({ palette: true, colours: 32 }).toBuffer(),
  "PNG of a palette with alpha": async () =>
    sharp(await translucent())
      .png({ palette: true })
      .toBuffer(),
  "interlaced PNG": () => picture().png({ progressive: true }).toBuffer(),
  "grey PNG": () => grey().png().toBuffer(),
  "PNG with a profile": async () => tagged(await picture().png().toBuffer(), profileOf(ADOBE_RGB)),
  "PNG of 72 dots an inch": () => withResolution(2835),
  "PNG of an odd resolution": () => withResolution(5907),
  AVIF: () => picture().avif({ quality: 60, effort: 0 }).toBuffer(),
  "AVIF with alpha": async () =>
    sharp(await translucent())
      .avif({ quality: 60, effort: 0 })
      .toBuffer(),
  GIF: () => picture().gif().toBuffer(),
  TIFF: () => picture().tiff({ compression: "lzw" }).toBuffer(),
  "TIFF of 300 dots an inch": () => picture().withMetadata({ density: 300 }).tiff({ compression: "lzw" }).toBuffer(),
  "TIFF in CMYK": () => picture().toColourspace("cmyk").tiff({ compression: "lzw" }).toBuffer(),
  "grey TIFF": () => grey().tiff({ compression: "lzw" }).toBuffer(),
}

const FORMATS: readonly (Format | undefined)[] = [undefined, "webp", "avif", "png", "jpeg"]
const SIZES = ["36x27", "100w", "64h", "400w"]

const recipes: readonly Recipe[] = [
  ...FORMATS.flatMap((format) => SIZES.map((size) => imageRecipe(sizeOf(size), format, SETTINGS))),
  infoRecipe(SETTINGS),
]

describe("one decode for several renditions", () => {
  it.each(Object.entries(SHARED))("renditions of a %s from one decode equal separate renditions", async (_, make) => {
    const bytes = await make()
    const original = await engine.open(bytes, {})
    const shareable = recipes.filter((recipe) => canShare(original.inspected, recipe))
    expect(shareable.length).toBeGreaterThan(recipes.length / 2)
    const decoded = await decodeWhole((await openOriginal(bytes, LIMITS)).source)
    // Constant costs do not matter for an original a thousand times as large.
    const large = { ...original.inspected, decodedPixels: 1000 * original.inspected.decodedPixels }
    expect(estimateDecode(large)).toBeGreaterThan(1000 * decoded.bytes.length)
    await original.decode(JOB)
    for (const recipe of shareable) {
      const [alone, shared] = [
        await original.render(recipe, { ...JOB, fromPixels: false }),
        await original.render(recipe, { ...JOB, fromPixels: true }),
      ]
      expect({ recipe, ...shared, bytes: digest(shared.bytes) }).toEqual({
        recipe,
        ...alone,
        bytes: digest(alone.bytes),
      })
    }
  })

  it.each<[string, () => Promise<Buffer>]>([
    ["a JPEG, which is scaled while it is decoded", () => flat()],
    ["a WebP, likewise", () => flat({ format: "webp" })],
    ["a PNG of 16 bits", () => picture().toColourspace("rgb16").png().toBuffer()],
    ["a rotated TIFF", () => picture().withMetadata({ orientation: 6 }).tiff().toBuffer()],
  ])("a decode is not shared for %s", async (_, make) => {
    const { inspected } = await engine.open(await make(), {})
    expect(recipes.filter((recipe) => canShare(inspected, recipe))).toEqual([])
  })

  it("a shared decode of a damaged original does not fail a size whose part is intact", async () => {
    const whole = await scene({ width: 400, height: 400 }).png({ compressionLevel: 0 }).toBuffer()
    const damaged = Buffer.from(whole)
    damaged.fill(0xff, whole.length * 0.8, whole.length * 0.8 + 2000)
    const originals = memoryOriginals()
    originals.set("a.png", damaged)
    const sizes = [{ size: "400x100", name: "top", gravity: "north" }, "100w"] as const
    const config = { originals, renditions: memoryRenditions(), sizes, formats: ["webp"] } as const
    const ask = async (together: boolean): Promise<readonly number[]> => {
      const tailor = createTailor({ ...config, renditions: memoryRenditions(), isolation: "none" })
      const answers: Promise<Response>[] = []
      for (const path of ["/top/a.png", "/top/a.png.webp", "/100w/a.png"]) {
        answers.push(tailor.fetch(new Request(`http://localhost${path}`)))
        if (!together) await answers.at(-1)
      }
      return (await Promise.all(answers)).map(({ status }) => status)
    }
    expect(await ask(true)).toEqual(await ask(false))
  })

  it("a shared decode detects a damaged original", async () => {
    const whole = await SHARED["PNG"]?.()
    const cut = whole?.subarray(0, whole.length / 2) ?? Buffer.alloc(0)
    const original = await engine.open(cut, {})
    await expect(original.decode(JOB)).rejects.toMatchObject({ code: "corrupt-original" })
  })
})
