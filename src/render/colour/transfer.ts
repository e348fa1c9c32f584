/** Responsible for transfer functions: from encoded values, 0 to 1, to linear light, by ITU-T H.273 code point. Pure. */

/** From an encoded value, 0 to 1, to linear light. For SDR, 1 is white. */
export type Linearise = (encoded: number) => number

/** sRGB (IEC 61966-2-1). */
export const linearSrgb: Linearise = (value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)

/** The inverse of {@link linearSrgb}. */
export const encodeSrgb = (light: number): number =>
  light <= 0.003_130_8 ? light * 12.92 : 1.055 * light ** (1 / 2.4) - 0.055

/** A pure power function. */
export const powerOf =
  (gamma: number): Linearise =>
  (value) =>
    value ** gamma

/**
 * The reference display of BT.601, BT.709 and BT.2020 content (ITU-R BT.1886). The functions of these standards describe cameras, and their
 * inverse would show scene light.
 */
const linearBt1886: Linearise = powerOf(2.4)

const linearSmpte240: Linearise = (value) =>
  value < 4 * 0.0228 ? value / 4 : ((value + 0.1115) / 1.1115) ** (1 / 0.45)

/** SMPTE ST 428-1, whose white is 48 of at most 52.37 cd/m². */
const linearSmpte428: Linearise = (value) => Math.min(1, (52.37 / 48) * value ** 2.6)

/** SDR transfer functions by code point (ITU-T H.273 table 3). Browsers do not know the logarithmic ones (9, 10) and BT.1361 (12). */
export const SDR_TRANSFERS: ReadonlyMap<number, Linearise> = new Map([
  [1, linearBt1886],
  [4, powerOf(2.2)],
  [5, powerOf(2.8)],
  [6, linearBt1886],
  [7, linearSmpte240],
  [8, (value) => value],
  [11, linearBt1886],
  [13, linearSrgb],
  [14, linearBt1886],
  [15, linearBt1886],
  [17, linearSmpte428],
])

/** Code point of the Perceptual Quantizer (SMPTE ST 2084). */
export const PQ = 16
/** Code point of Hybrid Log-Gamma (ITU-R BT.2100). */
export const HLG = 18

const PQ_M1 = 2610 / 16_384
const PQ_M2 = (2523 / 4096) * 128
const PQ_C1 = 3424 / 4096
const PQ_C2 = (2413 / 4096) * 32
const PQ_C3 = (2392 / 4096) * 32

/** Luminance in cd/m² of a value in PQ (SMPTE ST 2084). */
export const pqLuminance = (value: number): number => {
  const power = value ** (1 / PQ_M2)
  return 10_000 * (Math.max(power - PQ_C1, 0) / (PQ_C2 - PQ_C3 * power)) ** (1 / PQ_M1)
}

const HLG_A = 0.178_832_77
const HLG_B = 0.284_668_92
const HLG_C = 0.559_910_73

/** Scene light, 0 to 1, of a value in HLG (ITU-R BT.2100 table 5). */
export const hlgSceneLight = (value: number): number =>
  value <= 0.5 ? (value * value) / 3 : (Math.exp((value - HLG_C) / HLG_A) + HLG_B) / 12
