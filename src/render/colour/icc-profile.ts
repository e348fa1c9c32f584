/**
 * Responsible for reading ICC profiles: their colour space, and the matrix and curves of simple ones. Pure.
 *
 * Source: ICC.1:2022 §7.2 (header), §7.3 (tag table), §8.3 to 8.4 (matrix and monochrome profiles), §10.6 (curv), §10.18 (para),
 * §10.31 (XYZ).
 */
import { ascii, type Span, viewOf } from "../header/bytes.ts"
import { luminanceOf } from "./lab.ts"
import { mapVector, type Matrix, multiply, transform, transpose, type Vector } from "./matrix.ts"
import { XYZ_TO_SRGB } from "./primaries.ts"
import { encodeSrgb, type Linearise } from "./transfer.ts"

/** A profile: its spaces and where its tags are. */
export interface IccProfile {
  readonly bytes: Uint8Array
  /** Four characters, for example `RGB `, `GRAY` or `CMYK`. */
  readonly space: string
  /** Space of the connected colours: `XYZ ` or `Lab `. */
  readonly connection: string
  readonly tags: ReadonlyMap<string, Span>
}

/** Primaries and curves of a profile without tables. */
export interface MatrixProfile {
  /** From linear RGB to XYZ under D50. */
  readonly toXyz: Matrix
  /** From encoded to linear values, for red, green and blue. */
  readonly curves: readonly [Linearise, Linearise, Linearise]
}

const HEADER_BYTES = 128
const TAG_BYTES = 12

/** Profiles have about 20 tags. */
const MAX_TAGS = 100

/** Major version 5 is iccMAX (ICC.2), which browsers do not read. */
const MAX_VERSION = 4

/** @returns undefined for bytes that are no profile, or a damaged one (§7.2.2, §7.3.1): browsers ignore it */
export const parseProfile = (bytes: Uint8Array): IccProfile | undefined => {
  if (bytes.length < HEADER_BYTES + 4 || ascii(bytes, 36, 40) !== "acsp") return undefined
  const view = viewOf(bytes)
  if (view.getUint32(0) > bytes.length || view.getUint8(8) > MAX_VERSION) return undefined
  const tags = new Map<string, Span>()
  const count = Math.min(view.getUint32(HEADER_BYTES), MAX_TAGS)
  for (let index = 0; index < count; index++) {
    const at = HEADER_BYTES + 4 + TAG_BYTES * index
    if (at + TAG_BYTES > bytes.length) return undefined
    const start = view.getUint32(at + 4)
    const end = start + view.getUint32(at + 8)
    if (end > bytes.length) return undefined
    tags.set(ascii(bytes, at, at + 4), { start, end })
  }
  const profile = { bytes, space: ascii(bytes, 16, 20), connection: ascii(bytes, 20, 24), tags }
  return TABLES.every((name) => isTable(profile, name)) ? profile : undefined
}

/** Tags with tables from a device to the connection space, by rendering intent (§9.2.1 to 3). */
const TABLES = ["A2B0", "A2B1", "A2B2"]

/** Samples of a colour, by space. */
const SAMPLES_OF: Readonly<Record<string, number>> = { GRAY: 1, "RGB ": 3, CMYK: 4 }

/** Whether a table, if there is one, is for as many samples as the profile (§10.10 to 12). The library reads others and shows any colours. */
const isTable = ({ bytes, space, tags }: IccProfile, name: string): boolean => {
  const tag = tags.get(name)
  if (!tag) return true
  const isKnown = tag.end - tag.start >= 32 && /^(?:mft1|mft2|mAB )$/.test(ascii(bytes, tag.start, tag.start + 4))
  return isKnown && bytes[tag.start + 8] === (SAMPLES_OF[space] ?? bytes[tag.start + 8]) && bytes[tag.start + 9] === 3
}

const fixedAt = (view: DataView, at: number): number => view.getInt32(at) / 65_536

/** §10.6: no entry is the identity, one is a gamma, more are a table. */
const readCurve = (view: DataView, { start, end }: Span): Linearise | undefined => {
  const count = view.getUint32(start + 8)
  if (count === 0) return (value) => value
  if (start + 12 + 2 * count > end) return undefined
  if (count === 1) {
    const gamma = view.getUint16(start + 12) / 256
    return (value) => value ** gamma
  }
  const entries = Float64Array.from({ length: count }, (_, at) => view.getUint16(start + 12 + 2 * at) / 65_535)
  return (value) => {
    const place = Math.min(1, Math.max(0, value)) * (count - 1)
    const below = Math.min(Math.floor(place), count - 2)
    const [low = 0, high = 0] = entries.subarray(below, below + 2)
    return low + (high - low) * (place - below)
  }
}

/** Functions by type (§10.18 table 68). The parameters are in the order of the standard: g, a, b, c, d, e, f. */
const PARAMETRIC: readonly {
  readonly count: number
  readonly linearise: (value: number, parameters: readonly number[]) => number
}[] = [
  { count: 1, linearise: (x, [g = 1]) => x ** g },
  { count: 3, linearise: (x, [g = 1, a = 1, b = 0]) => Math.max(0, a * x + b) ** g },
  { count: 4, linearise: (x, [g = 1, a = 1, b = 0, c = 0]) => Math.max(0, a * x + b) ** g + c },
  { count: 5, linearise: (x, [g = 1, a = 1, b = 0, c = 0, d = 0]) => (x >= d ? Math.max(0, a * x + b) ** g : c * x) },
  {
    count: 7,
    linearise: (x, [g = 1, a = 1, b = 0, c = 0, d = 0, e = 0, f = 0]) =>
      x >= d ? Math.max(0, a * x + b) ** g + e : c * x + f,
  },
]

const readParametric = (view: DataView, { start, end }: Span): Linearise | undefined => {
  const type = PARAMETRIC[view.getUint16(start + 8)]
  if (!type || start + 12 + 4 * type.count > end) return undefined
  const parameters = Array.from({ length: type.count }, (_, at) => fixedAt(view, start + 12 + 4 * at))
  return (value) => type.linearise(value, parameters)
}

const readTransfer = ({ bytes, tags }: IccProfile, name: string): Linearise | undefined => {
  const tag = tags.get(name)
  if (!tag || tag.end - tag.start < 12) return undefined
  const type = ascii(bytes, tag.start, tag.start + 4)
  if (type === "curv") return readCurve(viewOf(bytes), tag)
  if (type === "para") return readParametric(viewOf(bytes), tag)
  return undefined
}

const readXyz = ({ bytes, tags }: IccProfile, name: string): Vector | undefined => {
  const tag = tags.get(name)
  if (!tag || tag.end - tag.start < 20 || ascii(bytes, tag.start, tag.start + 4) !== "XYZ ") return undefined
  const view = viewOf(bytes)
  return [fixedAt(view, tag.start + 8), fixedAt(view, tag.start + 12), fixedAt(view, tag.start + 16)]
}

/** Code points of ITU-T H.273, which take precedence over everything else (§9.2.17, §10.3). @returns undefined for video */
export const readCodePoints = ({
  bytes,
  tags,
}: IccProfile): { readonly primaries: number; readonly transfer: number } | undefined => {
  const tag = tags.get("cicp")
  if (!tag || tag.end - tag.start < 12) return undefined
  const [primaries = 0, transfer = 0, matrix, range] = bytes.subarray(tag.start + 8, tag.end)
  return matrix === 0 && range === 1 ? { primaries, transfer } : undefined
}

/** Tables take precedence over matrix and curves (§8.10.2). */
const hasTables = ({ tags }: IccProfile): boolean => [...TABLES, "D2B0"].some((name) => tags.has(name))

/** @returns undefined for a profile of other spaces, or with tables */
export const readMatrixProfile = (profile: IccProfile): MatrixProfile | undefined => {
  if (profile.space !== "RGB " || profile.connection !== "XYZ " || hasTables(profile)) return undefined
  const [red, green, blue] = ["rXYZ", "gXYZ", "bXYZ"].map((name) => readXyz(profile, name))
  const [redCurve, greenCurve, blueCurve] = ["rTRC", "gTRC", "bTRC"].map((name) => readTransfer(profile, name))
  if (!red || !green || !blue || !redCurve || !greenCurve || !blueCurve) return undefined
  return { toXyz: transpose([red, green, blue]), curves: [redCurve, greenCurve, blueCurve] }
}

/** The curve of a profile of greys. @returns undefined for a profile of other spaces, or with tables */
export const readGreyCurve = (profile: IccProfile): Linearise | undefined => {
  if (profile.space !== "GRAY" || hasTables(profile)) return undefined
  const curve = readTransfer(profile, "kTRC")
  return curve && profile.connection === "Lab " ? (value) => luminanceOf(100 * curve(value)) : curve
}

/** Values along each channel that stand for all colours. */
const SAMPLES = [0, 8, 32, 64, 128, 192, 255]

/** The profiles called sRGB round the primaries in several ways: dark blue beside bright green differs by up to 1.4 levels of 8 bits. */
const MAX_COLOUR_DIFFERENCE = 1.5

/** The curves called sRGB differ by 0.05 levels. */
const MAX_CURVE_DIFFERENCE = 0.5

const difference = (light: number, level: number): number =>
  Math.abs(255 * encodeSrgb(Math.min(1, Math.max(0, light))) - level)

/**
 * Whether each colour of a profile is the same sRGB colour of 8 bits, within its rounding, so that a conversion would change nothing.
 * Names do not matter: some profiles called sRGB are not, and many with other names are.
 */
export const isSrgbProfile = ({ toXyz, curves }: MatrixProfile): boolean => {
  for (let level = 0; level < 256; level++)
    if (curves.some((curve) => difference(curve(level / 255), level) > MAX_CURVE_DIFFERENCE)) return false
  const toSrgb = multiply(XYZ_TO_SRGB, toXyz)
  return SAMPLES.every((red) =>
    SAMPLES.every((green) =>
      SAMPLES.every((blue) => {
        const levels = [red, green, blue] as const
        const light = transform(
          toSrgb,
          mapVector(levels, (level, at) => curves[at](level / 255)),
        )
        return levels.every((level, at) => difference(light[at as 0 | 1 | 2], level) <= MAX_COLOUR_DIFFERENCE)
      }),
    ),
  )
}
