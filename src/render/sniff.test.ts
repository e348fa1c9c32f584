/** The kind of a file by its first bytes: only listed kinds reach a decoder, independent of the file's name. */
import { assert, property, uint8Array } from "fast-check"
import { describe, expect, it } from "vitest"

import { sniff } from "./sniff.ts"

const bytes = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0))

const utf16 = (text: string, order: "le" | "be", mark = true): Uint8Array =>
  Uint8Array.from(
    Array.from(mark ? `\uFEFF${text}` : text).flatMap((character) => {
      const unit = character.charCodeAt(0)
      return order === "le" ? [unit & 0xff, unit >> 8] : [unit >> 8, unit & 0xff]
    }),
  )

const SVG = `<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>alert(1)</script></svg>`

describe("a file that is decoded", () => {
  it.each([
    ["a JFIF JPEG", "\xff\xd8\xff\xe0\0\x10JFIF\0", "jpeg"],
    ["an Exif JPEG", "\xff\xd8\xff\xe1\x12\x34Exif\0\0", "jpeg"],
    ["a JPEG that starts with its tables", "\xff\xd8\xff\xdb\0\x43", "jpeg"],
    ["a PNG", "\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "png"],
    ["a GIF87a", "GIF87a\x01\0\x01\0", "gif"],
    ["a GIF89a", "GIF89a\x01\0\x01\0", "gif"],
    ["a WebP", "RIFF\x24\0\0\0WEBPVP8 ", "webp"],
    ["a little-endian TIFF", "II*\0\x08\0\0\0", "tiff"],
    ["a big-endian TIFF", "MM\0*\0\0\0\x08", "tiff"],
    ["a little-endian BigTIFF", "II+\0\x08\0\0\0", "tiff"],
    ["a big-endian BigTIFF", "MM\0+\0\x08\0\0", "tiff"],
    ["an AVIF", "\0\0\0\x20ftypavif\0\0\0\0", "heif"],
    ["an AVIF sequence", "\0\0\0\x20ftypavis\0\0\0\0", "heif"],
    ["an HEIC, whose codec is in the header", "\0\0\0\x20ftypheic\0\0\0\0", "heif"],
    ["an HEIF with a general brand", "\0\0\0\x20ftypmif1\0\0\0\0", "heif"],
  ])("sniff recognises %s", (_, head, container) => {
    expect(sniff(bytes(head))).toEqual({ container })
    expect(sniff(bytes(`${head}${"\0".repeat(5000)}`))).toEqual({ container })
  })
})

describe("a file that is not decoded", () => {
  it.each([
    ["JPEG XL", "\xff\x0a\xfa\x7f"],
    ["JPEG XL", "\0\0\0\x0cJXL \r\n\x87\n\0\0\0\x14ftypjxl "],
    ["JPEG XL", "\0\0\0\x14ftypjxl \0\0\0\0"],
    ["JPEG 2000", "\0\0\0\x0cjP  \r\n\x87\n"],
    ["JPEG 2000", "\xff\x4f\xff\x51\0\x2f"],
    ["JPEG XR", "II\xbc\x01\x08\0\0\0"],
    ["camera raw (CRW)", "II\x1a\0\0\0HEAPCCDR"],
    ["OpenEXR", "v/1\x01\x02\0\0\0"],
    ["QOI", "qoif\0\0\0\x10"],
    ["a gzip archive, perhaps SVGZ", "\x1f\x8b\x08\0"],
    ["BMP", "BM\x46\0\0\0\0\0"],
    ["PDF", "%PDF-1.7\n"],
    ["PostScript", "%!PS-Adobe-3.0 EPSF"],
    ["a Photoshop document", "8BPS\0\x01"],
    ["an icon (ICO)", "\0\0\x01\0\x01\0\x10\x10"],
    ["a ZIP archive", "PK\x03\x04\x14\0"],
    ["a cursor (CUR)", "\0\0\x02\0\x01\0\x20\x20"],
    ["TGA", "\0\0\x02\0\0\0\0\0\0\0\0\0"],
    ["TGA", "\0\x01\x09\0\0\0\x01\x18"],
    ["PostScript", "\xc5\xd0\xd3\xc6\x20\0\0\0"],
    ["JNG", "\x8bJNG\r\n\x1a\n"],
    ["PCX", "\x0a\x05\x01\x08"],
    ["PNM", "P6\n160 120\n255\n"],
    ["PNM", "Pf 1 1 -1.0\n"],
    ["XBM", "#define im_width 16\n"],
    ["FITS", "SIMPLE  =                    T"],
    ["PDF", "\xef\xbb\xbf%PDF-1.4"],
    ["XML", `<?xml version="1.0"?><Error><Code>NoSuchKey</Code></Error>`],
    ["JSON", `{"error":"not found"}`],
    ["a pointer of Git LFS", "version https://git-lfs.github.com/spec/v1\noid"],
    ["an HTML page", "<!DOCTYPE html><html><body>404</body></html>"],
    ["an HTML page", "\n  <html lang=en>"],
    ["an empty file", ""],
    ["SVG", SVG],
    ["SVG", `<?xml version="1.0"?>\n<!-- made by hand -->\n<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "x">${SVG}`],
    ["SVG", `${" ".repeat(3000)}${SVG}`],
    ["SVG", `\xef\xbb\xbf${SVG}`],
    ["SVG", `<svg:svg xmlns:svg="http://www.w3.org/2000/svg"/>`],
    ["SVG", `<SVG>`],
    ["SVG", `<svg\n>`],
  ])("sniff names %s: %j", (unsupported, head) => {
    expect(sniff(bytes(head))).toEqual({ unsupported })
  })

  it.each(["le", "be"] as const)("sniff names SVG in UTF-16, %s, with and without a byte order mark", (order) => {
    expect(sniff(utf16(SVG, order))).toEqual({ unsupported: "SVG" })
    expect(sniff(utf16(SVG, order, false))).toEqual({ unsupported: "SVG" })
    expect(sniff(utf16(`<?xml version="1.0" encoding="UTF-16"?>\n${SVG}`, order))).toEqual({ unsupported: "SVG" })
  })

  it("sniff names a video with its brand", () => {
    expect(sniff(bytes("\0\0\0\x20ftypisom\0\0\x02\0"))).toEqual({
      unsupported: "an ISO media file (isom), perhaps a video",
    })
  })

  it("sniff replaces unusual characters of a brand, which is part of the response", () => {
    expect(sniff(bytes("\0\0\0\x20ftyp\r\n<\xff\0\0\0\0"))).toEqual({
      unsupported: "an ISO media file (??), perhaps a video",
    })
  })

  it.each(["hello", "\0", "\xff", "\xff\xd8", "\x89PNG", "RIFF\x24\0\0\0WAVEfmt ", "GIF88a", "MZ", "\x7fELF"])(
    "sniff calls other files unknown: %j",
    (head) => {
      expect(sniff(bytes(head))).toEqual({ unsupported: "of an unknown kind" })
    },
  )
})

describe("sniff", () => {
  it("sniff never throws, and returns either a kind or a name", () => {
    assert(
      property(uint8Array({ maxLength: 64 }), (head) => {
        const sniffed = sniff(head)
        expect("container" in sniffed).toBe(!("unsupported" in sniffed))
      }),
      { numRuns: 500 },
    )
  })

  it("sniff ignores later bytes: a WebP whose data look like SVG is a WebP", () => {
    expect(sniff(bytes(`RIFF\x24\0\0\0WEBPVP8X<?xml version="1.0"?>${SVG}`))).toEqual({ container: "webp" })
  })
})
