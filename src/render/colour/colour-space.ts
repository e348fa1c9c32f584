/**
 * Responsible for descriptions of colour spaces, found from code points, gamma chunks or ICC profiles. Pure.
 */
import { type IccProfile, isSrgbProfile, readCodePoints, readGreyCurve, readMatrixProfile } from "./icc-profile.ts"
import type { Matrix } from "./matrix.ts"
import { PRIMARIES, type Primaries, SRGB_TO_XYZ, toXyzD50 } from "./primaries.ts"
import { DEFAULT_PEAK } from "./tone-map.ts"
import { HLG, type Linearise, powerOf, PQ, SDR_TRANSFERS } from "./transfer.ts"

/** A colour space that is not sRGB. */
export interface ColourSpace {
  /** From linear RGB to XYZ under D50. */
  readonly toXyz: Matrix
  readonly transfer: Transfer
  /** Values from 16 to 235 of 255, as in video. */
  readonly isNarrow: boolean
}

/** The meaning of an encoded value. */
export type Transfer =
  | { readonly kind: "sdr"; readonly curves: readonly [Linearise, Linearise, Linearise] }
  /** @see createScreenCurve */
  | { readonly kind: "pq" | "hlg"; readonly peak: number }

/** A colour space; "srgb" where values need no conversion. */
export type Colours = ColourSpace | "srgb"

/** Colours as ITU-T H.273 codes them, in `cICP` and `nclx`. */
export interface CodePoints {
  readonly primaries: number
  readonly transfer: number
  readonly isFullRange: boolean
}

const sdr = (curve: Linearise): Transfer => ({ kind: "sdr", curves: [curve, curve, curve] })

const transferOf = (code: number, peak: number): Transfer | undefined => {
  if (code === PQ) return { kind: "pq", peak }
  if (code === HLG) return { kind: "hlg", peak }
  const curve = SDR_TRANSFERS.get(code)
  return curve && sdr(curve)
}

/**
 * Colours of code points.
 * @param peak brightest light of the picture in cd/m², where it says; only used for HDR
 * @returns undefined for reserved and unspecified code points
 */
export const coloursOfCodePoints = (
  { primaries, transfer, isFullRange }: CodePoints,
  peak: number = DEFAULT_PEAK,
): Colours | undefined => {
  const chromaticities = PRIMARIES.get(primaries)
  const toXyz = chromaticities && toXyzD50(chromaticities)
  const meaning = transferOf(transfer, peak)
  if (!toXyz || !meaning) return undefined
  if (isFullRange && primaries === 1 && transfer === 13) return "srgb"
  return { toXyz, transfer: meaning, isNarrow: !isFullRange }
}

/** Gamma of 1/2.2 stands for sRGB where no primaries are given (PNG, third edition, §11.3.2.2), with libpng's tolerance. */
const isSrgbGamma = (gamma: number): boolean => Math.abs(gamma * 2.2 - 1) < 0.05

/**
 * Colours of the chunks gAMA and cHRM. Primaries alone mean nothing.
 * @param gamma exponent of the encoding, for example 0.45455
 */
export const coloursOfGamma = (gamma: number, primaries: Primaries | undefined): Colours => {
  if (!(gamma > 0)) return "srgb"
  const toXyz = primaries ? toXyzD50(primaries) : SRGB_TO_XYZ
  // Browsers ignore both chunks where the primaries span no space.
  if (!toXyz || (!primaries && isSrgbGamma(gamma))) return "srgb"
  return { toXyz, transfer: sdr(powerOf(1 / gamma)), isNarrow: false }
}

/** Functions of video cameras that browsers show as sRGB where a profile names them. */
const CAMERAS: ReadonlySet<number> = new Set([1, 6, 11])

/**
 * Colours of the code points in a profile, as HDR pictures have them.
 * @param peak as for {@link coloursOfCodePoints}
 * @returns undefined for a profile without them
 */
export const coloursOfProfileCodes = (profile: IccProfile, peak: number): Colours | undefined => {
  const found = readCodePoints(profile)
  if (!found) return undefined
  const transfer = CAMERAS.has(found.transfer) ? 13 : found.transfer
  return coloursOfCodePoints({ primaries: found.primaries, transfer, isFullRange: true }, peak)
}

/** @returns undefined for a profile that only the image library can apply: with tables, or of other spaces */
export const coloursOfProfile = (profile: IccProfile): Colours | undefined => {
  const grey = readGreyCurve(profile)
  if (grey) return { toXyz: SRGB_TO_XYZ, transfer: sdr(grey), isNarrow: false }
  const matrix = readMatrixProfile(profile)
  if (!matrix) return undefined
  if (isSrgbProfile(matrix)) return "srgb"
  return { toXyz: matrix.toXyz, transfer: { kind: "sdr", curves: matrix.curves }, isNarrow: false }
}
