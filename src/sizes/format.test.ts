/** Tests of formats: by file name, by content type, and the output format for an original. */
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
  ])("extensionOf %j is %j", (file, extension) => {
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
    // Names of inherited properties are not extensions.
    ["photo.constructor", undefined],
    ["photo.__proto__", undefined],
    ["photo.tostring", undefined],
  ])("formatOfName of %s is %s", (file, format) => {
    expect(formatOfName(file)).toBe(format)
  })

  it("formatOfName recognises the ending of each explicit format", () => {
    for (const format of FORMATS) expect(formatOfName(`photo.${format}`)).toBe(format)
  })
})

describe("formatOfType", () => {
  it("formatOfType is the inverse of CONTENT_TYPES, and undefined for other types", () => {
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

  it.each(FORMATS)("outputFormat keeps the format of a still %s at its base URL", (format) => {
    expect(outputFormat(undefined, traits(format))).toEqual({ format, animated: false })
    expect(outputFormat(undefined, traits(format, { hasAlpha: true }))).toEqual({ format, animated: false })
  })

  it("outputFormat is JPEG for originals that browsers do not show, or PNG if they have alpha", () => {
    expect(outputFormat(undefined, traits("other"))).toEqual({ format: "jpeg", animated: false })
    expect(outputFormat(undefined, traits("other", { hasAlpha: true }))).toEqual({ format: "png", animated: false })
  })

  it("outputFormat of a still original is the requested format", () => {
    for (const format of [...FORMATS, "other"] as const)
      for (const requested of FORMATS)
        expect(outputFormat(requested, traits(format, { hasAlpha: true }))).toEqual({
          format: requested,
          animated: false,
        })
  })

  it.each<[string, Format | undefined, OriginalTraits["format"], { format: Format; animated: boolean }]>([
    ["GIF stays animated at its base URL", undefined, "gif", { format: "gif", animated: true }],
    ["WebP stays animated at its base URL", undefined, "webp", { format: "webp", animated: true }],
    ["GIF becomes an animated WebP", "webp", "gif", { format: "webp", animated: true }],
    ["GIF requested as AVIF becomes an animated WebP", "avif", "gif", { format: "webp", animated: true }],
    ["WebP becomes an animated GIF", "gif", "webp", { format: "gif", animated: true }],
    ["GIF requested as PNG becomes a still", "png", "gif", { format: "png", animated: false }],
    ["GIF requested as JPEG becomes a still", "jpeg", "gif", { format: "jpeg", animated: false }],
  ])("an animated %s", (_, requested, format, expected) => {
    expect(outputFormat(requested, traits(format, { animated: true }))).toEqual(expected)
  })

  it("outputFormat is never animated for a format without animation", () => {
    for (const format of [...FORMATS, "other"] as const)
      for (const requested of [undefined, ...FORMATS]) {
        const output = outputFormat(requested, traits(format, { animated: true }))
        expect(output.animated && !["webp", "gif"].includes(output.format)).toBe(false)
      }
  })
})
