/**
 * What an original's header says, before any pixel is decoded: what it is, how large, whether it may be decoded at all, and how much
 * memory that will take. A refusal from here costs a few milliseconds, whatever size the header claims.
 */
import type { Metadata } from "sharp"

import { corruptOriginal, originalTooLarge, unsupportedOriginal } from "../errors.ts"
import type { Format, Container } from "../sizes/format.ts"
import type { Dimensions } from "../sizes/size.ts"
import { isTruncatedGif } from "./gif.ts"
import { loadSharp } from "./sharp.ts"
import { sniff } from "./sniff.ts"

/** Limits on originals, each checked against the header. */
export interface InspectLimits {
  /** Width × height of one frame. */
  readonly pixels: number
  /** Frames × pixels up to which an animation stays one; above it, the first frame is taken. */
  readonly animationPixels: number
}

/** Facts from the header. */
export interface Inspected {
  readonly container: Container
  /** "other" for what no browser shows (TIFF). */
  readonly format: Format | "other"
  /** Upright, one frame. */
  readonly dimensions: Dimensions
  readonly frames: number
  /** More than one frame, and few enough to keep them. */
  readonly animated: boolean
  readonly hasAlpha: boolean
  readonly isPalette: boolean
  /** One channel of colour. */
  readonly isGrey: boolean
  /** Entries of its palette at most, 2 to 256; 256 where it has none. */
  readonly colours: number
  /** EXIF says that it lies on its side, or is mirrored. */
  readonly isTurned: boolean
  /** Must be turned to sRGB before anything else, since libvips does not convert it rightly afterwards. */
  readonly needsSrgbFirst: boolean
  /** JPEG: progressive; PNG: interlaced. */
  readonly isProgressive: boolean
  /** Pixels that are decoded: of one frame, or of all where the animation is kept. */
  readonly decodedPixels: number
  /** Length of the original. */
  readonly byteLength: number
}

const FORMAT_OF: Record<Container, Format | "other"> = {
  jpeg: "jpeg",
  png: "png",
  webp: "webp",
  gif: "gif",
  heif: "avif",
  tiff: "other",
}

const CONVERT = "Convert it to JPEG, PNG, WebP, AVIF, GIF or TIFF and upload that."

/**
 * Rows are held by the dozen, and only PNG and TIFF have longer ones than this: a PNG of 145 bytes, with rows of two million pixels,
 * took 2.5 GB, however few they were.
 */
const MAX_ROW_PIXELS = 65_535

/** A frame costs this much even if it is a pixel large, when animations are weighed. */
const MIN_FRAME_PIXELS = 16_384

const millions = (pixels: number): string => `${(pixels / 1e6).toFixed(1)} megapixels`

/** Whether an ISO media file says, among its compatible brands, that it may be read as AVIF. */
const mayBeAvif = (bytes: Uint8Array): boolean => {
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0)
  const brands = String.fromCharCode(...bytes.subarray(8, Math.min(length, 256)))
  return brands.includes("avif")
}

/** libvips reads headers of codecs that it cannot decode, and names the codec by the main brand alone. */
const refuseCodec = (bytes: Uint8Array, { format, compression }: Metadata): void => {
  if (format !== "heif" || compression === "av1" || mayBeAvif(bytes)) return
  throw unsupportedOriginal(
    compression === "hevc" ? "HEIC (HEVC)" : `HEIF (${compression ?? "unknown codec"})`,
    CONVERT,
  )
}

/** What to say of a header that did not parse: some are of things that are not decoded, rather than damaged. */
const headerFault = (bytes: Uint8Array, container: Container, error: unknown): Error => {
  const brand = container === "heif" ? String.fromCharCode(...bytes.subarray(8, 12)) : ""
  if (/^he[iv]/.test(brand)) return unsupportedOriginal("HEIC (HEVC)", CONVERT, error)
  if (brand === "avis" || brand === "msf1") return unsupportedOriginal("an animated AVIF", CONVERT, error)
  return corruptOriginal(error)
}

const readHeader = async (bytes: Uint8Array, container: Container): Promise<Metadata> => {
  const image = await loadSharp()
  let metadata: Metadata
  try {
    metadata = await image(bytes, { failOn: "error", limitInputPixels: false }).metadata()
  } catch (error) {
    throw headerFault(bytes, container, error)
  }
  refuseCodec(bytes, metadata)
  if (metadata.format !== container) throw unsupportedOriginal("of an unknown kind", CONVERT)
  return metadata
}

/** Frames, whether they are kept, and the pixels that are decoded. */
const weighFrames = (
  container: Container,
  { pages = 1, orientation = 1 }: Metadata,
  pixels: number,
  limit: number,
): Pick<Inspected, "frames" | "animated"> & { readonly decoded: number } => {
  const frames = container === "webp" || container === "gif" ? pages : 1
  const weight = frames * Math.max(pixels, MIN_FRAME_PIXELS)
  // libvips does not turn animations, and hardly any has to be turned.
  const animated = frames > 1 && weight <= limit && orientation === 1
  return { frames, animated, decoded: animated ? weight : pixels }
}

type Colours = Pick<Inspected, "isPalette" | "isGrey" | "colours" | "needsSrgbFirst">

const describeColours = ({ space, depth, hasAlpha, hasProfile, isPalette, bitsPerSample = 8 }: Metadata): Colours => ({
  isPalette,
  isGrey: space === "b-w" || space === "grey16",
  colours: 2 ** Math.min(8, bitsPerSample),
  // 16 bits with a profile would come out as P3, grey with alpha would be flattened onto one channel of the background.
  needsSrgbFirst: depth === "ushort" || (space === "b-w" && hasAlpha && !hasProfile),
})

/**
 * The facts of an original's header.
 * @throws {unsupported-original} not an image that is decoded; says what it is
 * @throws {original-too-large} over the pixel limit, or with rows that are too long
 * @throws {corrupt-original} the header does not parse
 */
export const inspect = async (bytes: Uint8Array, limits: InspectLimits): Promise<Inspected> => {
  const sniffed = sniff(bytes)
  if ("unsupported" in sniffed) throw unsupportedOriginal(sniffed.unsupported, CONVERT)
  const { container } = sniffed
  if (container === "gif" && isTruncatedGif(bytes)) throw corruptOriginal("the data end within a block")
  const metadata = await readHeader(bytes, container)
  const { width, height } = metadata.autoOrient
  const pixels = width * height
  if (pixels > limits.pixels)
    throw originalTooLarge(`${width} × ${height} = ${millions(pixels)}`, millions(limits.pixels))
  if (metadata.width > MAX_ROW_PIXELS)
    throw originalTooLarge(`rows of ${metadata.width} pixels`, `${MAX_ROW_PIXELS} pixels a row`)
  const { frames, animated, decoded } = weighFrames(container, metadata, pixels, limits.animationPixels)
  return {
    container,
    format: FORMAT_OF[container],
    dimensions: { width, height },
    frames,
    animated,
    hasAlpha: metadata.hasAlpha,
    isTurned: (metadata.orientation ?? 1) !== 1,
    ...describeColours(metadata),
    isProgressive: metadata.isProgressive,
    decodedPixels: decoded,
    byteLength: bytes.length,
  }
}
