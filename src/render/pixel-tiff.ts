/**
 * Responsible for files around pixels that were decoded already: an uncompressed TIFF tells the image library what the samples mean and
 * which profile they have, and costs one copy.
 *
 * Source: TIFF 6.0 §2 (structure), §8 (baseline fields), §18 (ExtraSamples).
 */

/** Pixels, row-major, with straight alpha. */
export interface PixelFile {
  readonly data: Uint8Array | Uint16Array
  readonly width: number
  readonly height: number
  readonly model: "grey" | "rgb" | "cmyk"
  readonly hasAlpha: boolean
  readonly profile: Uint8Array | undefined
  /** EXIF orientation, 1 to 8. */
  readonly orientation: number
}

const PHOTOMETRIC = { grey: 1, rgb: 2, cmyk: 5 }
const COLOURS = { grey: 1, rgb: 3, cmyk: 4 }
const STRAIGHT_ALPHA = 2
const SHORT = 3
const LONG = 4
const UNDEFINED = 7

interface Field {
  readonly tag: number
  readonly type: typeof SHORT | typeof LONG | typeof UNDEFINED
  readonly count: number
  /** Values that fit into four bytes, or the place of longer ones. */
  readonly value: number
}

const HEADER_BYTES = 8
const FIELD_BYTES = 12

const short = (tag: number, value: number): Field => ({ tag, type: SHORT, count: 1, value })
const long = (tag: number, value: number): Field => ({ tag, type: LONG, count: 1, value })

/** Bits of two samples fit into the field itself. */
const bitsField = (bits: number, samples: number, at: number): Field => ({
  tag: 258,
  type: SHORT,
  count: samples,
  value: samples > 2 ? at : samples === 2 ? bits * 0x1_00_01 : bits,
})

const directory = (fields: readonly Field[]): Buffer => {
  const bytes = Buffer.alloc(2 + FIELD_BYTES * fields.length + 4)
  bytes.writeUInt16LE(fields.length, 0)
  for (const [index, { tag, type, count, value }] of fields.entries()) {
    const at = 2 + FIELD_BYTES * index
    bytes.writeUInt16LE(tag, at)
    bytes.writeUInt16LE(type, at + 2)
    bytes.writeUInt32LE(count, at + 4)
    bytes.writeUInt32LE(value, at + 8)
  }
  return bytes
}

/** Space for the directory: 13 fields. */
const DIRECTORY_BYTES = 2 + FIELD_BYTES * 13 + 4

/** @returns a TIFF with its pixels behind everything else. Their byte order is that of the machine, which Node only has as little-endian. */
export const toTiff = ({ data, width, height, model, hasAlpha, profile, orientation }: PixelFile): Uint8Array => {
  const samples = COLOURS[model] + (hasAlpha ? 1 : 0)
  const bits = 8 * data.BYTES_PER_ELEMENT
  const bitsAt = HEADER_BYTES + DIRECTORY_BYTES
  const profileAt = bitsAt + 2 * samples
  const profileBytes = profile?.length ?? 0
  const pixelsAt = profileAt + profileBytes + (profileBytes & 1)
  const fields: Field[] = [
    long(256, width),
    long(257, height),
    bitsField(bits, samples, bitsAt),
    short(259, 1),
    short(262, PHOTOMETRIC[model]),
    long(273, pixelsAt),
    short(274, orientation),
    short(277, samples),
    long(278, height),
    long(279, data.byteLength),
  ]
  if (hasAlpha) fields.push(short(338, STRAIGHT_ALPHA))
  if (profile) fields.push({ tag: 34_675, type: UNDEFINED, count: profileBytes, value: profileAt })
  const head = Buffer.alloc(pixelsAt)
  head.write("II*\0", "latin1")
  head.writeUInt32LE(HEADER_BYTES, 4)
  directory(fields).copy(head, HEADER_BYTES)
  for (let sample = 0; sample < samples; sample++) head.writeUInt16LE(bits, bitsAt + 2 * sample)
  if (profile) head.set(profile, profileAt)
  return Buffer.concat([head, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)])
}
