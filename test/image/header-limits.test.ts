/**
 * Hostile originals whose structure exceeds a limit: each is rejected by its header, with the limit in the text, before a decoder sees it.
 * `npm run stress -- --only hostile` tries all of them on a server.
 */
import { describe, expect, it } from "vitest"

import { HOSTILE_FILES } from "../stress/hostile/files.ts"
import { rejection } from "./support.ts"

const LIMITS: readonly (readonly [name: string, limit: string])[] = [
  ["1-million-empty-chunks.png", "1000 PNG chunks without pixels"],
  ["rows-of-2-million-pixels.png", "65535 pixels a row"],
  ["4-gigapixels.png", "100.0 megapixels"],
  ["2647-scans-of-25-megapixels.jpg", "100 scans"],
  ["20-million-empty-segments.jpg", "2000 JPEG segments"],
  ["1900-full-segments.jpg", "20000000 bytes"],
  ["20000-frames.webp", "5000 frames"],
  ["4-million-unknown-chunks.webp", "1000 WebP chunks"],
  ["300000-frames.gif", "5000 frames"],
  ["frame-right-of-65535-pixels.gif", "65535 pixels a side"],
  ["1-million-directories.tiff", "100 TIFF directories"],
  ["60000-entries-of-4-megabytes.tiff", "4096 fields in a TIFF directory"],
  ["60000-items.avif", "2000 items"],
  ["5-million-associations.avif", "20000 properties of items"],
  ["200000-associations-of-all-properties.avif", "20000 properties of items"],
  ["10-million-boxes.avif", "10000 boxes"],
  ["9-million-locations.avif", "4000 locations of items"],
]

const make = async (name: string): Promise<Uint8Array> =>
  (await HOSTILE_FILES.find((one) => one.name === name)?.make()) ?? Buffer.alloc(0)

describe("the structure of an original", () => {
  it.each(LIMITS)("%s is rejected at the limit of %s", async (name, limit) => {
    const rejected = await rejection(await make(name))
    expect(rejected?.code).toBe("original-too-large")
    expect(rejected?.detail).toContain(`the limit is ${limit}.`)
  })

  it.each([
    ["4-billion-strips-of-an-unknown-type.tiff", "corrupt-original"],
    ["2-billion-extra-samples.tiff", "corrupt-original"],
    ["4-billion-samples.tiff", "unsupported-original"],
    ["20-million-brands.avif", "corrupt-original"],
    ["100-megapixels-of-16-bits-without-a-checksum.png", "corrupt-original"],
  ])("%s is rejected as %s", async (name, code) => {
    expect(await rejection(await make(name))).toMatchObject({ code })
  })

  it("a TIFF that ends with a sub-image of an unknown type is shown without it", async () => {
    expect(await rejection(await make("sub-image-of-an-unknown-type-at-the-end.tiff"))).toBeUndefined()
  })
})
