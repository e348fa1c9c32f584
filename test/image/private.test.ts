/**
 * What a photo tells besides its picture stays with the original: position, time, serial number, names, edit history, the uncropped
 * thumbnail, the second picture. No rendition of any size or format may have it, above all not one whose size changes nothing.
 */
import sharp, { type Sharp } from "sharp"
import { describe, expect, it } from "vitest"

import { createRenderer } from "../../src/render/render.ts"
import type { Format } from "../../src/sizes/format.ts"
import { infoRecipe } from "../../src/sizes/recipe.ts"
import { SECRET, talkative, talkativeGif, talkativeJpeg, talkativePng } from "./metadata.ts"
import { LIMITS, rendition, scene, SETTINGS } from "./support.ts"

const picture = (): Sharp => scene({ width: 80, height: 60 })

const ORIGINALS: readonly (readonly [string, () => Promise<Buffer>])[] = [
  ["a JPEG", () => talkativeJpeg(picture())],
  ["a progressive JPEG", async () => talkativeJpeg(sharp(await picture().jpeg({ progressive: true }).toBuffer()))],
  ["a grey JPEG", () => talkativeJpeg(picture().toColourspace("b-w"))],
  ["a PNG", () => talkativePng(picture())],
  ["a PNG with a palette", async () => talkativePng(sharp(await picture().png({ palette: true }).toBuffer()))],
  ["a WebP", () => talkative(picture(), "webp")],
  ["an AVIF", () => talkative(picture(), "avif")],
  ["a TIFF", () => talkative(picture(), "tiff")],
  ["a GIF", () => talkativeGif(picture())],
]

const ASKED: readonly (Format | undefined)[] = [undefined, "jpeg", "png", "webp", "avif", "gif"]

/** Smaller, cropped, the very size, a size that changes nothing. */
const SIZES = ["33w", "40x40", "80x60", "1280w"]

/** By what each kind of metadata is announced in some container. */
const ANNOUNCEMENTS = [
  "Exif",
  "EXIF",
  "eXIf",
  "GPS",
  "http://ns.adobe.com/xap",
  "http://ns.adobe.com/xmp",
  "xmpmeta",
  "XML:com.adobe.xmp",
  "XMP ",
  "Photoshop",
  "8BIM",
  "ICC_PROFILE",
  "iCCP",
  "ICCP",
  "colrprof",
  "colrrICC",
  "MPF\0",
  "tEXt",
  "zTXt",
  "iTXt",
  "tIME",
  "hdrgm",
  SECRET,
]

const found = (bytes: Uint8Array): readonly string[] => {
  const text = Buffer.from(bytes).toString("latin1")
  return ANNOUNCEMENTS.filter((announcement) => text.includes(announcement))
}

/** What the image library finds in a header beside pixels. */
const headerFacts = async (bytes: Uint8Array): Promise<readonly string[]> => {
  const header = await sharp(bytes, { pages: -1 }).metadata()
  const kinds = [
    "exif",
    "icc",
    "iptc",
    "xmp",
    "xmpAsString",
    "tifftagPhotoshop",
    "comments",
    "gainMap",
    "orientation",
  ] as const
  return kinds.filter((kind) => kind in header && header[kind] !== undefined)
}

/** A whole JPEG ends with its only EOI, and has no second start. */
const pictureStarts = (bytes: Uint8Array): number =>
  Buffer.from(bytes).toString("latin1").split("\xff\xd8\xff").length - 1

describe("privacy", () => {
  it.each(ORIGINALS)("no rendition of %s carries anything but pixels", async (_, make) => {
    const original = await make()
    // The word is there before, or the search below would prove nothing.
    expect(found(original)).toContain(SECRET)
    for (const asked of ASKED) {
      for (const size of SIZES) {
        const { bytes, format } = await rendition(original, { size, asked })
        expect({ asked, size, found: found(bytes), facts: await headerFacts(bytes) }).toEqual({
          asked,
          size,
          found: [],
          facts: [],
        })
        expect(pictureStarts(bytes)).toBe(format === "jpeg" ? 1 : 0)
      }
    }
  })

  it("is tested with a JPEG in which the image library finds every kind of metadata", async () => {
    expect(await headerFacts(await talkativeJpeg(picture()))).toEqual(["exif", "icc", "iptc", "xmp", "xmpAsString"])
  })

  it("an original that is made lighter on a second attempt carries nothing either", async () => {
    const light = await sharp(await picture().jpeg({ quality: 5 }).toBuffer())
      .jpeg({ quality: 5 })
      .toBuffer()
    const original = await talkativeJpeg(sharp(light))
    for (const size of SIZES) {
      const { bytes } = await rendition(original, { size, settings: { quality: { jpeg: 100, webp: 100, avif: 100 } } })
      expect(found(bytes)).toEqual([])
    }
  })

  it.each(ORIGINALS)("the facts and the placeholder of %s carry nothing but what they say", async (_, make) => {
    const original = await make()
    const renderer = createRenderer(LIMITS)
    const { bytes } = await renderer.render(original, await renderer.inspect(original), infoRecipe(SETTINGS))
    const info = JSON.parse(Buffer.from(bytes).toString()) as Record<string, unknown>
    expect(Object.keys(info).toSorted()).toEqual([
      "animated",
      "bytes",
      "dominantColour",
      "format",
      "height",
      "placeholder",
      "width",
    ])
    expect(found(bytes)).toEqual([])
    const placeholder = Buffer.from(String(info["placeholder"]).split(",")[1] ?? "", "base64")
    expect(found(placeholder)).toEqual([])
    expect(await headerFacts(placeholder)).toEqual([])
  })

  it("an animation carries nothing in any of its frames", async () => {
    const frames = await sharp({ create: { width: 40, height: 90, channels: 3, background: "#a33" } })
      .raw()
      .toBuffer()
    const film = (): Sharp => sharp(frames, { raw: { width: 40, height: 90, channels: 3, pageHeight: 30 } })
    for (const original of [await talkativeGif(film()), await talkative(film(), "webp")]) {
      for (const asked of ASKED) {
        for (const size of ["20w", "1280w"]) {
          const { bytes } = await rendition(original, { size, asked })
          expect({ asked, found: found(bytes) }).toEqual({ asked, found: [] })
        }
      }
    }
  })
})
