/**
 * Responsible for opening HEIC and JPEG XL: the header first, and the pixels once, when they are needed. They reach the image library as an
 * uncompressed TIFF with their profile.
 */
import type { Dimensions } from "../../sizes/size.ts"
import { coloursOfCodePoints } from "../colour/colour-space.ts"
import { createConverter } from "../colour/converter.ts"
import { compatibleBrands } from "../header/boxes.ts"
import { ascii } from "../header/bytes.ts"
import { checkSize, type Opened } from "../inspect.ts"
import type { InspectLimits } from "../inspected.ts"
import { toTiff } from "../pixel-tiff.ts"
import type { Source } from "../source.ts"
import { orientationIn } from "../steps/subject.ts"
import { findDecoder, foreignUnsupported } from "./decoders.ts"
import type { ForeignDecoder, ForeignHeader, ForeignKind, ForeignPixels } from "./foreign.ts"

/** Brands of HEVC pictures; `mif1` and `msf1` are brands of any codec. */
const HEVC = /^(?:heic|heix|heim|heis|hevc|hevx)$/
const ANY_CODEC = /^(?:mif1|msf1|miaf)$/

/** The kind of a file that needs such a decoder; undefined for any other. */
export const foreignKindOf = (bytes: Uint8Array): ForeignKind | undefined => {
  if (bytes.length < 12) return undefined
  if (ascii(bytes, 4, 8) === "JXL " || (bytes[0] === 0xff && bytes[1] === 0x0a)) return "jxl"
  if (ascii(bytes, 4, 8) !== "ftyp") return undefined
  const brand = ascii(bytes, 8, 12)
  if (brand === "jxl ") return "jxl"
  if (HEVC.test(brand)) return "heic"
  const brands = ANY_CODEC.test(brand) ? compatibleBrands(bytes) : []
  return brands.some((one) => HEVC.test(one)) && !brands.some((one) => one.startsWith("avi")) ? "heic" : undefined
}

/** Pixels with a profile stay unchanged, others are sRGB. */
const toFile = ({ data, width, height, hasAlpha, profile, nclx }: ForeignPixels): Uint8Array => {
  const colours = nclx && coloursOfCodePoints({ ...nclx, isFullRange: true })
  const convert = colours && colours !== "srgb" ? createConverter(colours, 255) : undefined
  const pixels = convert ? convert(data, hasAlpha ? 4 : 3) : data
  return toTiff({ data: pixels, width, height, model: "rgb", hasAlpha, profile, orientation: 1 })
}

const inspectedOf = (
  kind: ForeignKind,
  { hasAlpha }: ForeignHeader,
  dimensions: Dimensions,
  byteLength: number,
): Opened["inspected"] => {
  const channels = hasAlpha ? 4 : 3
  return {
    container: "tiff",
    decoder: kind,
    format: "other",
    dimensions,
    frames: 1,
    animated: false,
    isAnimation: false,
    hasAlpha,
    isGrey: false,
    colours: undefined,
    isTurned: false,
    needsSrgbFirst: false,
    isConverted: false,
    // The picture is decoded whole, and once for all renditions.
    isPrepared: true,
    isLossless: false,
    hasFullChroma: false,
    isProgressive: false,
    channels,
    bytesPerSample: 1,
    samplesPerPixel: channels,
    decodedPixels: dimensions.width * dimensions.height,
    byteLength,
  }
}

const decodeSource = async (decoder: ForeignDecoder, bytes: Uint8Array, limits: InspectLimits): Promise<Source> => ({
  bytes: toFile(await decoder.decode(bytes, limits.pixels)),
  page: undefined,
  delays: undefined,
  ignoresProfile: false,
  failsOnWarnings: false,
})

/** An opened original of such a kind. */
export interface OpenedForeign extends Pick<Opened, "inspected" | "marks"> {
  /** Decodes its pixels. */
  readonly decode: () => Promise<Source>
}

/** Regions are marked in the stored picture, as EXIF describes it; decoders give the upright one. */
const marksOf = ({ width, height, exif, xmp }: ForeignHeader): Opened["marks"] => {
  const orientation = exif && orientationIn(exif)
  const isTurned = orientation !== undefined && orientation >= 5
  return {
    ...(isTurned ? { width: height, height: width } : { width, height }),
    ...(orientation !== undefined && { orientation }),
    ...(exif && { exif }),
    ...(xmp && { xmp }),
  }
}

/**
 * Opens an original of such a kind.
 * @throws {unsupported-original} no decoder is installed; the message explains how to install one
 * @throws {original-too-large} @throws {corrupt-original}
 */
export const openForeign = async (
  kind: ForeignKind,
  bytes: Uint8Array,
  limits: InspectLimits,
): Promise<OpenedForeign> => {
  const decoder = await findDecoder(kind)
  const header = await decoder.readHeader(bytes, limits.pixels)
  if (!header) throw foreignUnsupported(kind, true)
  const { width, height } = header
  checkSize({ width, height }, width, limits)
  return {
    inspected: inspectedOf(kind, header, { width, height }, bytes.length),
    decode: () => decodeSource(decoder, bytes, limits),
    marks: marksOf(header),
  }
}
