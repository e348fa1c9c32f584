/** Responsible for what each kind of original is called, and what becomes of it. docs/formats.md is generated from this table. */
import type { OriginalKind } from "../sizes/format.ts"

/** What becomes of an original of some kind. */
export interface KindDescription {
  readonly name: string
  /** Variants that are decoded. */
  readonly reads: string
  /** Where the colour space is taken from; the first that is present counts. */
  readonly colour: string
  readonly alpha: string
  /** Frames and pages. */
  readonly frames: string
}

/** All kinds of originals. */
export const KINDS: Readonly<Record<OriginalKind, KindDescription>> = {
  jpeg: {
    name: "JPEG",
    reads: "baseline, progressive, arithmetic, lossless; grey, YCbCr, RGB, CMYK, YCCK; 8 bits",
    colour: "ICC profile, else sRGB; CMYK without a profile by a built-in one",
    alpha: "none",
    frames: "the main picture; gain maps and MPO's second pictures are ignored",
  },
  png: {
    name: "PNG",
    reads: "all colour types, 1 to 16 bits, interlaced",
    colour: "`cICP`, ICC profile, `sRGB`, `gAMA` with `cHRM`, else sRGB",
    alpha: "kept; `tRNS`, too",
    frames: "the first frame of an APNG, whether it is the default image or not",
  },
  webp: {
    name: "WebP",
    reads: "lossy and lossless",
    colour: "ICC profile, else sRGB",
    alpha: "kept; a lossless picture's own flag counts",
    frames: "animations stay animated",
  },
  gif: {
    name: "GIF",
    reads: "87a and 89a, interlaced",
    colour: "sRGB",
    alpha: "kept; what no frame covers is transparent",
    frames: "animations stay animated, on the canvas that the file states",
  },
  tiff: {
    name: "TIFF",
    reads:
      "classic and BigTIFF; uncompressed, LZW, Deflate, PackBits, CCITT, JPEG, WebP; grey, palette, RGB, CMYK, YCbCr, L\\*a\\*b\\*; 1 to 16 bits, RGB and L\\*a\\*b\\* in floating-point numbers",
    colour: "ICC profile, else sRGB; CMYK without a profile by a built-in one",
    alpha: "kept, straight or premultiplied, as `ExtraSamples` says; other samples are ignored",
    frames: "the first page that is neither a reduced version nor a mask",
  },
  heif: {
    name: "HEIF",
    reads: "AVIF of 8, 10 and 12 bits; grids; monochrome",
    colour: "ICC profile, `nclx`, the AV1 sequence header, else sRGB",
    alpha: "kept, straight or premultiplied",
    frames: "an animated AVIF shows its still picture, or its first frame",
  },
  heic: {
    name: "HEIC",
    reads: "HEVC, where a decoder is installed",
    colour: "ICC profile, else sRGB",
    alpha: "kept",
    frames: "the main picture",
  },
  jxl: {
    name: "JPEG XL",
    reads: "where a decoder is installed",
    colour: "converted by the decoder",
    alpha: "kept",
    frames: "the first frame",
  },
}
