/**
 * Responsible for the colour space of an original: one description, found from its header.
 *
 * The first of these counts: cICP, an ICC profile, sRGB, gAMA with cHRM (PNG, third edition, §4.3); in an AVIF an ICC profile, nclx, the
 * AV1 sequence header (MIAF, ISO/IEC 23000-22 §7.3.6.4; AV1 Image File Format §2.1). Other formats only have profiles.
 */
import { inflateSync } from "node:zlib"

import type { Metadata } from "sharp"

import { ascii, type Span, viewOf } from "../header/bytes.ts"
import type { Header } from "../header/header.ts"
import type { HeifHeader } from "../header/heif.ts"
import type { PngHeader } from "../header/png.ts"
import {
  type Colours,
  coloursOfCodePoints,
  coloursOfGamma,
  coloursOfProfile,
  coloursOfProfileCodes,
  type ColourSpace,
} from "./colour-space.ts"
import { parseProfile } from "./icc-profile.ts"
import type { Primaries } from "./primaries.ts"
import { DEFAULT_PEAK } from "./tone-map.ts"

/** How the colours of an original are converted. */
export type ColourPlan =
  /** Values are sRGB already. */
  | { readonly kind: "stored" }
  /** The image library applies the embedded profile. */
  | { readonly kind: "profile"; readonly isForRgb: boolean }
  /** Pixels are converted after they were resized. */
  | { readonly kind: "converted"; readonly space: ColourSpace }

const STORED: ColourPlan = { kind: "stored" }

const planOf = (colours: Colours): ColourPlan => (colours === "srgb" ? STORED : { kind: "converted", space: colours })

/** Facts of an original's samples. */
interface Samples {
  readonly isGrey: boolean
  readonly isInk: boolean
  readonly is16Bit: boolean
  /** The decoder makes three equal channels of grey. */
  readonly isExpanded: boolean
  /** Only the library can convert all frames. */
  readonly isAnimation: boolean
}

/** Whether a profile is for other channels than the picture has. Browsers ignore it. */
const isForeign = (space: string, { isGrey }: Samples): boolean => space === "CMYK" || (space === "GRAY" && !isGrey)

/** The library cannot apply a profile of greys to three channels, nor one of RGB to greys, and with 16 bits it ends in another space. */
const isApplicable = (space: string, { isGrey, is16Bit, isExpanded }: Samples): boolean =>
  !is16Bit && (space === "GRAY" ? isGrey && !isExpanded : !isGrey)

/** A profile, and whether the library found it, too. */
interface Embedded {
  readonly bytes: Uint8Array
  readonly isKnown: boolean
}

/** @returns undefined for a damaged profile, which browsers ignore */
const planOfProfile = ({ bytes, isKnown }: Embedded, samples: Samples, peak: number): ColourPlan | undefined => {
  const profile = parseProfile(bytes)
  const applied: ColourPlan = { kind: "profile", isForRgb: profile?.space === "RGB " }
  if (samples.isInk) return applied
  if (!profile) return undefined
  if (isForeign(profile.space, samples)) return STORED
  const coded = samples.isAnimation ? undefined : coloursOfProfileCodes(profile, peak)
  if (coded) return planOf(coded)
  const colours = coloursOfProfile(profile)
  if (colours === "srgb") return STORED
  return colours && !(isKnown && isApplicable(profile.space, samples)) ? planOf(colours) : applied
}

/** cLLI and mDCV count luminance in units of 0.0001 cd/m² (PNG, third edition, §11.3.2.7 to 8). */
const PNG_LUMINANCE = 10_000

const pngPeak = (bytes: Uint8Array, { chunks }: PngHeader): number => {
  const view = viewOf(bytes)
  const light = chunks.get("cLLI")
  const content = light ? view.getUint32(light.start) / PNG_LUMINANCE : 0
  if (content > 0) return content
  const display = chunks.get("mDCV")
  const mastering = display ? view.getUint32(display.start + 16) / PNG_LUMINANCE : 0
  return mastering > 0 ? mastering : DEFAULT_PEAK
}

/** §11.3.2.6: primaries, transfer function, matrix (always RGB) and range. */
const pngCodePoints = (bytes: Uint8Array, header: PngHeader): Colours | undefined => {
  const span = header.chunks.get("cICP")
  if (!span) return undefined
  const [primaries = 0, transfer = 0, matrix = 0, range = 1] = bytes.subarray(span.start, span.end)
  if (matrix !== 0) return undefined
  return coloursOfCodePoints({ primaries, transfer, isFullRange: range === 1 }, pngPeak(bytes, header))
}

/** gAMA and cHRM have units of 1/100 000 (§11.3.2.1 to 2). */
const PNG_FRACTION = 100_000

const pngPrimaries = (bytes: Uint8Array, span: Span | undefined): Primaries | undefined => {
  if (!span) return undefined
  const view = viewOf(bytes)
  const at = (index: number): readonly [number, number] => [
    view.getUint32(span.start + 8 * index) / PNG_FRACTION,
    view.getUint32(span.start + 8 * index + 4) / PNG_FRACTION,
  ]
  return { white: at(0), red: at(1), green: at(2), blue: at(3) }
}

const pngGamma = (bytes: Uint8Array, { chunks }: PngHeader): Colours => {
  const gamma = chunks.get("gAMA")
  if (chunks.has("sRGB") || !gamma) return "srgb"
  return coloursOfGamma(viewOf(bytes).getUint32(gamma.start) / PNG_FRACTION, pngPrimaries(bytes, chunks.get("cHRM")))
}

const UNSPECIFIED: ReadonlySet<number> = new Set([0, 2])

/** Browsers show still pictures with the functions of video cameras as sRGB, and unknown functions, too. */
const AS_SRGB: ReadonlySet<number> = new Set([0, 1, 2, 3, 6, 9, 10, 11, 12, 14, 15])
const SRGB = { primaries: 1, transfer: 13 }

/** Box types with the light of the picture, and of the display it was made on (ISO/IEC 23008-12 §6.5.34 and 35). */
const heifPeak = (bytes: Uint8Array, { properties }: HeifHeader): number => {
  const view = viewOf(bytes)
  const find = (type: string, length: number): Span | undefined =>
    properties.find((property) => property.type === type && property.end - property.start >= length)
  const content = find("clli", 4)
  const light = content ? view.getUint16(content.start) : 0
  if (light > 0) return light
  const mastering = find("mdcv", 24)
  return (mastering ? view.getUint32(mastering.start + 16) / PNG_LUMINANCE : 0) || DEFAULT_PEAK
}

const nclxOf = (bytes: Uint8Array, { properties }: HeifHeader): Span | undefined =>
  properties.find(
    ({ type, start, end }) => type === "colr" && end - start >= 11 && ascii(bytes, start, start + 4) === "nclx",
  )

/** The decoder turns YCbCr of any range to RGB of full range, but hands over luma alone as it is. */
const isNarrowLuma = (bytes: Uint8Array, header: Header): boolean => {
  if (header.kind !== "heif" || !header.sequence?.isMonochrome) return false
  const nclx = nclxOf(bytes, header)
  return nclx ? ((bytes[nclx.start + 10] ?? 0) & 0x80) === 0 : !header.sequence.isFullRange
}

const heifCodePoints = (bytes: Uint8Array, header: HeifHeader): Colours => {
  const view = viewOf(bytes)
  const nclx = nclxOf(bytes, header)
  const found = nclx
    ? { primaries: view.getUint16(nclx.start + 4), transfer: view.getUint16(nclx.start + 6) }
    : { primaries: header.sequence?.primaries ?? 2, transfer: header.sequence?.transfer ?? 2 }
  const primaries = UNSPECIFIED.has(found.primaries) ? SRGB.primaries : found.primaries
  const transfer = AS_SRGB.has(found.transfer) ? SRGB.transfer : found.transfer
  return coloursOfCodePoints({ primaries, transfer, isFullRange: true }, heifPeak(bytes, header)) ?? "srgb"
}

const samplesOf = (header: Header, { space, depth }: Metadata): Samples => {
  const isMonochrome = header.kind === "heif" && header.sequence?.isMonochrome === true
  return {
    isGrey: isMonochrome || space === "b-w" || space === "grey16",
    isInk: space === "cmyk",
    is16Bit: depth === "ushort",
    isExpanded: isMonochrome,
    isAnimation: header.kind === "webp" && header.animation !== undefined,
  }
}

/** No profile of pictures is larger. */
const MAX_PROFILE_BYTES = 4_000_000

/**
 * The profile of a PNG (§11.3.2.3: a name, a compression method, a zlib stream). The library leaves out one of RGB in a PNG of greys, one of
 * greys in a PNG of colours, and one with a long name.
 */
const pngProfile = (bytes: Uint8Array, { chunks }: PngHeader): Uint8Array | undefined => {
  const chunk = chunks.get("iCCP")
  const method = chunk ? bytes.indexOf(0, chunk.start) + 1 : 0
  if (!chunk || method < chunk.start + 2 || bytes[method] !== 0) return undefined
  try {
    return inflateSync(bytes.subarray(method + 1, chunk.end), { maxOutputLength: MAX_PROFILE_BYTES })
  } catch {
    return undefined
  }
}

const embeddedProfile = (bytes: Uint8Array, header: Header, { icc }: Metadata): Embedded | undefined => {
  if (icc) return { bytes: icc, isKnown: true }
  const profile = header.kind === "png" ? pngProfile(bytes, header) : undefined
  return profile && { bytes: profile, isKnown: false }
}

const peakOf = (bytes: Uint8Array, header: Header): number => {
  if (header.kind === "png") return pngPeak(bytes, header)
  return header.kind === "heif" ? heifPeak(bytes, header) : DEFAULT_PEAK
}

const fullRangePlan = (bytes: Uint8Array, header: Header, metadata: Metadata): ColourPlan => {
  const codePoints = header.kind === "png" ? pngCodePoints(bytes, header) : undefined
  if (codePoints) return planOf(codePoints)
  const profile = embeddedProfile(bytes, header, metadata)
  const plan = profile && planOfProfile(profile, samplesOf(header, metadata), peakOf(bytes, header))
  if (plan) return plan
  if (header.kind === "png") return planOf(pngGamma(bytes, header))
  if (header.kind === "heif") return planOf(heifCodePoints(bytes, header))
  return STORED
}

/** The same plan for values from 16 to 235 of 255. Tables of a profile are applied by the library, which knows full range only. */
const narrowed = (plan: ColourPlan): ColourPlan => {
  if (plan.kind === "profile") return plan
  const space = plan.kind === "converted" ? plan.space : coloursOfCodePoints({ ...SRGB, isFullRange: false })
  return space && space !== "srgb" ? { kind: "converted", space: { ...space, isNarrow: true } } : plan
}

/** @param metadata of the image library, with the embedded profile */
export const planColours = (bytes: Uint8Array, header: Header, metadata: Metadata): ColourPlan => {
  const plan = fullRangePlan(bytes, header, metadata)
  return isNarrowLuma(bytes, header) ? narrowed(plan) : plan
}
