/**
 * Responsible for opening an original by its header, before any pixel is decoded: whether it may be decoded at all, and how. A
 * rejected file costs a few milliseconds, independent of the size in its header.
 *
 * Invariants:
 * - Nothing reaches the image library before the structure of the file was walked within its limits.
 */
import type { Metadata } from "sharp"

import { corruptOriginal, originalTooLarge, unsupportedOriginal } from "../errors.ts"
import type { Container, Format } from "../sizes/format.ts"
import type { Dimensions } from "../sizes/size.ts"
import { codingOf, coloursOf, isGreySpace, needsDepth, needsSrgbFirst, whiteOf } from "./coding.ts"
import { type Converter, createConverter } from "./colour/converter.ts"
import { planColours } from "./colour/original-colours.ts"
import { CONVERT, toRenderError } from "./failures.ts"
import { surveyGifFrame } from "./header/gif-pixels.ts"
import { type Header, parseHeader } from "./header/header.ts"
import type { Inspected, InspectLimits } from "./inspected.ts"
import { KINDS } from "./kinds.ts"
import { DEVELOP, normalise, type Normalised } from "./normalise/normalise.ts"
import { stripMetadata } from "./normalise/strip.ts"
import { deepenedMetadata, type Preparation, preparedMetadata, type PreparedMeta } from "./prepare.ts"
import { sniff } from "./sniff.ts"
import { openImage, type Source } from "./source.ts"
import { compressedXmpOf } from "./steps/png-xmp.ts"
import type { MarkedMetadata } from "./steps/subject.ts"

/** An original, ready to be decoded. */
export interface Opened {
  readonly inspected: Inspected
  readonly header: Header
  readonly source: Source
  /** Converts pixels after they were resized. */
  readonly convert: Converter | undefined
  readonly preparation: (PreparedMeta & { readonly what: Preparation }) | undefined
  /** The original without its metadata; undefined where that is not a rendition. */
  readonly strip?: () => Uint8Array | undefined
  /** Metadata that can mark a subject. */
  readonly marks: MarkedMetadata
}

const FORMAT_OF: Record<Container, Format | "other"> = {
  jpeg: "jpeg",
  png: "png",
  webp: "webp",
  gif: "gif",
  heif: "avif",
  tiff: "other",
}

/** The error for a failure of the image library with an original. */
export const renderErrorOf = (error: unknown, { container }: Pick<Inspected, "container">): Error =>
  toRenderError(error, KINDS[container].name)

/**
 * Rows are held by the dozen, and only PNG and TIFF have longer ones than this: a PNG of 145 bytes, with rows of two million pixels,
 * took 2.5 GB, however few they were.
 */
const MAX_ROW_PIXELS = 65_535

/** A frame costs this much even if it is a pixel large, when animations are weighed. */
const MIN_FRAME_PIXELS = 16_384

const millions = (pixels: number): string => `${(pixels / 1e6).toFixed(1)} megapixels`

const isOtherCodec = (header: Header): boolean =>
  header.kind === "heif" && header.compatibleBrands.every((brand) => !brand.startsWith("avi"))

/** libvips reads headers of codecs that it cannot decode, and names the codec by the main brand alone. */
const refuseCodec = (header: Header, { compression }: Metadata): void => {
  if (header.kind !== "heif" || compression === "av1" || !isOtherCodec(header)) return
  throw unsupportedOriginal(
    compression === "hevc" ? "HEIC (HEVC)" : `HEIF (${compression ?? "unknown codec"})`,
    CONVERT,
  )
}

/** The error for a header that the image library cannot read: of a thing that is not decoded, or of a damaged file. */
const headerError = (header: Header, error: unknown): Error => {
  if (header.kind === "heif" && /^he[iv]/.test(header.brand)) return unsupportedOriginal("HEIC (HEVC)", CONVERT, error)
  if (header.kind === "heif" && /^(?:avis|msf1)$/.test(header.brand))
    return unsupportedOriginal("an animated AVIF", CONVERT, error)
  return toRenderError(error, KINDS[header.kind].name)
}

const readMetadata = async (source: Source, header: Header): Promise<Metadata> => {
  let metadata: Metadata
  try {
    metadata = await (await openImage({ ...source, failsOnWarnings: false })).metadata()
  } catch (error) {
    throw headerError(header, error)
  }
  refuseCodec(header, metadata)
  if (metadata.format !== header.kind) throw unsupportedOriginal("of an unknown kind", CONVERT)
  return metadata
}

/** Upright dimensions of one frame. */
const dimensionsOf = ({ autoOrient, width, orientation = 1 }: Metadata, what: Preparation | undefined): Dimensions => {
  if (what?.kind !== "frame") return { width: autoOrient.width, height: autoOrient.height }
  const isSideways = orientation >= 5 && autoOrient.width !== width
  return isSideways ? { width: what.height, height: what.width } : { width: what.width, height: what.height }
}

/** Checks dimensions against the limits. @throws {original-too-large} */
export const checkSize = ({ width, height }: Dimensions, rowPixels: number, limits: InspectLimits): void => {
  if (width * height > limits.pixels)
    throw originalTooLarge(`${width} × ${height} = ${millions(width * height)}`, millions(limits.pixels))
  if (rowPixels > MAX_ROW_PIXELS)
    throw originalTooLarge(`rows of ${rowPixels} pixels`, `${MAX_ROW_PIXELS} pixels a row`)
}

type Frames = Pick<Inspected, "frames" | "animated" | "isAnimation" | "decodedPixels">

const framesOf = (header: Header): number =>
  header.kind === "gif" ? Math.max(header.frames.length, 1) : header.kind === "webp" ? header.frames : 1

/** Frames, whether they are kept, and the pixels that are decoded. */
const weighFrames = (header: Header, pixels: number, isTurned: boolean, limit: number): Frames => {
  const frames = framesOf(header)
  const weight = frames * Math.max(pixels, MIN_FRAME_PIXELS)
  // libvips does not turn animations, and hardly any has to be turned.
  const animated = frames > 1 && weight <= limit && !isTurned
  const isAnimation = header.kind === "webp" ? header.animation !== undefined : frames > 1
  return { frames, animated, isAnimation, decodedPixels: animated ? weight : pixels }
}

const checkGifPixels = (bytes: Uint8Array, header: Header, animated: boolean): void => {
  if (header.kind !== "gif") return
  const frames = animated ? header.frames : header.frames.slice(0, 1)
  if (!frames.every((frame) => surveyGifFrame(bytes, frame).isComplete))
    throw corruptOriginal("the compressed data of a frame end before its last pixel")
}

/** A blank frame was put before the first one: it is not shown. */
const delaysOf = (header: Header, { page }: Normalised, { delay }: Metadata): readonly number[] | undefined =>
  header.kind === "gif" && page !== undefined ? delay?.slice(page) : undefined

const marksOf = (
  { xmp: readable, exif, orientation, width, height }: Metadata,
  xmp: Uint8Array | undefined = readable,
): MarkedMetadata => ({
  width,
  height,
  ...(xmp && { xmp }),
  ...(exif && { exif }),
  ...(orientation !== undefined && { orientation }),
})

const refuseUnknown = (found: string): Error =>
  unsupportedOriginal(found, found.startsWith("camera raw") ? DEVELOP : CONVERT)

/**
 * Opens an original.
 * @throws {unsupported-original} not an image that is decoded; the message names its kind
 * @throws {original-too-large} over a limit
 * @throws {corrupt-original} the header does not parse, or pixels are missing
 */
export const openOriginal = async (bytes: Uint8Array, limits: InspectLimits): Promise<Opened> => {
  const sniffed = sniff(bytes)
  if ("unsupported" in sniffed) throw refuseUnknown(sniffed.unsupported)
  const { container } = sniffed
  const header = parseHeader(container, bytes, limits.pixels)
  const normalised = normalise(bytes, header)
  const unread: Source = {
    bytes: normalised.bytes,
    page: normalised.page,
    delays: undefined,
    ignoresProfile: false,
    failsOnWarnings: normalised.failsOnWarnings,
  }
  const stored = await readMetadata(unread, header)
  const prepared = preparedMetadata(stored, normalised.preparation)
  const plan = planColours(bytes, header, prepared)
  const isDeepened = needsDepth(prepared, plan)
  const what = normalised.preparation ?? (isDeepened ? { kind: "none" as const } : undefined)
  const metadata = isDeepened ? deepenedMetadata(prepared) : prepared
  const orientation = metadata.orientation ?? 1
  const dimensions = dimensionsOf(metadata, what)
  checkSize(dimensions, metadata.width, limits)
  const isPlain = normalised.bytes === bytes && plan.kind === "stored" && orientation === 1
  const pixels = dimensions.width * dimensions.height
  const frames = weighFrames(header, pixels, orientation !== 1, limits.animationPixels)
  checkGifPixels(bytes, header, frames.animated)
  return {
    header,
    source: { ...unread, delays: delaysOf(header, normalised, metadata), ignoresProfile: plan.kind !== "profile" },
    convert: plan.kind === "converted" ? createConverter(plan.space, whiteOf(header, metadata)) : undefined,
    marks: marksOf(metadata, header.kind === "png" ? compressedXmpOf(bytes, header) : undefined),
    strip: () => (isPlain && frames.animated === frames.isAnimation ? stripMetadata(bytes, header) : undefined),
    preparation: what && { what, is16Bit: stored.depth === "ushort", isDeepened, profile: metadata.icc, orientation },
    inspected: {
      container,
      format: FORMAT_OF[container],
      dimensions,
      ...frames,
      hasAlpha: metadata.hasAlpha,
      isGrey: isGreySpace(metadata),
      colours: coloursOf(metadata),
      isTurned: orientation !== 1,
      needsSrgbFirst: needsSrgbFirst(metadata, plan),
      isConverted: plan.kind === "converted",
      isPrepared: what !== undefined,
      ...codingOf(header, metadata),
      byteLength: bytes.length,
    },
  }
}
