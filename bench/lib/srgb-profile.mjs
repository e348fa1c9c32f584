// An ICC profile of version 4 that is sRGB, as phones embed it: a matrix and a parametric curve (ICC.1:2022, §8.3.3, §10.18).

const fixed = (value) => {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(Math.round(value * 65_536))
  return bytes
}

const tag = (type, ...parts) => Buffer.concat([Buffer.from(`${type}\0\0\0\0`, "latin1"), ...parts])

const xyz = (...values) => tag("XYZ ", ...values.map(fixed))

/** One text in English (§10.15). */
const text = (value) => {
  const letters = Buffer.from(value, "utf16le").swap16()
  const head = Buffer.alloc(20)
  head.writeUInt32BE(1, 0)
  head.writeUInt32BE(12, 4)
  head.write("enUS", 8, "latin1")
  head.writeUInt32BE(letters.length, 12)
  head.writeUInt32BE(28, 16)
  return tag("mluc", head, letters, Buffer.alloc(letters.length % 4))
}

/** IEC 61966-2-1 as a function of type 3. */
const curve = tag("para", Buffer.from([0, 3, 0, 0]), ...[2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045].map(fixed))

const TAGS = {
  desc: text("sRGB"),
  cprt: text("CC0"),
  wtpt: xyz(0.9642, 1, 0.8249),
  rXYZ: xyz(0.43607, 0.22249, 0.01392),
  gXYZ: xyz(0.38515, 0.71687, 0.09708),
  bXYZ: xyz(0.14307, 0.06061, 0.7141),
  rTRC: curve,
  gTRC: curve,
  bTRC: curve,
}

const HEADER_BYTES = 128

/** @returns the bytes of the profile */
export const srgbProfile = () => {
  const entries = Object.entries(TAGS)
  const table = Buffer.alloc(4 + 12 * entries.length)
  table.writeUInt32BE(entries.length)
  let offset = HEADER_BYTES + table.length
  for (const [at, [name, data]] of entries.entries()) {
    table.write(name, 4 + 12 * at, "latin1")
    table.writeUInt32BE(offset, 8 + 12 * at)
    table.writeUInt32BE(data.length, 12 + 12 * at)
    offset += data.length
  }
  const header = Buffer.alloc(HEADER_BYTES)
  header.writeUInt32BE(offset)
  header.writeUInt32BE(0x04_30_00_00, 8)
  header.write("mntrRGB XYZ ", 12, "latin1")
  header.write("acsp", 36, "latin1")
  xyz(0.9642, 1, 0.8249).copy(header, 68, 8)
  return Buffer.concat([header, table, ...Object.values(TAGS)])
}

/** @returns a JPEG with a profile behind its first marker (§B.4) */
export const withProfile = (jpeg, profile) => {
  const data = Buffer.concat([Buffer.from("ICC_PROFILE\0\x01\x01", "latin1"), profile])
  const head = Buffer.from([0xff, 0xe2, 0, 0])
  head.writeUInt16BE(data.length + 2, 2)
  return Buffer.concat([jpeg.subarray(0, 2), head, data, jpeg.subarray(2)])
}
