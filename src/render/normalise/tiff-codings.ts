/**
 * Responsible for TIFFs that are refused by name: camera raw, and codings that are not decoded.
 *
 * Source: TIFF 6.0 §19 (sample formats); TIFF/EP and DNG 1.7 (camera raw); the registered compression schemes of libtiff.
 */
import { unsupportedOriginal } from "../../errors.ts"
import { ascii } from "../header/bytes.ts"
import { TIFF_TAGS, type TiffDirectory, type TiffHeader, tiffNumbers } from "../header/tiff.ts"
import { PHOTOMETRIC, type TiffSamples } from "./tiff.ts"

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

/** Value of SampleFormat (§19). */
const FLOAT = 3
const FORMAT_NAMES: ReadonlyMap<number, string> = new Map([
  [2, "signed integers"],
  [FLOAT, "floating-point numbers"],
  [5, "complex integers"],
  [6, "complex numbers"],
])

const DECODED_BITS: ReadonlySet<number> = new Set([1, 2, 4, 8, 16])

/** A file that lacks the field is read as grey or RGB. */
const KNOWN_PHOTOMETRICS: ReadonlySet<number> = new Set([-1, ...Object.values(PHOTOMETRIC)])

/** Samples of a pixel that the image library reads at most. */
const MAX_SAMPLES = 5

/** RGB in floating-point numbers is linear light from 0 to 1, and L*a*b* is itself. Other numbers have no known range. */
const hasKnownRange = ({ format, photometric, bits }: TiffSamples): boolean =>
  format === FLOAT &&
  (photometric === PHOTOMETRIC.rgb || photometric === PHOTOMETRIC.lab) &&
  (bits === 16 || bits === 32)

/** The name of a coding that is not decoded, or undefined. */
type Rule = (samples: TiffSamples) => string | false | undefined

const RULES: readonly Rule[] = [
  ({ compression }) => {
    const scheme = UNDECODED.get(compression)
    return scheme && `compressed by ${scheme}`
  },
  ({ samples }) => samples > MAX_SAMPLES && `of ${samples} samples a pixel`,
  ({ isTiled, isPlanar, samples }) => isTiled && isPlanar && samples > 1 && "of tiles in separate planes",
  // The library moves each second row by half of its length.
  ({ isPlanar, samples }) => isPlanar && samples === 2 && "of two samples in separate planes",
  ({ photometric }) => !KNOWN_PHOTOMETRICS.has(photometric) && `of photometric interpretation ${photometric}`,
  ({ isMixed }) => isMixed && "of samples that differ in their bits",
  ({ photometric, isOtherInk }) => photometric === PHOTOMETRIC.cmyk && isOtherInk && "of other inks than CMYK",
  // The library mixes up their planes.
  ({ format, bits, isPlanar }) =>
    format === FLOAT && bits === 16 && isPlanar && "of floating-point numbers of 16 bits in separate planes",
  (samples) => {
    const name = FORMAT_NAMES.get(samples.format)
    return name && !hasKnownRange(samples) && `of ${name} of ${samples.bits} bits`
  },
  (samples) => !DECODED_BITS.has(samples.bits) && !hasKnownRange(samples) && `of ${samples.bits} bits a sample`,
]

/** @throws {unsupported-original} the samples are coded in a way that is not decoded */
export const refuseTiffCoding = (samples: TiffSamples): void => {
  for (const rule of RULES) {
    const name = rule(samples)
    if (name) throw unsupportedOriginal(`a TIFF ${name}`, CONVERT)
  }
}

/** Photometric interpretations of sensor data: a colour filter array, and linear sensor values. */
const SENSOR: ReadonlySet<number> = new Set([32_803, 34_892])

/** Behind the header of Canon's second format, and of Phase One's. */
const SIGNATURES = [
  ["CR2", /^CR/],
  ["IIQ", /^(?:IIII|MMMM)/],
] as const

/** @returns the kind of camera raw that a TIFF is; undefined for others */
export const cameraRawOf = (bytes: Uint8Array, header: TiffHeader): string | undefined => {
  const signature = ascii(bytes, 8, 12)
  const signed = SIGNATURES.find(([, text]) => text.test(signature))
  if (signed) return signed[0]
  const [first] = header.pages
  if (first?.has(TIFF_TAGS.dngVersion)) return "DNG"
  const isSensor = (page: TiffDirectory): boolean =>
    SENSOR.has(tiffNumbers(bytes, header, page, "photometric")[0] ?? -1) ||
    RAW_COMPRESSIONS.has(tiffNumbers(bytes, header, page, "compression")[0] ?? -1)
  return [...header.pages, ...header.subImages].some(isSensor) ? "NEF, ARW or another" : undefined
}

/** Schemes that only cameras write: Nikon, Sony, Samsung, Kodak, Pentax. */
const RAW_COMPRESSIONS: ReadonlySet<number> = new Set([32_767, 32_769, 32_770, 34_713, 65_000, 65_535])
