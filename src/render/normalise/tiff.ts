/**
 * Responsible for TIFFs: which page is the picture, which codings are refused by name, and which samples the image library would
 * misread.
 *
 * Source: TIFF 6.0 §8 (baseline fields), §18 (extra samples), §19 (sample formats), §20 to 23 (colorimetry, CMYK, YCbCr, CIE L*a*b*);
 * TIFF/EP and DNG 1.7 (camera raw); the registered compression schemes of libtiff.
 */
import { unsupportedOriginal } from "../../errors.ts"
import { viewOf } from "../header/bytes.ts"
import { TIFF_TAGS, type TiffDirectory, type TiffHeader, tiffNumbers } from "../header/tiff.ts"
import type { Edit } from "./edit.ts"

/** The samples of one page. */
export interface TiffSamples {
  readonly photometric: number
  readonly compression: number
  readonly samples: number
  /** Bits of each sample. */
  readonly bits: number
  readonly format: number
  /** Meanings of the samples behind the colours: 1 premultiplied alpha, 2 straight alpha, 0 unspecified. */
  readonly extras: readonly number[]
  readonly isSubsampled: boolean
  readonly hasProfile: boolean
}

/** Values of PhotometricInterpretation. */
export const PHOTOMETRIC = { white: 0, black: 1, rgb: 2, palette: 3, cmyk: 5, yCbCr: 6, lab: 8, iccLab: 9 } as const

const COLOUR_SAMPLES: ReadonlyMap<number, number> = new Map([
  [PHOTOMETRIC.white, 1],
  [PHOTOMETRIC.black, 1],
  [PHOTOMETRIC.rgb, 3],
  [PHOTOMETRIC.palette, 1],
  [PHOTOMETRIC.cmyk, 4],
  [PHOTOMETRIC.yCbCr, 3],
  [PHOTOMETRIC.lab, 3],
  [PHOTOMETRIC.iccLab, 3],
])

/** Bits of NewSubfileType: a reduced version, and a transparency mask. */
const REDUCED = 1
const MASK = 4

/** SubfileType of a reduced version. */
const OLD_REDUCED = 2

const isFullPicture = (bytes: Uint8Array, header: TiffHeader, page: TiffDirectory): boolean => {
  const [type = 0] = tiffNumbers(bytes, header, page, "newSubfileType")
  const [oldType = 0] = tiffNumbers(bytes, header, page, "subfileType")
  return (type & (REDUCED | MASK)) === 0 && oldType !== OLD_REDUCED
}

/** The first page that is not a reduced version of another one, nor a mask (TIFF 6.0 §8, NewSubfileType). */
export const tiffPage = (bytes: Uint8Array, header: TiffHeader): number =>
  Math.max(
    0,
    header.pages.findIndex((page) => isFullPicture(bytes, header, page)),
  )

/** The meaning of a page's samples. */
export const tiffSamples = (bytes: Uint8Array, header: TiffHeader, page: TiffDirectory): TiffSamples => {
  const numbers = (tag: keyof typeof TIFF_TAGS): readonly number[] => tiffNumbers(bytes, header, page, tag)
  const [photometric = -1] = numbers("photometric")
  const [samples = 1] = numbers("samplesPerPixel")
  const extras = numbers("extraSamples")
  const count = Math.max(0, samples - (COLOUR_SAMPLES.get(photometric) ?? samples))
  const [horizontal = 2, vertical = 2] = numbers("yCbCrSubSampling")
  return {
    photometric,
    compression: numbers("compression")[0] ?? 1,
    samples,
    bits: Math.max(...numbers("bitsPerSample"), 1),
    format: numbers("sampleFormat")[0] ?? UNSIGNED,
    extras: Array.from({ length: count }, (_, at) => extras[at] ?? 0),
    isSubsampled: photometric === PHOTOMETRIC.yCbCr && horizontal * vertical > 1,
    hasProfile: page.has(TIFF_TAGS.profile),
  }
}

const CONVERT = "Convert it to a TIFF that is compressed by LZW or Deflate, or to PNG or JPEG, and upload that."

/** Compression schemes that are not decoded. */
export const UNDECODED: ReadonlyMap<number, string> = new Map([
  [6, "old-style JPEG"],
  [9, "JBIG"],
  [10, "JBIG"],
  [22_610, "JPEG XR"],
  [32_766, "NeXT"],
  [32_767, "the scheme of Sony's camera raw"],
  [32_770, "the scheme of Samsung's camera raw"],
  [32_809, "ThunderScan"],
  [32_895, "IT8"],
  [32_896, "IT8"],
  [32_897, "IT8"],
  [32_898, "IT8"],
  [32_909, "PixarLog"],
  [33_003, "JPEG 2000"],
  [33_004, "JPEG 2000"],
  [33_005, "JPEG 2000"],
  [34_661, "JBIG"],
  [34_676, "SGILog"],
  [34_677, "SGILog"],
  [34_712, "JPEG 2000"],
  [34_887, "LERC"],
  [34_892, "lossy JPEG of camera raw"],
  [34_925, "LZMA"],
  [34_926, "Zstandard"],
  [34_933, "PNG"],
  [34_934, "JPEG XR"],
  [50_000, "Zstandard"],
  [50_002, "JPEG XL"],
  [52_546, "JPEG XL"],
  [65_000, "the scheme of Kodak's camera raw"],
  [65_535, "the scheme of Pentax' camera raw"],
])

/** Values of SampleFormat (§19). */
const UNSIGNED = 1
const FLOAT = 3
const FORMAT_NAMES: ReadonlyMap<number, string> = new Map([
  [2, "signed integers"],
  [FLOAT, "floating-point numbers"],
  [5, "complex integers"],
  [6, "complex numbers"],
])

const DECODED_BITS: ReadonlySet<number> = new Set([1, 2, 4, 8, 16])

/** RGB in floating-point numbers is linear light from 0 to 1, and L*a*b* is itself. Other numbers have no known range. */
const hasKnownRange = ({ format, photometric, bits }: TiffSamples): boolean =>
  format === FLOAT &&
  (photometric === PHOTOMETRIC.rgb || photometric === PHOTOMETRIC.lab) &&
  (bits === 16 || bits === 32)

/** @throws {unsupported-original} the samples are coded in a way that is not decoded */
export const refuseTiffCoding = (samples: TiffSamples): void => {
  const { compression, bits, format } = samples
  const scheme = UNDECODED.get(compression)
  if (scheme) throw unsupportedOriginal(`a TIFF compressed by ${scheme}`, CONVERT)
  if (hasKnownRange(samples)) return
  const name = FORMAT_NAMES.get(format)
  if (name) throw unsupportedOriginal(`a TIFF of ${name} of ${bits} bits`, CONVERT)
  if (!DECODED_BITS.has(bits)) throw unsupportedOriginal(`a TIFF of ${bits} bits a sample`, CONVERT)
}

/** Photometric interpretations of sensor data: a colour filter array, and linear sensor values. */
const SENSOR: ReadonlySet<number> = new Set([32_803, 34_892])

/** Behind the header of Canon's second format. */
const CR2 = 0x43_52

/** @returns the kind of camera raw that a TIFF is; undefined for others */
export const cameraRawOf = (bytes: Uint8Array, header: TiffHeader): string | undefined => {
  if (bytes.length > 10 && viewOf(bytes).getUint16(8) === CR2) return "CR2"
  const [first] = header.pages
  if (first?.has(TIFF_TAGS.dngVersion)) return "DNG"
  const isSensor = (page: TiffDirectory): boolean =>
    SENSOR.has(tiffNumbers(bytes, header, page, "photometric")[0] ?? -1) ||
    RAW_COMPRESSIONS.has(tiffNumbers(bytes, header, page, "compression")[0] ?? -1)
  return [...header.pages, ...header.subImages].some(isSensor) ? "NEF, ARW or another" : undefined
}

/** Schemes that only cameras write: Nikon, Sony, Samsung, Kodak, Pentax. */
const RAW_COMPRESSIONS: ReadonlySet<number> = new Set([32_767, 32_769, 32_770, 34_713, 65_000, 65_535])

/** The meaning of decoded samples that the image library would misread. */
export interface TiffPixels {
  readonly kind: "tiff"
  readonly model: "grey" | "rgb" | "cmyk" | "yCbCr" | "lab"
  /** Place of the alpha sample; undefined where there is none. */
  readonly alphaAt: number | undefined
  readonly isPremultiplied: boolean
  /** L*a*b* of signed a and b. */
  readonly isSigned: boolean
  /** Parameters of YCbCr (§20, §21). */
  readonly coefficients: readonly number[]
  readonly referenceBlackWhite: readonly number[]
}

const MODELS: ReadonlyMap<number, TiffPixels["model"]> = new Map([
  [PHOTOMETRIC.white, "grey"],
  [PHOTOMETRIC.black, "grey"],
  [PHOTOMETRIC.rgb, "rgb"],
  [PHOTOMETRIC.cmyk, "cmyk"],
  [PHOTOMETRIC.yCbCr, "yCbCr"],
  [PHOTOMETRIC.lab, "lab"],
  [PHOTOMETRIC.iccLab, "lab"],
])

const JPEG = 7

/** Only 1 and 2 are alpha; the library takes any further sample for it (§18). */
const hasOtherExtras = ({ extras }: TiffSamples): boolean =>
  extras.length > 1 || (extras.length === 1 && extras[0] !== 1 && extras[0] !== 2)

/** The library converts 16 bits of ink by the profile only, and loses their alpha. */
const isLostInk = ({ photometric, bits, extras, hasProfile }: TiffSamples): boolean =>
  photometric === PHOTOMETRIC.cmyk && bits === 16 && (!hasProfile || extras.length > 0)

/** The library shows YCbCr without subsampling, and bytes of L*a*b*, as RGB. JPEGs are turned to RGB by their own decoder. */
const isMisreadModel = ({ photometric, compression, isSubsampled }: TiffSamples): boolean =>
  photometric === PHOTOMETRIC.lab ||
  photometric === PHOTOMETRIC.iccLab ||
  (photometric === PHOTOMETRIC.yCbCr && !isSubsampled && compression !== JPEG)

/** @returns undefined where the image library reads a page rightly */
export const misreadTiff = (
  bytes: Uint8Array,
  header: TiffHeader,
  page: TiffDirectory,
  samples: TiffSamples,
): TiffPixels | undefined => {
  const model = MODELS.get(samples.photometric)
  if (!model || (samples.bits !== 8 && samples.bits !== 16) || samples.format !== UNSIGNED) return undefined
  if (!hasOtherExtras(samples) && !isLostInk(samples) && !isMisreadModel(samples)) return undefined
  const alpha = samples.extras.findIndex((meaning) => meaning === 1 || meaning === 2)
  return {
    kind: "tiff",
    model,
    alphaAt: alpha < 0 ? undefined : samples.samples - samples.extras.length + alpha,
    isPremultiplied: samples.extras[alpha] === 1,
    isSigned: samples.photometric === PHOTOMETRIC.lab,
    coefficients: tiffNumbers(bytes, header, page, "yCbCrCoefficients"),
    referenceBlackWhite: tiffNumbers(bytes, header, page, "referenceBlackWhite"),
  }
}

/** Makes the library hand over the samples of a page unchanged, by calling them RGB. */
export const callRgb = (header: TiffHeader, page: TiffDirectory): readonly Edit[] => {
  const field = page.get(TIFF_TAGS.photometric)
  if (!field) return []
  const value = Buffer.alloc(2)
  if (header.isLittleEndian) value.writeUInt16LE(PHOTOMETRIC.rgb)
  else value.writeUInt16BE(PHOTOMETRIC.rgb)
  return [{ start: field.values.start, end: field.values.start + 2, bytes: value }]
}
