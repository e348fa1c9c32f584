/**
 * Responsible for building ICC profiles of RGB colours: primaries with a curve, or a table that mixes the channels, as tone mapping does.
 * Pure.
 *
 * Source: ICC.1:2022 (profile version 4.4), §7.2 (header), §7.3 (tag table), §8.4 (display profiles), §10.6 (curveType), §10.12
 * (lutAToBType), §10.15 (multiLocalizedUnicodeType), §10.31 (XYZType).
 */
import type { Matrix, Vector } from "./matrix.ts"
import { D50_XYZ } from "./primaries.ts"
import type { Linearise } from "./transfer.ts"

const HEADER_BYTES = 128

/** An entry of the tag table: signature, offset, size. */
const TAG_ENTRY_BYTES = 12

/** 4096 entries keep dark shades of gamma 2.8 within a tenth of an 8-bit level. */
const CURVE_ENTRIES = 4096

/** Grid points of a table along each channel. 33 keep tone-mapped colours within two levels, 17 within six. */
const GRID = 33

/** The largest XYZ that a table can hold: a u1Fixed15Number (ICC.1:2022 §4.5). */
const MAX_XYZ = 1 + 32_767 / 32_768

type Tag = readonly [signature: string, data: Buffer]

/** Numbers as s15Fixed16Number (ICC.1:2022 §4.6). */
const fixed = (values: readonly number[]): Buffer => {
  const bytes = Buffer.alloc(values.length * 4)
  for (const [at, value] of values.entries()) bytes.writeInt32BE(Math.round(value * 65_536), at * 4)
  return bytes
}

const element = (type: string, ...parts: readonly Buffer[]): Buffer =>
  Buffer.concat([Buffer.from(`${type}\0\0\0\0`, "latin1"), ...parts])

const xyz = (values: Vector): Buffer => element("XYZ ", fixed(values))

const text = (value: string): Buffer => {
  const head = Buffer.alloc(20)
  head.writeUInt32BE(1, 0)
  head.writeUInt32BE(12, 4)
  head.write("enUS", 8, "latin1")
  head.writeUInt32BE(value.length * 2, 12)
  head.writeUInt32BE(28, 16)
  return element("mluc", head, Buffer.from(value, "utf16le").swap16())
}

const uint16s = (values: readonly number[]): Buffer => {
  const bytes = Buffer.alloc(values.length * 2)
  for (const [at, value] of values.entries())
    bytes.writeUInt16BE(Math.round(Math.min(1, Math.max(0, value)) * 65_535), at * 2)
  return bytes
}

const curve = (values: Linearise): Buffer => {
  const count = Buffer.alloc(4)
  count.writeUInt32BE(CURVE_ENTRIES)
  const entries = Array.from({ length: CURVE_ENTRIES }, (_, at) => values(at / (CURVE_ENTRIES - 1)))
  return element("curv", count, uint16s(entries))
}

const padded = (bytes: Buffer): Buffer => Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)])

const header = (size: number): Buffer => {
  const bytes = Buffer.alloc(HEADER_BYTES)
  bytes.writeUInt32BE(size, 0)
  bytes.writeUInt32BE(0x02_40_00_00, 8)
  bytes.write("mntrRGB XYZ ", 12, "latin1")
  // A date is required.
  for (const [at, value] of [2026, 1, 1, 0, 0, 0].entries()) bytes.writeUInt16BE(value, 24 + at * 2)
  bytes.write("acsp", 36, "latin1")
  fixed(D50_XYZ).copy(bytes, 68)
  return bytes
}

/** Equal data are stored once (ICC.1:2022 §7.3.5). */
const assemble = (tags: readonly Tag[]): Uint8Array => {
  const table = Buffer.alloc(4 + TAG_ENTRY_BYTES * tags.length)
  table.writeUInt32BE(tags.length, 0)
  const offsets = new Map<Buffer, number>()
  const bodies: Buffer[] = []
  let end = HEADER_BYTES + table.length
  for (const [at, [signature, data]] of tags.entries()) {
    const offset = offsets.get(data) ?? end
    if (offset === end) {
      const body = padded(data)
      bodies.push(body)
      offsets.set(data, offset)
      end += body.length
    }
    const entry = 4 + TAG_ENTRY_BYTES * at
    table.write(signature, entry, "latin1")
    table.writeUInt32BE(offset, entry + 4)
    table.writeUInt32BE(data.length, entry + 8)
  }
  return Buffer.concat([header(end), table, ...bodies])
}

const COMMON_TAGS: readonly Tag[] = [
  ["desc", text("RGB")],
  ["cprt", text("No copyright")],
  ["wtpt", xyz(D50_XYZ)],
]

const column = (matrix: Matrix, at: 0 | 1 | 2): Vector => [matrix[0][at], matrix[1][at], matrix[2][at]]

/** A profile of primaries and a transfer function for each channel. @param toXyz from linear RGB to XYZ under D50 */
export const buildCurveProfile = (
  toXyz: Matrix,
  [red, green, blue]: readonly [Linearise, Linearise, Linearise],
): Uint8Array => {
  const redCurve = curve(red)
  const greenCurve = green === red ? redCurve : curve(green)
  return assemble([
    ...COMMON_TAGS,
    ["rXYZ", xyz(column(toXyz, 0))],
    ["gXYZ", xyz(column(toXyz, 1))],
    ["bXYZ", xyz(column(toXyz, 2))],
    ["rTRC", redCurve],
    ["gTRC", greenCurve],
    ["bTRC", blue === red ? redCurve : curve(blue)],
  ])
}

/** The colours of a profile with a table. */
export interface TableColours {
  /** From linear RGB to XYZ under D50. */
  readonly toXyz: Matrix
  /** Spaces the points of the table along each channel, so that few suffice: from an encoded value to a place, both 0 to 1. */
  readonly toPlace: (encoded: number) => number
  /** The colour of a point: from its places to values that `linearise` turns into linear RGB, all 0 to 1. */
  readonly colourAt: (places: Vector) => Vector
  readonly linearise: Linearise
}

const gridOf = (colourAt: TableColours["colourAt"]): number[] => {
  const step = (at: number): number => at / (GRID - 1)
  const values: number[] = []
  for (let red = 0; red < GRID; red++)
    for (let green = 0; green < GRID; green++)
      for (let blue = 0; blue < GRID; blue++) values.push(...colourAt([step(red), step(green), step(blue)]))
  return values
}

/** A profile of RGB colours whose channels depend on each other. */
export const buildTableProfile = ({ toXyz, toPlace, colourAt, linearise }: TableColours): Uint8Array => {
  const grid = Buffer.alloc(20)
  grid.fill(GRID, 0, 3)
  // 2 bytes a value.
  grid[16] = 2
  const identity = element("curv", Buffer.alloc(4))
  const [places, tone] = [padded(curve(toPlace)), padded(curve(linearise))]
  const parts = [
    Buffer.concat([identity, identity, identity]),
    fixed([...toXyz.flatMap((row) => row.map((value) => value / MAX_XYZ)), 0, 0, 0]),
    Buffer.concat([tone, tone, tone]),
    padded(Buffer.concat([grid, uint16s(gridOf(colourAt))])),
    Buffer.concat([places, places, places]),
  ]
  const head = Buffer.alloc(24)
  head.set([3, 3], 0)
  let offset = 32
  for (const [at, part] of parts.entries()) {
    head.writeUInt32BE(offset, 4 + at * 4)
    offset += part.length
  }
  return assemble([...COMMON_TAGS, ["A2B0", element("mAB ", head, ...parts)]])
}
