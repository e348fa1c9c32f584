/**
 * ICC profiles written by hand, and the conversion of their colours to sRGB. Neither uses the image library, so that no test compares the
 * library with itself.
 */
import { crc32, deflateSync } from "node:zlib"

export type Rgb = readonly [number, number, number]
type Xyz = readonly [number, number, number]

/** A colour space by its primaries (XYZ under D50, as profiles have them) and one gamma. */
export interface Space {
  readonly red: Xyz
  readonly green: Xyz
  readonly blue: Xyz
  readonly gamma: number
}

/** Adobe RGB (1998), annex A; its gamma is 2 + 51/256. */
export const ADOBE_RGB: Space = {
  red: [0.60974, 0.31111, 0.01947],
  green: [0.20528, 0.62567, 0.06087],
  blue: [0.14919, 0.06322, 0.74457],
  gamma: 563 / 256,
}

/** The primaries of ROMM RGB (ISO 22028-2), far outside sRGB; with the gamma of 1.8 it is known as ProPhoto. */
export const PROPHOTO: Space = {
  red: [0.7976749, 0.2880402, 0],
  green: [0.1351917, 0.7118741, 0],
  blue: [0.0313534, 0.0000857, 0.82521],
  gamma: 461 / 256,
}

/** XYZ under D50 to linear sRGB, Bradford-adapted (IEC 61966-2-1). */
const TO_SRGB: readonly Xyz[] = [
  [3.1338561, -1.6168667, -0.4906146],
  [-0.9787684, 1.9161415, 0.033454],
  [0.0719453, -0.2289914, 1.4052427],
]

const encodeSrgb = (linear: number): number => {
  const clipped = Math.max(0, Math.min(1, linear))
  return 255 * (clipped <= 0.003_130_8 ? 12.92 * clipped : 1.055 * clipped ** (1 / 2.4) - 0.055)
}

/** The sRGB colour, 0 to 255, of a colour in a space. Colours outside sRGB are clipped. */
export const toSrgb = (colour: Rgb, { red, green, blue, gamma }: Space): Rgb => {
  const [r, g, b] = colour.map((channel) => (channel / 255) ** gamma) as [number, number, number]
  const xyz = ([0, 1, 2] as const).map((axis) => r * red[axis] + g * green[axis] + b * blue[axis])
  return TO_SRGB.map((row) =>
    encodeSrgb(row.reduce((sum, factor, axis) => sum + factor * (xyz[axis] ?? 0), 0)),
  ) as unknown as Rgb
}

const fixed = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(Math.round(value * 65_536))
  return bytes
}

const D50: Xyz = [0.9642, 1, 0.8249]

const xyzTag = (values: Xyz): Buffer => Buffer.concat([Buffer.from("XYZ \0\0\0\0", "latin1"), ...values.map(fixed)])

const gammaTag = (gamma: number): Buffer => {
  const bytes = Buffer.alloc(16)
  bytes.write("curv", "latin1")
  bytes.writeUInt32BE(1, 8)
  bytes.writeUInt16BE(Math.round(gamma * 256), 12)
  return bytes
}

const nameTag = (name: string): Buffer => {
  const bytes = Buffer.alloc(12 + name.length + 1 + 81)
  bytes.write("desc", "latin1")
  bytes.writeUInt32BE(name.length + 1, 8)
  bytes.write(name, 12, "latin1")
  return bytes
}

/** ICC.1:2001-04 §6: a header of 128 bytes, a table of tags, the tags. */
const toProfile = (space: "RGB " | "GRAY", tags: readonly (readonly [string, Buffer])[]): Buffer => {
  const table = Buffer.alloc(4 + 12 * tags.length)
  table.writeUInt32BE(tags.length)
  const bodies: Buffer[] = []
  let offset = 128 + table.length
  for (const [at, [signature, body]] of tags.entries()) {
    const padded = Buffer.concat([body, Buffer.alloc((4 - (body.length % 4)) % 4)])
    table.write(signature, 4 + 12 * at, "latin1")
    table.writeUInt32BE(offset, 8 + 12 * at)
    table.writeUInt32BE(body.length, 12 + 12 * at)
    bodies.push(padded)
    offset += padded.length
  }
  const header = Buffer.alloc(128)
  header.writeUInt32BE(offset)
  header.writeUInt32BE(0x02_20_00_00, 8)
  header.write(`mntr${space}XYZ `, 12, "latin1")
  header.write("acsp", 36, "latin1")
  D50.forEach((value, at) => fixed(value).copy(header, 68 + 4 * at))
  return Buffer.concat([header, table, ...bodies])
}

const COPYRIGHT = Buffer.from("text\0\0\0\0none\0", "latin1")

/**
 * A profile of a space.
 * @param name can be found in a file that contains the profile uncompressed
 * @param more further tags
 */
export const profileOf = (
  { red, green, blue, gamma }: Space,
  name = "rendered for a test",
  more: readonly (readonly [string, Buffer])[] = [],
): Buffer =>
  toProfile("RGB ", [
    ["desc", nameTag(name)],
    ["cprt", COPYRIGHT],
    ["wtpt", xyzTag(D50)],
    ["rXYZ", xyzTag(red)],
    ["gXYZ", xyzTag(green)],
    ["bXYZ", xyzTag(blue)],
    ["rTRC", gammaTag(gamma)],
    ["gTRC", gammaTag(gamma)],
    ["bTRC", gammaTag(gamma)],
    ...more,
  ])

/** A grey profile of one gamma. */
export const greyProfile = (gamma: number): Buffer =>
  toProfile("GRAY", [
    ["desc", nameTag("greys")],
    ["cprt", COPYRIGHT],
    ["wtpt", xyzTag(D50)],
    ["kTRC", gammaTag(gamma)],
  ])

/** The sRGB grey of a grey of another gamma. */
export const greyToSrgb = (grey: number, gamma: number): number => encodeSrgb((grey / 255) ** gamma)

/** One chunk of a PNG (ISO/IEC 15948 §5.3). */
export const pngChunk = (type: string, data: Uint8Array): Buffer => {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data])
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)]
  length.writeUInt32BE(data.length)
  check.writeUInt32BE(crc32(body))
  return Buffer.concat([length, body, check])
}

/** Signature and IHDR, which come first in every PNG. */
const PNG_HEAD_BYTES = 33

/** A PNG with an additional chunk after its IHDR. */
export const withPngChunk = (png: Buffer, type: string, data: Uint8Array): Buffer =>
  Buffer.concat([png.subarray(0, PNG_HEAD_BYTES), pngChunk(type, data), png.subarray(PNG_HEAD_BYTES)])

/** A JPEG with an additional segment directly after its SOI. */
export const withJpegSegment = (jpeg: Buffer, marker: number, data: Uint8Array): Buffer => {
  const head = Buffer.from([0xff, marker, 0, 0])
  head.writeUInt16BE(data.length + 2, 2)
  return Buffer.concat([jpeg.subarray(0, 2), head, data, jpeg.subarray(2)])
}

/** The same pixels with another embedded profile. */
export const tagged = (image: Buffer, profile: Buffer): Buffer =>
  image[0] === 0xff
    ? withJpegSegment(image, 0xe2, Buffer.concat([Buffer.from("ICC_PROFILE\0\x01\x01", "latin1"), profile]))
    : withPngChunk(image, "iCCP", Buffer.concat([Buffer.from("profile\0\0", "latin1"), deflateSync(profile)]))
