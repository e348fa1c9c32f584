/**
 * Responsible for TIFFs: which page is the picture, and which samples the image library would misread.
 *
 * Source: TIFF 6.0 §8 (baseline fields), §18 (extra samples), §20 to 23 (colorimetry, CMYK, YCbCr, CIE L*a*b*).
 */
import { ascii } from "../header/bytes.ts"
import { TIFF_TAGS, type TiffDirectory, type TiffField, type TiffHeader, tiffNumbers } from "../header/tiff.ts"
import type { Edit } from "./edit.ts"

/** The samples of one page. */
export interface TiffSamples {
  readonly photometric: number
  readonly compression: number
  readonly samples: number
  /** Bits of each sample; the most of them if they differ. */
  readonly bits: number
  readonly format: number
  /** Samples differ in bits or format. */
  readonly isMixed: boolean
  /** Meanings of the samples behind the colours: 1 premultiplied alpha, 2 straight alpha, 0 unspecified. */
  readonly extras: readonly number[]
  readonly isSubsampled: boolean
  /** Separations of other inks than CMYK (§16, InkSet), or fewer of them. */
  readonly isOtherInk: boolean
  /** Its profile is for inks. */
  readonly hasInkProfile: boolean
  /** Each sample is stored in a plane of its own (PlanarConfiguration 2). */
  readonly isPlanar: boolean
  readonly isTiled: boolean
}

/** Value of SampleFormat for whole numbers without a sign, the default (§19). */
const UNSIGNED = 1

const CMYK_INKS = 4

/** Value of InkSet. */
const OTHER_INKS = 2

/** Value of PlanarConfiguration. */
const PLANAR = 2

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

/** More than any file has that is decoded. A file can claim billions. */
const MAX_EXTRAS = 64

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

/** The space of a profile is in bytes 16 to 19 (ICC.1:2022 §7.2.6). */
const isInkProfile = (bytes: Uint8Array, field: TiffField | undefined): boolean =>
  field !== undefined && ascii(bytes, field.values.start + 16, field.values.start + 20) === "CMYK"

/** The meaning of a page's samples. */
export const tiffSamples = (bytes: Uint8Array, header: TiffHeader, page: TiffDirectory): TiffSamples => {
  const numbers = (tag: keyof typeof TIFF_TAGS): readonly number[] => tiffNumbers(bytes, header, page, tag)
  const [photometric = -1] = numbers("photometric")
  const [samples = 1] = numbers("samplesPerPixel")
  const extras = numbers("extraSamples")
  const count = Math.min(Math.max(0, samples - (COLOUR_SAMPLES.get(photometric) ?? samples)), MAX_EXTRAS)
  const [horizontal = 2, vertical = 2] = numbers("yCbCrSubSampling")
  const [bits, formats] = [numbers("bitsPerSample"), numbers("sampleFormat")]
  return {
    photometric,
    compression: numbers("compression")[0] ?? 1,
    samples,
    bits: Math.max(...bits, 1),
    format: formats[0] ?? UNSIGNED,
    isMixed: new Set(bits).size > 1 || new Set(formats).size > 1,
    extras: Array.from({ length: count }, (_, at) => extras[at] ?? 0),
    isSubsampled: photometric === PHOTOMETRIC.yCbCr && horizontal * vertical > 1,
    isOtherInk: samples < CMYK_INKS || numbers("inkSet")[0] === OTHER_INKS,
    hasInkProfile: isInkProfile(bytes, page.get(TIFF_TAGS.profile)),
    isPlanar: numbers("planarConfiguration")[0] === PLANAR,
    isTiled: page.has(TIFF_TAGS.tileWidth),
  }
}

/** The meaning of decoded samples that the image library would misread. */
export interface TiffPixels {
  readonly kind: "tiff"
  readonly model: "grey" | "rgb" | "cmyk" | "yCbCr" | "lab"
  /** Place of the alpha sample; undefined where there is none. */
  readonly alphaAt: number | undefined
  readonly isPremultiplied: boolean
  /** Greys from white to black. */
  readonly isInverted: boolean
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
  [PHOTOMETRIC.palette, "rgb"],
  [PHOTOMETRIC.cmyk, "cmyk"],
  [PHOTOMETRIC.yCbCr, "yCbCr"],
  [PHOTOMETRIC.lab, "lab"],
  [PHOTOMETRIC.iccLab, "lab"],
])

const JPEG = 7

/** The library, or the decoder of JPEG, turns palettes and some YCbCr to RGB. */
const isTurnedToRgb = ({ photometric, compression, isSubsampled }: TiffSamples): boolean =>
  photometric === PHOTOMETRIC.palette || (photometric === PHOTOMETRIC.yCbCr && (isSubsampled || compression === JPEG))

/** Only 1 and 2 are alpha; the library takes any further sample for it (§18). */
const hasOtherExtras = ({ extras }: TiffSamples): boolean =>
  extras.length > 1 || (extras.length === 1 && extras[0] !== 1 && extras[0] !== 2)

/** The library converts 16 bits of ink by their own profile only, and loses their alpha. */
const isLostInk = ({ photometric, bits, extras, hasInkProfile }: TiffSamples): boolean =>
  photometric === PHOTOMETRIC.cmyk && bits === 16 && (!hasInkProfile || extras.length > 0)

/** The library shows YCbCr without subsampling, and bytes of L*a*b*, as RGB. */
const isMisreadModel = (samples: TiffSamples): boolean =>
  samples.photometric === PHOTOMETRIC.lab ||
  samples.photometric === PHOTOMETRIC.iccLab ||
  (samples.photometric === PHOTOMETRIC.yCbCr && !isTurnedToRgb(samples))

/** Whether the library hands over the samples as they are stored if they are called RGB: greys with one more sample stay greys. */
const isCalledRgb = (samples: TiffSamples): boolean => samples.samples > 2 && !isTurnedToRgb(samples)

/** Whether floating-point numbers have a sample that the library would take for alpha. */
export const hasFalseAlpha = (samples: TiffSamples): boolean => samples.format !== UNSIGNED && hasOtherExtras(samples)

/** @returns undefined where the image library reads a page rightly */
export const misreadTiff = (
  bytes: Uint8Array,
  header: TiffHeader,
  page: TiffDirectory,
  samples: TiffSamples,
): TiffPixels | undefined => {
  const { photometric, extras } = samples
  const model = isTurnedToRgb(samples) ? "rgb" : MODELS.get(photometric)
  if (!model || samples.format !== UNSIGNED || (samples.bits !== 8 && samples.bits !== 16)) return undefined
  if (!hasOtherExtras(samples) && !isLostInk(samples) && !isMisreadModel(samples)) return undefined
  const alpha = extras.findIndex((meaning) => meaning === 1 || meaning === 2)
  const colours = isTurnedToRgb(samples) ? 3 : samples.samples - extras.length
  return {
    kind: "tiff",
    model,
    alphaAt: alpha < 0 ? undefined : colours + alpha,
    isPremultiplied: extras[alpha] === 1,
    isInverted: photometric === PHOTOMETRIC.white && isCalledRgb(samples),
    isSigned: photometric === PHOTOMETRIC.lab,
    coefficients: tiffNumbers(bytes, header, page, "yCbCrCoefficients"),
    referenceBlackWhite: tiffNumbers(bytes, header, page, "referenceBlackWhite"),
  }
}

/** Gives a field of one number another value. */
const setShort = (
  { isLittleEndian }: TiffHeader,
  page: TiffDirectory,
  tag: keyof typeof TIFF_TAGS,
  number: number,
): readonly Edit[] => {
  const start = page.get(TIFF_TAGS[tag])?.values.start
  const value = Buffer.from(isLittleEndian ? [number, 0] : [0, number])
  return start === undefined ? [] : [{ start, end: start + 2, bytes: value }]
}

/** Makes the library hand over the samples of a page unchanged: called RGB, and none of them alpha, which it might divide out. */
export const keepSamples = (
  bytes: Uint8Array,
  header: TiffHeader,
  page: TiffDirectory,
  samples: TiffSamples,
): readonly Edit[] => {
  const extras = page.get(TIFF_TAGS.extraSamples)?.values
  return [
    ...(isCalledRgb(samples) ? setShort(header, page, "photometric", PHOTOMETRIC.rgb) : []),
    // The library refuses a field that leads out of the file.
    ...(extras && extras.end <= bytes.length ? [{ ...extras, bytes: Buffer.alloc(extras.end - extras.start) }] : []),
  ]
}

/** A single sample has one plane. The library repeats the first pixel of each row where a file calls it planar. */
export const asOnePlane = (header: TiffHeader, page: TiffDirectory, samples: TiffSamples): readonly Edit[] =>
  samples.isPlanar && samples.samples === 1 ? setShort(header, page, "planarConfiguration", 1) : []

const SHORT = 3

/** Largest number of fields that begin at 1, and the default of each (§8). */
const RANGES = [
  ["orientation", 8, 1],
  ["planarConfiguration", 2, 1],
  ["fillOrder", 2, 1],
  ["resolutionUnit", 3, 2],
] as const

/** Fields with a number that has no meaning, mostly 0, have their default. The library refuses the file. */
export const asDefaults = (bytes: Uint8Array, header: TiffHeader, page: TiffDirectory): readonly Edit[] =>
  RANGES.flatMap(([tag, largest, fallback]) => {
    const [number = fallback] = tiffNumbers(bytes, header, page, tag)
    const isWrong = number < 1 || number > largest
    return isWrong && page.get(TIFF_TAGS[tag])?.type === SHORT ? setShort(header, page, tag, fallback) : []
  })
