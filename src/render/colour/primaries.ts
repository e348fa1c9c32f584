/**
 * Responsible for RGB primaries: chromaticities by code point, and the matrix from linear RGB to CIE XYZ under D50, the connection space
 * of ICC profiles. Pure.
 */
import { invert, mapVector, type Matrix, multiply, transform, transpose, type Vector } from "./matrix.ts"

/** CIE 1931 xy chromaticity. */
export type Chromaticity = readonly [x: number, y: number]

/** Chromaticities of red, green, blue and white. */
export interface Primaries {
  readonly red: Chromaticity
  readonly green: Chromaticity
  readonly blue: Chromaticity
  readonly white: Chromaticity
}

const D65: Chromaticity = [0.3127, 0.329]
/** CIE illuminant C. */
const C: Chromaticity = [0.31, 0.316]

/** Primaries of sRGB and BT.709. */
export const SRGB_PRIMARIES: Primaries = { red: [0.64, 0.33], green: [0.3, 0.6], blue: [0.15, 0.06], white: D65 }

/** Primaries of Display P3 (SMPTE EG 432-1). */
const P3_PRIMARIES: Primaries = { red: [0.68, 0.32], green: [0.265, 0.69], blue: [0.15, 0.06], white: D65 }

/** Primaries of BT.2020 and BT.2100. */
const BT2020_PRIMARIES: Primaries = {
  red: [0.708, 0.292],
  green: [0.17, 0.797],
  blue: [0.131, 0.046],
  white: D65,
}

const NTSC: Primaries = { red: [0.63, 0.34], green: [0.31, 0.595], blue: [0.155, 0.07], white: D65 }

/** Primaries by code point (ITU-T H.273 table 2). 2 means "unspecified". */
export const PRIMARIES: ReadonlyMap<number, Primaries> = new Map([
  [1, SRGB_PRIMARIES],
  [4, { red: [0.67, 0.33], green: [0.21, 0.71], blue: [0.14, 0.08], white: C }],
  [5, { red: [0.64, 0.33], green: [0.29, 0.6], blue: [0.15, 0.06], white: D65 }],
  [6, NTSC],
  [7, NTSC],
  [8, { red: [0.681, 0.319], green: [0.243, 0.692], blue: [0.145, 0.049], white: C }],
  [9, BT2020_PRIMARIES],
  // CIE XYZ (SMPTE ST 428-1).
  [10, { red: [1, 0], green: [0, 1], blue: [0, 0], white: [1 / 3, 1 / 3] }],
  [11, { ...P3_PRIMARIES, white: [0.314, 0.351] }],
  [12, P3_PRIMARIES],
  [22, { red: [0.63, 0.34], green: [0.295, 0.605], blue: [0.155, 0.077], white: D65 }],
])

/** XYZ of the white of ICC's profile connection space (ICC.1:2022 §7.2.16). */
export const D50_XYZ: Vector = [0.9642, 1, 0.8249]

/** Cone responses of the Bradford adaptation (ICC.1:2022 annex E). */
const BRADFORD: Matrix = [
  [0.8951, 0.2664, -0.1614],
  [-0.7502, 1.7135, 0.0367],
  [0.0389, -0.0685, 1.0296],
]

/** XYZ of a chromaticity, in any brightness. */
const xyzOf = ([x, y]: Chromaticity): Vector => [x, y, 1 - x - y]

const adaptationToD50 = (white: Vector): Matrix | undefined => {
  const inverse = invert(BRADFORD)
  const from = transform(BRADFORD, white)
  const to = transform(BRADFORD, D50_XYZ)
  const scale: Matrix = [
    [to[0] / from[0], 0, 0],
    [0, to[1] / from[1], 0],
    [0, 0, to[2] / from[2]],
  ]
  return inverse && multiply(inverse, multiply(scale, BRADFORD))
}

const isPossible = ([x, y]: Chromaticity): boolean => x >= 0 && y >= 0 && x + y <= 1.0001

/**
 * The matrix from linear RGB, whose white is (1, 1, 1), to XYZ under D50.
 * @returns undefined for chromaticities that span no RGB space, as a damaged cHRM chunk may have
 */
export const toXyzD50 = ({ red, green, blue, white }: Primaries): Matrix | undefined => {
  if (![red, green, blue, white].every(isPossible) || white[1] === 0) return undefined
  const columns = transpose([xyzOf(red), xyzOf(green), xyzOf(blue)])
  const inverse = invert(columns)
  const whiteXyz = mapVector(xyzOf(white), (value) => value / white[1])
  const adaptation = adaptationToD50(whiteXyz)
  if (!inverse || !adaptation) return undefined
  const scale = transform(inverse, whiteXyz)
  const rgbToXyz: Matrix = [
    mapVector(columns[0], (value, at) => value * scale[at]),
    mapVector(columns[1], (value, at) => value * scale[at]),
    mapVector(columns[2], (value, at) => value * scale[at]),
  ]
  return multiply(adaptation, rgbToXyz)
}

/** The matrix of known primaries. */
const knownMatrix = (primaries: Primaries): Matrix => {
  const matrix = toXyzD50(primaries)
  if (!matrix) throw new TypeError("Expected primaries that span a space.")
  return matrix
}

const knownInverse = (matrix: Matrix): Matrix => {
  const inverse = invert(matrix)
  if (!inverse) throw new TypeError("Expected a matrix with an inverse.")
  return inverse
}

/** From linear sRGB to XYZ under D50. */
export const SRGB_TO_XYZ: Matrix = knownMatrix(SRGB_PRIMARIES)
/** From XYZ under D50 to linear sRGB. */
export const XYZ_TO_SRGB: Matrix = knownInverse(SRGB_TO_XYZ)
/** From XYZ under D50 to linear BT.2020. */
export const XYZ_TO_BT2020: Matrix = knownInverse(knownMatrix(BT2020_PRIMARIES))
/** From linear BT.2020 to linear sRGB. */
export const BT2020_TO_SRGB: Matrix = multiply(XYZ_TO_SRGB, knownMatrix(BT2020_PRIMARIES))
