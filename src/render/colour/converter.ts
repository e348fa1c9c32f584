/**
 * Responsible for converting pixels of any described colour space to sRGB of 8 bits.
 *
 * Invariants:
 * - A converted colour is that of exact arithmetic, rounded to 8 bits; colours outside sRGB are clipped channel by channel.
 * - Alpha is straight and unchanged, except for its depth.
 */
import type { ColourSpace } from "./colour-space.ts"
import { type Matrix, multiply } from "./matrix.ts"
import { BT2020_TO_SRGB, XYZ_TO_BT2020, XYZ_TO_SRGB } from "./primaries.ts"
import { createScreenCurve, hlgDisplayLight, pqLight } from "./tone-map.ts"
import { encodeSrgb, hlgSceneLight, type Linearise } from "./transfer.ts"

/** Converts RGB or RGBA, row-major, of 8 or 16 bits, to the same in sRGB of 8 bits. */
export type Converter = (samples: Uint8Array | Uint16Array, channels: 3 | 4) => Uint8Array

/** Places of the table from linear light to sRGB. With 65 536 of them, the darkest level has twenty. */
const ENCODE_STEPS = 65_535

const ENCODED: Uint8Array = Uint8Array.from({ length: ENCODE_STEPS + 1 }, (_, at) =>
  Math.round(255 * encodeSrgb(at / ENCODE_STEPS)),
)

/** Light of each value that a sample can have. */
const tableOf = (light: Linearise, max: number, isNarrow: boolean): Float64Array => {
  const depth = max > 255 ? 65_536 : 256
  const [black, white] = isNarrow ? [(16 * depth) / 256, (235 * depth) / 256] : [0, max]
  return Float64Array.from({ length: depth }, (_, at) =>
    light(Math.min(1, Math.max(0, (at - black) / (white - black)))),
  )
}

const encode = (light: number): number => ENCODED[(Math.min(1, Math.max(0, light)) * ENCODE_STEPS + 0.5) | 0] ?? 0

/** Maps three values, equal ones once. */
const shared = <From, To>(
  [red, green, blue]: readonly [From, From, From],
  change: (value: From) => To,
): readonly [To, To, To] => {
  const first = change(red)
  return [first, green === red ? first : change(green), blue === red ? first : change(blue)]
}

/** Light of the three channels: tables from values, and a matrix. */
interface Light {
  readonly tables: readonly [Float64Array, Float64Array, Float64Array]
  readonly matrix: Matrix
}

/** Changes light in place. Undefined: it is linear sRGB already. */
type ToScreen = ((light: [number, number, number]) => void) | undefined

const convert = (
  data: Uint8Array | Uint16Array,
  channels: 3 | 4,
  { tables, matrix }: Light,
  toScreen: ToScreen,
): Uint8Array => {
  const [reds, greens, blues] = tables
  const [[rr, rg, rb], [gr, gg, gb], [br, bg, bb]] = matrix
  const shift = data.BYTES_PER_ELEMENT === 2 ? 8 : 0
  const output = new Uint8Array(data.length)
  const light: [number, number, number] = [0, 0, 0]
  for (let at = 0; at + channels <= data.length; at += channels) {
    const r = reds[data[at] ?? 0] ?? 0
    const g = greens[data[at + 1] ?? 0] ?? 0
    const b = blues[data[at + 2] ?? 0] ?? 0
    light[0] = rr * r + rg * g + rb * b
    light[1] = gr * r + gg * g + gb * b
    light[2] = br * r + bg * g + bb * b
    toScreen?.(light)
    output[at] = encode(light[0])
    output[at + 1] = encode(light[1])
    output[at + 2] = encode(light[2])
    if (channels === 4) output[at + 3] = (data[at + 3] ?? 0) >> shift
  }
  return output
}

const set = (light: [number, number, number], [red, green, blue]: readonly [number, number, number]): void => {
  light[0] = red
  light[1] = green
  light[2] = blue
}

/** Tone-maps linear BT.2020 and turns it to linear sRGB. */
const createToneMapper = (peak: number): NonNullable<ToScreen> => {
  const curve = createScreenCurve(peak)
  const [[rr, rg, rb], [gr, gg, gb], [br, bg, bb]] = BT2020_TO_SRGB
  return (light) => {
    const [r, g, b] = light
    const brightest = Math.max(r, g, b)
    const gain = brightest > 0 ? curve(brightest) / brightest : 0
    light[0] = gain * (rr * r + rg * g + rb * b)
    light[1] = gain * (gr * r + gg * g + gb * b)
    light[2] = gain * (br * r + bg * g + bb * b)
  }
}

const lightOfHdr = (
  transfer: Exclude<ColourSpace["transfer"], { readonly kind: "sdr" }>,
): { readonly light: Linearise; readonly toScreen: ToScreen } => {
  const toneMap = createToneMapper(transfer.peak)
  if (transfer.kind === "pq") return { light: pqLight, toScreen: toneMap }
  return {
    light: hlgSceneLight,
    toScreen: (values) => {
      set(values, hlgDisplayLight(values))
      toneMap(values)
    },
  }
}

/**
 * Creates a converter for the pixels of a colour space.
 * @param max the value of white: 255; 65535 for 16 bits; less where fewer bits were shifted up
 */
export const createConverter = ({ toXyz, transfer, isNarrow }: ColourSpace, max: number): Converter => {
  if (transfer.kind === "sdr") {
    const tables = shared(transfer.curves, (curve) => tableOf(curve, max, isNarrow))
    const matrix = multiply(XYZ_TO_SRGB, toXyz)
    return (samples, channels) => convert(samples, channels, { tables, matrix }, undefined)
  }
  const { light, toScreen } = lightOfHdr(transfer)
  const table = tableOf(light, max, isNarrow)
  const matrix = multiply(XYZ_TO_BT2020, toXyz)
  return (samples, channels) => convert(samples, channels, { tables: [table, table, table], matrix }, toScreen)
}
