/**
 * Responsible for the colours of HDR pictures on an SDR screen. Pure.
 *
 * Light up to the reference white is shown in proportion, with white at half of the screen's light, and highlights above it are
 * compressed. One gain for all three channels keeps the hue. Colours outside sRGB are clipped afterwards.
 *
 * Source: SMPTE ST 2094-50, annex D (reference white tone mapping operator) for a screen without headroom, as Chromium applies it.
 */
import { mapVector, type Vector } from "./matrix.ts"
import { pqLuminance } from "./transfer.ts"

/** Luminance in cd/m² of white in SDR content (ITU-R BT.2408 §2.1). */
export const REFERENCE_WHITE = 203

/** Luminance in cd/m² of the brightest highlights where the file does not say, and of the display that HLG is made for. */
export const DEFAULT_PEAK = 1000

/** System gamma of HLG on a display of 1000 cd/m² (ITU-R BT.2100 table 5). */
const HLG_GAMMA = 1.2

/** How sharply the curve bends above the reference white (formula D.5). */
const KAPPA = 0.65

/** From light relative to the reference white to light on the screen, 0 to 1. */
export type ScreenCurve = (light: number) => number

/**
 * The tone curve for pictures with highlights up to a peak: a straight line to white, then a quadratic Bézier curve.
 * @param peak in cd/m²; up to the reference white nothing is compressed, and brighter light is clipped channel by channel
 */
export const createScreenCurve = (peak: number): ScreenCurve => {
  const headroom = peak / REFERENCE_WHITE
  if (headroom <= 1) return (light) => light
  const white = 1 - 0.5 * Math.min(Math.log(headroom) / Math.log(DEFAULT_PEAK / REFERENCE_WHITE), 1)
  const middle = { x: 1 - KAPPA + KAPPA / white, y: (1 - KAPPA) * white + KAPPA }
  // x = 1 + b·t + a·t², y = white + b·t + a·t²
  const x = { a: 1 - 2 * middle.x + headroom, b: 2 * (middle.x - 1) }
  const y = { a: white - 2 * middle.y + 1, b: 2 * (middle.y - white) }
  return (light) => {
    if (light <= 1) return light * white
    if (light >= headroom) return 1
    const t = (2 * (light - 1)) / (x.b + Math.sqrt(x.b * x.b + 4 * x.a * (light - 1)))
    return white + t * (y.b + t * y.a)
  }
}

/** Light of a value encoded in PQ, relative to the reference white. */
export const pqLight = (encoded: number): number => pqLuminance(encoded) / REFERENCE_WHITE

/** Luminance of linear BT.2020 (ITU-R BT.2100 table 5). */
const LUMINANCE: Vector = [0.2627, 0.678, 0.0593]

/** Light on a display of 1000 cd/m², relative to the reference white, of scene light in HLG. Both are linear BT.2020. */
export const hlgDisplayLight = (scene: Vector): Vector => {
  const luminance = Math.max(0, LUMINANCE[0] * scene[0] + LUMINANCE[1] * scene[1] + LUMINANCE[2] * scene[2])
  const gain = (luminance ** (HLG_GAMMA - 1) * DEFAULT_PEAK) / REFERENCE_WHITE
  return mapVector(scene, (value) => value * gain)
}
