/** Responsible for hostile JPEGs: more scans, segments, metadata and pixels than any honest file has. Source: ITU-T T.81. */
import { ascii, be, type HostileFile, repeat } from "./bytes.ts"

const SOI = Buffer.from([0xff, 0xd8])
const EOI = Buffer.from([0xff, 0xd9])

const segment = (marker: number, data: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from([0xff, marker]), be(2, data.length + 2), data])

/** Quantisation by one (B.2.4.1). */
const DQT = segment(0xdb, Buffer.concat([Buffer.from([0]), Buffer.alloc(64, 1)]))

/** A Huffman table with one code, a single 0 bit, for one symbol (B.2.4.2). @param place class in the upper four bits, number below */
const table = (place: number, symbol: number): Buffer =>
  segment(0xc4, Buffer.concat([Buffer.from([place, 1]), Buffer.alloc(15), Buffer.from([symbol])]))

/** The number of blocks that an end-of-band run of class 14 covers at most (F.1.2.3, G.1.2.2). */
const RUN_BLOCKS = 32_767

/** Bits as bytes, padded with ones; behind each 0xff comes a zero (F.1.2.3). */
const packed = (bits: string): Buffer => {
  const padded = bits.padEnd(Math.ceil(bits.length / 8) * 8, "1")
  const bytes = Array.from({ length: padded.length / 8 }, (_, at) =>
    Number.parseInt(padded.slice(8 * at, 8 * at + 8), 2),
  )
  return Buffer.from(bytes.flatMap((byte) => (byte === 0xff ? [byte, 0] : [byte])))
}

interface Picture {
  readonly width: number
  readonly height: number
  /** 1 (grey) or 3 (YCbCr without subsampling). */
  readonly components: number
}

const blocksOf = ({ width, height }: Picture): number => Math.ceil(width / 8) * Math.ceil(height / 8)

const frame = (marker: number, { width, height, components }: Picture): Buffer => {
  const parts = Array.from({ length: components }, (_, at) => Buffer.from([at + 1, 0x11, 0]))
  return segment(marker, Buffer.concat([Buffer.from([8]), be(2, height, width), Buffer.from([components]), ...parts]))
}

interface Scan {
  readonly components: readonly number[]
  readonly spectrum: readonly [number, number]
  /** Successive approximation: the bit before and the bit of this scan (G.1.1.1.2). */
  readonly bits: readonly [number, number]
  readonly data: Uint8Array
}

const scan = ({ components, spectrum, bits, data }: Scan): Buffer => {
  const list = Buffer.from(components.flatMap((component) => [component, 0]))
  const parameters = Buffer.from([...spectrum, bits[0] * 16 + bits[1]])
  return Buffer.concat([segment(0xda, Buffer.concat([Buffer.from([components.length]), list, parameters])), data])
}

const all = (count: number): readonly number[] => Array.from({ length: count }, (_, at) => at + 1)

/** The first scan: no difference for any block, one bit each. */
const firstScan = (picture: Picture): Buffer =>
  scan({
    components: all(picture.components),
    spectrum: [0, 0],
    bits: [0, 0],
    data: Buffer.alloc(Math.ceil((blocksOf(picture) * picture.components) / 8)),
  })

/** A scan of zeros for each coefficient and bit of each component, up to a number of scans. All of them are valid. */
const zeroScans = (picture: Picture, count: number): readonly Buffer[] => {
  const data = packed(`0${"1".repeat(14)}`.repeat(Math.ceil(blocksOf(picture) / RUN_BLOCKS)))
  const scans: Buffer[] = []
  for (const component of all(picture.components))
    for (let coefficient = 1; coefficient < 64; coefficient++)
      for (let bit = 13; bit >= 0 && scans.length < count; bit--) {
        const bits = [bit === 13 ? 0 : bit + 1, bit] as const
        scans.push(scan({ components: [component], spectrum: [coefficient, coefficient], bits, data }))
      }
  return scans
}

/** A progressive grey or colour picture of one colour. */
const progressive = (picture: Picture, scans: number): Buffer =>
  Buffer.concat([
    SOI,
    DQT,
    frame(0xc2, picture),
    table(0, 0),
    table(0x10, 0xe0),
    firstScan(picture),
    ...zeroScans(picture, scans - 1),
    EOI,
  ])

/** A baseline picture of one colour: two bits for each block. */
const baseline = (picture: Picture, ...segments: readonly Buffer[]): Buffer =>
  Buffer.concat([
    SOI,
    ...segments,
    DQT,
    frame(0xc0, picture),
    table(0, 0),
    table(0x10, 0),
    scan({
      components: all(picture.components),
      spectrum: [0, 63],
      bits: [0, 0],
      data: Buffer.alloc(Math.ceil((2 * blocksOf(picture) * picture.components) / 8)),
    }),
    EOI,
  ])

const SMALL: Picture = { width: 64, height: 48, components: 3 }
const square = (side: number, components = 3): Picture => ({ width: side, height: side, components })

/** A TIFF directory of EXIF whose last offset leads back to itself. */
const loopedExif = (): Buffer => {
  const entries = Array.from({ length: 3000 }, (_, at) => Buffer.concat([be(2, 0x8769, 4), be(4, 1, 8 + (at % 2))]))
  const directory = Buffer.concat([be(2, entries.length), ...entries, be(4, 8)])
  return Buffer.concat([ascii("Exif\0\0MM\0*"), be(4, 8), directory])
}

/** Entities that would expand to a billion texts. */
const expandingXmp = (): Buffer => {
  const names = Array.from({ length: 10 }, (_, at) => `e${at}`)
  const entities = names.map((name, at) => `<!ENTITY ${name} "${at === 0 ? "lol" : `&${names[at - 1]};`.repeat(10)}">`)
  return ascii(
    `http://ns.adobe.com/xap/1.0/\0<?xml version="1.0"?><!DOCTYPE x [${entities.join("")}]><x:xmpmeta xmlns:x="adobe:ns:meta/">&e9;</x:xmpmeta>`,
  )
}

const nestedXmp = (): Buffer =>
  ascii(`http://ns.adobe.com/xap/1.0/\0<x:xmpmeta xmlns:x="adobe:ns:meta/">${"<a>".repeat(20_000)}`)

const withoutEnd = (bytes: Buffer): Buffer => bytes.subarray(0, bytes.length - 1000)

export const JPEGS: readonly HostileFile[] = [
  { name: "2647-scans-of-25-megapixels.jpg", make: () => progressive(square(5000), 2647) },
  { name: "100-scans-of-100-megapixels.jpg", make: () => progressive(square(10_000), 100) },
  { name: "43-scans-of-100-megapixels.jpg", make: () => progressive(square(10_000), 43) },
  { name: "100-grey-scans-of-100-megapixels.jpg", make: () => progressive(square(10_000, 1), 100) },
  {
    name: "20-million-empty-segments.jpg",
    make: () => baseline(SMALL, repeat(segment(0xe1, Buffer.alloc(0)), 20_000_000)),
  },
  {
    name: "1900-full-segments.jpg",
    make: () => baseline(SMALL, repeat(segment(0xe1, Buffer.alloc(50_000, 65)), 1900)),
  },
  { name: "1400-comments.jpg", make: () => baseline(SMALL, repeat(segment(0xfe, Buffer.alloc(65_000, 65)), 1400)) },
  { name: "90-megabytes-of-fill-bytes.jpg", make: () => baseline(SMALL, Buffer.alloc(90_000_000, 0xff)) },
  {
    name: "profile-in-255-segments.jpg",
    make: () => {
      const part = (at: number): Buffer =>
        segment(0xe2, Buffer.concat([ascii("ICC_PROFILE\0"), Buffer.from([at + 1, 255]), Buffer.alloc(65_000)]))
      return baseline(SMALL, ...Array.from({ length: 255 }, (_, at) => part(at)))
    },
  },
  { name: "exif-that-leads-to-itself.jpg", make: () => baseline(SMALL, segment(0xe1, loopedExif())) },
  { name: "xmp-that-expands.jpg", make: () => baseline(SMALL, segment(0xe1, expandingXmp())) },
  { name: "xmp-nested-20000-deep.jpg", make: () => baseline(SMALL, segment(0xe1, nestedXmp())) },
  { name: "100-megapixels.jpg", make: () => baseline(square(10_000)) },
  { name: "100-megapixels-truncated.jpg", make: () => withoutEnd(baseline(square(10_000))) },
  { name: "100-megapixels-in-one-row.jpg", make: () => baseline({ width: 65_500, height: 1526, components: 3 }) },
  { name: "100-megapixels-in-one-column.jpg", make: () => baseline({ width: 1526, height: 65_500, components: 3 }) },
]
