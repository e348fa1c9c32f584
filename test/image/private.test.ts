/**
 * Metadata stays with the original: position, time, serial number, names, edit history, the uncropped thumbnail, the second picture. No
 * rendition of any size or format contains it, not even one whose size changes nothing.
 */
import sharp, { type Sharp } from "sharp"
import { describe, expect, it } from "vitest"

import { createRenderer } from "../../src/render/render.ts"
import type { Format } from "../../src/sizes/format.ts"
import { infoRecipe } from "../../src/sizes/recipe.ts"
import { SECRET, imageWithMetadata, gifWithMetadata, jpegWithMetadata, pngWithMetadata } from "./metadata.ts"
import { LIMITS, rendition, scene, SETTINGS } from "./support.ts"

const picture = (): Sharp => scene({ width: 80, height: 60 })

const ORIGINALS: readonly (readonly [string, () => Promise<Buffer>])[] = [
  ["a JPEG", () => jpegWithMetadata(picture())],
  ["a progressive JPEG", async () => jpegWithMetadata(sharp(await picture().jpeg({ progressive: true }).toBuffer()))],
  ["a grey JPEG", () => jpegWithMetadata(picture().toColourspace("b-w"))],
  ["a PNG", () => pngWithMetadata(picture())],
  ["a PNG with a palette", async () => pngWithMetadata(sharp(await picture().png({ palette: true }).toBuffer()))],
  ["a WebP", () => imageWithMetadata(picture(), "webp")],
  ["an AVIF", () => imageWithMetadata(picture(), "avif")],
  ["a TIFF", () => imageWithMetadata(picture(), "tiff")],
  ["a GIF", () => gifWithMetadata(picture())],
]

const REQUESTED: readonly (Format | undefined)[] = [undefined, "jpeg", "png", "webp", "avif", "gif"]

/** Smaller, cropped, the original's size, and a size that changes nothing. */
const SIZES = ["33w", "40x40", "80x60", "1280w"]

/** Markers of each kind of metadata in some container. */
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

/** Metadata that the image library finds in a header. */
const headerMetadata = async (bytes: Uint8Array): Promise<readonly string[]> => {
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

/** Number of JPEG pictures in a file: a rendition has one, without a second picture after it. */
const pictureStarts = (bytes: Uint8Array): number =>
  Buffer.from(bytes).toString("latin1").split("\xff\xd8\xff").length - 1

describe("privacy", () => {
  it.each(ORIGINALS)("no rendition of %s contains metadata", async (_, make) => {
    const original = await make()
    // The original contains the word, or the search below would prove nothing.
    expect(found(original)).toContain(SECRET)
    for (const requested of REQUESTED) {
      for (const size of SIZES) {
        const { bytes, format } = await rendition(original, { size, requested })
        expect({ requested, size, found: found(bytes), facts: await headerMetadata(bytes) }).toEqual({
          requested,
          size,
          found: [],
          facts: [],
        })
        expect(pictureStarts(bytes)).toBe(format === "jpeg" ? 1 : 0)
      }
    }
  })

  it("the test JPEG contains every kind of metadata that the image library finds", async () => {
    expect(await headerMetadata(await jpegWithMetadata(picture()))).toEqual([
      "exif",
      "icc",
      "iptc",
      "xmp",
      "xmpAsString",
    ])
  })

  it("a rendition that is encoded again to be lighter contains no metadata", async () => {
    const light = await sharp(await picture().jpeg({ quality: 5 }).toBuffer())
      .jpeg({ quality: 5 })
      .toBuffer()
    const original = await jpegWithMetadata(sharp(light))
    for (const size of SIZES) {
      const { bytes } = await rendition(original, { size, settings: { quality: { jpeg: 100, webp: 100, avif: 100 } } })
      expect(found(bytes)).toEqual([])
    }
  })

  it.each(ORIGINALS)("info and placeholder of %s contain no metadata", async (_, make) => {
    const original = await make()
    const { bytes } = await (await createRenderer(LIMITS).open(original)).render(infoRecipe(SETTINGS))
    const info = JSON.parse(Buffer.from(bytes).toString()) as Record<string, unknown>
    expect(Object.keys(info).toSorted()).toEqual([
      "animated",
      "byteLength",
      "dominantColour",
      "format",
      "height",
      "placeholder",
      "width",
    ])
    expect(found(bytes)).toEqual([])
    const placeholder = Buffer.from(String(info["placeholder"]).split(",")[1] ?? "", "base64")
    expect(found(placeholder)).toEqual([])
    expect(await headerMetadata(placeholder)).toEqual([])
  })

  it("an animation contains no metadata in any of its frames", async () => {
    const frames = await sharp({ create: { width: 40, height: 90, channels: 3, background: "#a33" } })
      .raw()
      .toBuffer()
    const film = (): Sharp => sharp(frames, { raw: { width: 40, height: 90, channels: 3, pageHeight: 30 } })
    for (const original of [await gifWithMetadata(film()), await imageWithMetadata(film(), "webp")]) {
      for (const requested of REQUESTED) {
        for (const size of ["20w", "1280w"]) {
          const { bytes } = await rendition(original, { size, requested })
          expect({ requested, found: found(bytes) }).toEqual({ requested, found: [] })
        }
      }
    }
  })
})
