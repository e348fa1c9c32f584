/**
 * Responsible for the kind of a file, by its first bytes. File names and declared types are never trusted, and a file of a kind that is
 * not listed here never reaches a decoder.
 */

import type { Container } from "../sizes/format.ts"
import { compatibleBrands } from "./header/boxes.ts"
import { ascii } from "./header/bytes.ts"

/** A container, or the name of something else. */
export type Sniffed = { readonly container: Container } | { readonly unsupported: string }

const HEIF_BRANDS = new Set(["avif", "avis", "mif1", "msf1", "miaf", "heic", "heix", "heim", "heis", "hevc", "hevx"])

const isoBrand = (bytes: Uint8Array): Sniffed | undefined => {
  if (ascii(bytes, 4, 8) === "JXL ") return { unsupported: "JPEG XL" }
  if (ascii(bytes, 4, 8) !== "ftyp") return undefined
  const brand = ascii(bytes, 8, 12)
  if (HEIF_BRANDS.has(brand) || compatibleBrands(bytes).includes("avif")) return { container: "heif" }
  if (brand === "crx ") return { unsupported: "camera raw (CR3)" }
  return {
    unsupported:
      brand === "jxl " ? "JPEG XL" : `an ISO media file (${brand.trim().replace(/[^\w ]/g, "?")}), perhaps a video`,
  }
}

/** What the first bytes of a file say, as Latin-1. */
export const MAGIC: readonly (readonly [string, Sniffed])[] = [
  ["\xff\xd8\xff", { container: "jpeg" }],
  ["\x89PNG\r\n\x1a\n", { container: "png" }],
  ["GIF87a", { container: "gif" }],
  ["GIF89a", { container: "gif" }],
  ["II*\0", { container: "tiff" }],
  ["MM\0*", { container: "tiff" }],
  ["II+\0", { container: "tiff" }],
  ["MM\0+", { container: "tiff" }],
  ["IIRO", { unsupported: "camera raw (ORF)" }],
  ["IIRS", { unsupported: "camera raw (ORF)" }],
  ["MMOR", { unsupported: "camera raw (ORF)" }],
  ["IIU\0", { unsupported: "camera raw (RW2)" }],
  ["FUJIFILM", { unsupported: "camera raw (RAF)" }],
  ["II\x1a\0\0\0HEAP", { unsupported: "camera raw (CRW)" }],
  ["FOVb", { unsupported: "camera raw (X3F)" }],
  ["\0MRM", { unsupported: "camera raw (MRW)" }],
  ["\xff\x0a", { unsupported: "JPEG XL" }],
  ["II\xbc\x01", { unsupported: "JPEG XR" }],
  ["BM", { unsupported: "BMP" }],
  ["qoif", { unsupported: "QOI" }],
  ["v/1\x01", { unsupported: "OpenEXR" }],
  ["#?RADIANCE", { unsupported: "Radiance HDR" }],
  ["DDS ", { unsupported: "DDS" }],
  ["\x8aMNG", { unsupported: "MNG" }],
  ["\x8bJNG", { unsupported: "JNG" }],
  ["icns", { unsupported: "an icon (ICNS)" }],
  ["gimp xcf", { unsupported: "a GIMP document" }],
  ["%PDF-", { unsupported: "PDF" }],
  ["8BPS", { unsupported: "a Photoshop document" }],
  ["\0\0\x01\0", { unsupported: "an icon (ICO)" }],
  // No signature, but the first fields of nearly all: no text, no palette or one of 256 entries, true colour or greys, perhaps RLE.
  ["\0\0\x02\0\0\0\0\0", { unsupported: "TGA" }],
  ["\0\0\x03\0\0\0\0\0", { unsupported: "TGA" }],
  ["\0\0\x0a\0\0\0\0\0", { unsupported: "TGA" }],
  ["\0\0\x0b\0\0\0\0\0", { unsupported: "TGA" }],
  ["\0\x01\x01\0\0\0\x01", { unsupported: "TGA" }],
  ["\0\x01\x09\0\0\0\x01", { unsupported: "TGA" }],
  ["\0\0\x02\0", { unsupported: "a cursor (CUR)" }],
  ["\x0a\x05\x01", { unsupported: "PCX" }],
  ["\x01\xda", { unsupported: "SGI" }],
  ["SIMPLE  =", { unsupported: "FITS" }],
  ["AT&TFORM", { unsupported: "DjVu" }],
  ["BPG\xfb", { unsupported: "BPG" }],
  ["FLIF", { unsupported: "FLIF" }],
  ["\xabKTX ", { unsupported: "KTX" }],
  ["\xd7\xcd\xc6\x9a", { unsupported: "WMF" }],
  ["/* XPM */", { unsupported: "XPM" }],
  ["\0\0\0\x0cjP  ", { unsupported: "JPEG 2000" }],
  ["\xff\x4f\xff\x51", { unsupported: "JPEG 2000" }],
  ["%!PS", { unsupported: "PostScript" }],
  ["\xc5\xd0\xd3\xc6", { unsupported: "PostScript" }],
  ["PK\x03\x04", { unsupported: "a ZIP archive" }],
  ["\x1f\x8b", { unsupported: "a gzip archive, perhaps SVGZ" }],
  ["\x1aE\xdf\xa3", { unsupported: "a Matroska or WebM video" }],
]

/** Kinds of files by their beginning as text. */
export const TEXTS: readonly (readonly [RegExp, string])[] = [
  [/<(?:\w+:)?svg[\s>]/i, "SVG"],
  [/^\s*<(?:!doctype html|html)/i, "an HTML page"],
  [/^\s*%PDF-/, "PDF"],
  [/^P[1-7F]\s/i, "PNM"],
  [/^#define \w+_width /, "XBM"],
  [/^\s*\{/, "JSON"],
  [/^\s*<\?xml/, "XML"],
  [/^version https:\/\/git-lfs/, "a pointer of Git LFS"],
]

/** The beginning of a file as text, in one of the encodings of SVG and HTML. */
const asText = (bytes: Uint8Array): string => {
  const head = bytes.subarray(0, 4096)
  const encoding =
    head[0] === 0xff && head[1] === 0xfe
      ? "utf-16le"
      : head[0] === 0xfe && head[1] === 0xff
        ? "utf-16be"
        : head[1] === 0
          ? "utf-16le"
          : head[0] === 0
            ? "utf-16be"
            : "utf-8"
  return new TextDecoder(encoding).decode(head)
}

/** @returns the kind of an original that can be decoded, or the name of another kind of file */
export const sniff = (bytes: Uint8Array): Sniffed => {
  if (bytes.length === 0) return { unsupported: "an empty file" }
  const head = ascii(bytes, 0, 12)
  if (head.startsWith("RIFF") && head.slice(8) === "WEBP") return { container: "webp" }
  const known = MAGIC.find(([magic]) => head.startsWith(magic))
  if (known) return known[1]
  const iso = isoBrand(bytes)
  if (iso) return iso
  const text = asText(bytes)
  const written = TEXTS.find(([pattern]) => pattern.test(text))
  if (written) return { unsupported: written[1] }
  return { unsupported: "of an unknown kind" }
}
