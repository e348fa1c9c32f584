/**
 * Responsible for damaged pictures from a seed: random bits and bytes, wrong numbers, pieces that are missing, repeated, exchanged or from
 * another file. Each format is damaged at the borders of its structure, and checksums of PNGs are corrected, because the decoder would
 * otherwise reject most pictures at once.
 */
import { crc32 } from "node:zlib"

export type Random = () => number

/** A piece of a file: from, to. */
type Span = readonly [number, number]

const upTo = (random: Random, end: number): number => Math.floor(random() * Math.max(1, end))

const pick = <T>(random: Random, list: readonly T[]): T => {
  const item = list[upTo(random, list.length)]
  if (item === undefined) throw new Error("Expected something to pick from.")
  return item
}

/** Numbers at which arithmetic goes wrong. */
const AWKWARD = [0, 1, 2, 3, 7, 8, 127, 128, 255, 256, 0x7fff, 0x8000, 0xffff, 0x1_0000, 0x7fff_ffff, 0x8000_0000]
const DIMENSIONS = [0, 1, 2, 3, 5, 63, 65, 255, 1000, 4096, 16_383, 16_384, 65_500, 65_535, 100_000, 0x7fff_ffff]

const awkward = (random: Random, bytes: Buffer): number =>
  pick(random, [...AWKWARD, 0xffff_ffff, bytes.length, bytes.length - 1, upTo(random, 2 ** 32)])

const writeNumber = (bytes: Buffer, at: number, value: number, width: 1 | 2 | 3 | 4, isLittle: boolean): void => {
  if (at < 0 || at + width > bytes.length) return
  const cut = value % 2 ** (8 * width)
  if (isLittle) bytes.writeUIntLE(cut, at, width)
  else bytes.writeUIntBE(cut, at, width)
}

const isPng = (bytes: Buffer): boolean => bytes[0] === 0x89
const isRiff = (bytes: Buffer): boolean => bytes.subarray(0, 4).equals(Buffer.from("RIFF"))
const isTiff = (bytes: Buffer): boolean => /^(?:II|MM)/.test(bytes.toString("latin1", 0, 2))

/** Pieces with a length in front: `read` gives where the one that begins at a place ends. */
const chain = (bytes: Buffer, from: number, read: (at: number) => number): readonly Span[] => {
  const spans: Span[] = []
  for (let at = from; at + 8 <= bytes.length && spans.length < 500;) {
    const end = Math.min(bytes.length, read(at))
    if (end <= at) break
    spans.push([at, end])
    at = end
  }
  return spans
}

const jpegEnd = (bytes: Buffer, at: number): number => {
  const marker = bytes[at + 1] ?? 0
  if (bytes[at] !== 0xff) return bytes.length
  const end = at + 2 + bytes.readUInt16BE(at + 2)
  if (marker !== 0xda) return end
  // The compressed data that follow end at the next marker; 00 and D0 to D7 are part of them (ITU-T T.81, B.1.1.2).
  for (let next = bytes.indexOf(0xff, end); next >= 0; next = bytes.indexOf(0xff, next + 1)) {
    const code = bytes[next + 1] ?? 0
    if (code !== 0 && (code < 0xd0 || code > 0xd7)) return next
  }
  return bytes.length
}

/** Boxes that have boxes within, and how many bytes come before those. */
const NESTS: Readonly<Record<string, number>> = { meta: 12, iprp: 8, ipco: 8, iinf: 14, iref: 12, moov: 8, trak: 8 }

const boxes = (bytes: Buffer, from: number, to: number): readonly Span[] =>
  chain(bytes.subarray(0, to), from, (at) => at + bytes.readUInt32BE(at)).flatMap((span): readonly Span[] => {
    const skip = NESTS[bytes.toString("latin1", span[0] + 4, span[0] + 8)]
    return skip === undefined ? [span] : [span].concat(boxes(bytes, span[0] + skip, span[1]))
  })

/** Entries of a TIFF's directories: 12 bytes each (TIFF 6.0, section 2). */
const tiffEntries = (bytes: Buffer): readonly Span[] => {
  const isLittle = bytes[0] === 0x49
  const u16 = (at: number): number => (isLittle ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at))
  const u32 = (at: number): number => (isLittle ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at))
  const start = bytes.length < 8 ? Infinity : u32(4)
  if (start + 2 > bytes.length) return []
  return Array.from({ length: u16(start) }, (_, at): Span => [start + 2 + 12 * at, start + 14 + 12 * at]).filter(
    ([, end]) => end <= bytes.length,
  )
}

const gifBlocks = (bytes: Buffer): readonly Span[] => {
  const marks = new Set([0x21, 0x2c])
  const starts = Array.from(bytes.entries()).filter(([at, byte]) => at > 12 && marks.has(byte) && bytes[at - 1] === 0)
  return starts.map(([at], index): Span => [at, starts[index + 1]?.[0] ?? bytes.length])
}

/** The structural pieces of a file, by its format. */
const piecesOf = (bytes: Buffer): readonly Span[] => {
  if (bytes.length < 16) return []
  if (isPng(bytes)) return chain(bytes, 8, (at) => at + 12 + bytes.readUInt32BE(at))
  if (isRiff(bytes))
    return chain(bytes, 12, (at) => at + 8 + bytes.readUInt32LE(at + 4) + (bytes.readUInt32LE(at + 4) % 2))
  if (isTiff(bytes)) return tiffEntries(bytes)
  if (bytes[0] === 0xff) return chain(bytes, 2, (at) => jpegEnd(bytes, at))
  return bytes[0] === 0x47 ? gifBlocks(bytes) : boxes(bytes, 0, bytes.length)
}

const anySpan = (bytes: Buffer, random: Random): Span => {
  const from = upTo(random, bytes.length)
  return [from, Math.min(bytes.length, from + 1 + upTo(random, pick(random, [4, 64, 1024])))]
}

const piece = (bytes: Buffer, random: Random): Span => {
  const pieces = piecesOf(bytes)
  return pieces.length > 0 && random() < 0.8 ? pick(random, pieces) : anySpan(bytes, random)
}

type Mutation = (bytes: Buffer, random: Random, other: Buffer) => Buffer

/** Half of the damage is done to the beginning, where it has the strangest effects. */
const place = (bytes: Buffer, random: Random): number =>
  upTo(random, random() < 0.5 ? Math.min(600, bytes.length) : bytes.length)

const flipBits: Mutation = (bytes, random) => {
  for (let count = pick(random, [1, 1, 2, 4, 16, 64]); count > 0; count--) {
    const at = place(bytes, random)
    bytes[at] = (bytes[at] ?? 0) ^ (1 << upTo(random, 8))
  }
  return bytes
}

const putNumber: Mutation = (bytes, random) => {
  writeNumber(bytes, place(bytes, random), awkward(random, bytes), pick(random, [1, 2, 4] as const), random() < 0.5)
  return bytes
}

/** Numbers at the joints: lengths, counts, types, offsets. */
const lieAtJoint: Mutation = (bytes, random) => {
  const [from] = piece(bytes, random)
  const at = from + pick(random, [0, 2, 4, 8, 8, 10, 12, 16])
  writeNumber(bytes, at, awkward(random, bytes), pick(random, [1, 2, 4] as const), bytes[0] === 0x49 || isRiff(bytes))
  return bytes
}

/** Where each container has its width and height, and in how many bytes. */
const dimensionsOf = (bytes: Buffer): readonly (readonly [at: number, width: 2 | 3 | 4, isLittle: boolean])[] => {
  const after = (text: string, by: number): number => bytes.indexOf(Buffer.from(text, "latin1")) + by
  if (isPng(bytes))
    return [
      [16, 4, false],
      [20, 4, false],
    ]
  if (isRiff(bytes)) {
    const at = after("VP8X", 12)
    return at < 12
      ? [
          [26, 2, true],
          [28, 2, true],
          [21, 4, true],
        ]
      : [
          [at, 3, true],
          [at + 3, 3, true],
        ]
  }
  if (isTiff(bytes))
    return tiffEntries(bytes)
      .slice(0, 4)
      .map(([from]) => [from + 8, 4, bytes[0] === 0x49] as const)
  if (bytes[0] === 0xff) {
    const frame = /\xff[\xc0-\xc2]\0/.exec(bytes.toString("latin1"))?.index ?? 0
    return [
      [frame + 5, 2, false],
      [frame + 7, 2, false],
    ]
  }
  if (bytes[0] === 0x47) {
    const frame = bytes.indexOf(0x2c, 13)
    return [
      [6, 2, true],
      [8, 2, true],
      [frame + 5, 2, true],
      [frame + 7, 2, true],
      [frame + 1, 2, true],
    ]
  }
  const extent = after("ispe", 8)
  return [
    [extent, 4, false],
    [extent + 4, 4, false],
  ]
}

const lieAboutSize: Mutation = (bytes, random) => {
  for (const [at, width, isLittle] of dimensionsOf(bytes))
    if (random() < 0.6) writeNumber(bytes, at, pick(random, DIMENSIONS), width, isLittle)
  return bytes
}

const truncate: Mutation = (bytes, random) => bytes.subarray(0, upTo(random, bytes.length))

const drop: Mutation = (bytes, random) => {
  const [from, to] = piece(bytes, random)
  return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)])
}

const double: Mutation = (bytes, random) => {
  const [from, to] = piece(bytes, random)
  const copies = Array.from({ length: pick(random, [1, 1, 2, 30]) }, () => bytes.subarray(from, to))
  return Buffer.concat([bytes.subarray(0, to), ...copies, bytes.subarray(to)])
}

const swap: Mutation = (bytes, random) => {
  const [a, b] = [piece(bytes, random), piece(bytes, random)].toSorted((one, two) => one[0] - two[0]) as [Span, Span]
  if (a[1] > b[0]) return bytes
  const part = (from: number, to: number): Buffer => bytes.subarray(from, to)
  return Buffer.concat([part(0, a[0]), part(b[0], b[1]), part(a[1], b[0]), part(a[0], a[1]), part(b[1], bytes.length)])
}

const graft: Mutation = (bytes, random, other) => {
  const [from, to] = piece(other, random)
  const [at, end] = piece(bytes, random)
  return Buffer.concat([bytes.subarray(0, at), other.subarray(from, to), bytes.subarray(random() < 0.5 ? at : end)])
}

const splice: Mutation = (bytes, random, other) =>
  Buffer.concat([bytes.subarray(0, place(bytes, random)), other.subarray(place(other, random))])

const MUTATIONS = [
  flipBits,
  flipBits,
  putNumber,
  putNumber,
  lieAtJoint,
  lieAtJoint,
  lieAboutSize,
  truncate,
  drop,
  double,
  swap,
  graft,
  splice,
]

/** Corrects the checksums. */
const repairPng = (bytes: Buffer): Buffer => {
  for (const [from, to] of piecesOf(bytes))
    if (to - from >= 12) bytes.writeUInt32BE(crc32(bytes.subarray(from + 4, to - 4)), to - 4)
  return bytes
}

/** Thirty copies of a large piece would only take time. */
const MAX_BYTES = 300_000

/** A damaged picture: one to three kinds of damage to a copy. @param other gives its pieces */
export const mutate = (original: Buffer, other: Buffer, random: Random): Buffer => {
  let bytes: Buffer = Buffer.from(original)
  for (let count = pick(random, [1, 1, 2, 3]); count > 0; count--)
    if (bytes.length > 0) bytes = Buffer.from(pick(random, MUTATIONS)(bytes, random, other).subarray(0, MAX_BYTES))
  return isPng(bytes) && random() < 0.8 ? repairPng(bytes) : bytes
}
