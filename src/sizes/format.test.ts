/** Formats by name, by content type, and which one comes out for an original. */
import { describe, expect, it } from "vitest"

import {
  CONTENT_TYPES,
  extensionOf,
  type Format,
  formatOfName,
  formatOfType,
  FORMATS,
  outputFormat,
  type OriginalTraits,
} from "./format.ts"

describe("extensionOf", () => {
  it.each([
    ["photo.jpg", "jpg"],
    ["PHOTO.JPG", "jpg"],
    ["img.jpg.webp", "webp"],
    ["no-extension", ""],
    [".jpg", ""],
    ["..jpg", "jpg"],
    ["photo.", ""],
    ["", ""],
  ])("of %j is %j", (file, extension) => {
    expect(extensionOf(file)).toBe(extension)
  })
})

describe("formatOfName", () => {
  it.each([
    ["photo.jpg", "jpeg"],
    ["photo.JPeG", "jpeg"],
    ["photo.jpe", "jpeg"],
    ["photo.png", "png"],
    ["photo.webp", "webp"],
    ["photo.AVIF", "avif"],
    ["photo.gif", "gif"],
    ["scan.tif", "other"],
    ["phone.HEIC", "other"],
    ["drawing.svg", "other"],
    ["notes.txt", undefined],
    ["photo", undefined],
    [".png", undefined],
    // Names of properties that every object inherits are no extensions.
    ["photo.constructor", undefined],
    ["photo.__proto__", undefined],
    ["photo.tostring", undefined],
  ])("of %s is %s", (file, format) => {
    expect(formatOfName(file)).toBe(format)
  })

  it("knows every format by its own name, which is what an explicit address ends in", () => {
    for (const format of FORMATS) expect(formatOfName(`photo.${format}`)).toBe(format)
  })
})

describe("formatOfType", () => {
  it("undoes CONTENT_TYPES, and knows nothing else", () => {
    for (const format of FORMATS) expect(formatOfType(CONTENT_TYPES[format])).toBe(format)
    for (const type of ["application/json", "image/svg+xml", "image/jpg", "", "IMAGE/WEBP"])
      expect(formatOfType(type)).toBeUndefined()
  })
})

describe("outputFormat", () => {
  const traits = (format: OriginalTraits["format"], { hasAlpha = false, animated = false } = {}): OriginalTraits => ({
    format,
    hasAlpha,
    animated,
  })

  it.each(FORMATS)("keeps the format of a still %s at its base address", (format) => {
    expect(outputFormat(undefined, traits(format))).toEqual({ format, animated: false })
    expect(outputFormat(undefined, traits(format, { hasAlpha: true }))).toEqual({ format, animated: false })
  })

  it("makes JPEG of what no browser shows, and PNG where there is alpha", () => {
    expect(outputFormat(undefined, traits("other"))).toEqual({ format: "jpeg", animated: false })
    expect(outputFormat(undefined, traits("other", { hasAlpha: true }))).toEqual({ format: "png", animated: false })
  })

  it("gives a still original in whatever format is asked for", () => {
    for (const format of [...FORMATS, "other"] as const)
      for (const asked of FORMATS)
        expect(outputFormat(asked, traits(format, { hasAlpha: true }))).toEqual({ format: asked, animated: false })
  })

  it.each<[string, Format | undefined, OriginalTraits["format"], { format: Format; animated: boolean }]>([
    ["GIF stays one at its base address", undefined, "gif", { format: "gif", animated: true }],
    ["WebP stays one at its base address", undefined, "webp", { format: "webp", animated: true }],
    ["GIF becomes an animated WebP", "webp", "gif", { format: "webp", animated: true }],
    ["GIF asked for as AVIF becomes an animated WebP", "avif", "gif", { format: "webp", animated: true }],
    ["WebP becomes an animated GIF", "gif", "webp", { format: "gif", animated: true }],
    ["GIF asked for as PNG becomes a still", "png", "gif", { format: "png", animated: false }],
    ["GIF asked for as JPEG becomes a still", "jpeg", "gif", { format: "jpeg", animated: false }],
  ])("an animated %s", (_, asked, format, expected) => {
    expect(outputFormat(asked, traits(format, { animated: true }))).toEqual(expected)
  })

  it("never gives more than one frame to a still format", () => {
    for (const format of [...FORMATS, "other"] as const)
      for (const asked of [undefined, ...FORMATS]) {
        const output = outputFormat(asked, traits(format, { animated: true }))
        expect(output.animated && !["webp", "gif"].includes(output.format)).toBe(false)
      }
  })
})
