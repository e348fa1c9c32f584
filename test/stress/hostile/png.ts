/** Responsible for hostile PNGs: more chunks, pixels, texts and frames than any honest file has. */
import { deflateSync } from "node:zlib"

import { pngChunk } from "../../image/profiles.ts"
import { seeded } from "../../image/support.ts"
import { ascii, be, compressedZeros, type HostileFile, repeat } from "./bytes.ts"

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10])
const END = pngChunk("IEND", Buffer.alloc(0))

/** Samples of a pixel by colour type (PNG, third edition, table 9). */
const SAMPLES: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 }

interface Header {
  readonly width: number
  readonly height: number
  readonly depth?: number
  /** @default 6, RGB with alpha */
  readonly colourType?: number
  readonly isInterlaced?: boolean
}

const ihdr = ({ width, height, depth = 8, colourType = 6, isInterlaced = false }: Header): Buffer =>
  pngChunk("IHDR", Buffer.concat([be(4, width, height), Buffer.from([depth, colourType, 0, 0, isInterlaced ? 1 : 0])]))

/** Length of the rows, each with the number of its filter. Interlacing adds some rows, for which this has room. */
const rawBytes = ({ width, height, depth = 8, colourType = 6, isInterlaced = false }: Header): number =>
  height * (1 + Math.ceil((width * depth * (SAMPLES[colourType] ?? 1)) / 8)) + (isInterlaced ? 4 * (width + height) : 0)

const png = (header: Header, ...chunks: readonly Buffer[]): Buffer =>
  Buffer.concat([SIGNATURE, ihdr(header), ...chunks, END])

/** A picture of zeros. */
const zeros = (header: Header, ...chunks: readonly Buffer[]): Buffer =>
  png(header, ...chunks, pngChunk("IDAT", compressedZeros(rawBytes(header))))

const SMALL: Header = { width: 40, height: 30 }

/** A text that unpacks to many zeros. */
const text = (byteLength: number): Buffer =>
  pngChunk("zTXt", Buffer.concat([ascii("Comment\0\0"), compressedZeros(byteLength)]))

/** Rows of noise, all of them with the most expensive filter. */
const noise = (header: Header): Buffer => {
  const random = seeded(7)
  const raw = Buffer.alloc(rawBytes(header))
  for (let at = 0; at + 4 <= raw.length; at += 4) raw.writeUInt32LE(Math.floor(random() * 2 ** 32), at)
  const row = raw.length / header.height
  for (let y = 0; y < header.height; y++) raw[y * row] = 4
  return png(header, pngChunk("IDAT", deflateSync(raw, { level: 1 })))
}

const frames = (count: number): Buffer => {
  const control = pngChunk("fcTL", Buffer.concat([be(4, 0, 40, 30, 0, 0), be(2, 1, 10), Buffer.from([0, 0])]))
  const data = pngChunk("fdAT", Buffer.concat([be(4, 1), compressedZeros(rawBytes(SMALL))]))
  return png(
    SMALL,
    pngChunk("acTL", be(4, count, 0)),
    pngChunk("IDAT", compressedZeros(rawBytes(SMALL))),
    repeat(Buffer.concat([control, data]), count),
  )
}

const pieces = (bytes: Buffer): Buffer =>
  Buffer.concat(Array.from(bytes, (_, at) => pngChunk("IDAT", bytes.subarray(at, at + 1))))

export const PNGS: readonly HostileFile[] = [
  {
    name: "8-million-empty-chunks.png",
    make: () => zeros(SMALL, repeat(pngChunk("teSt", Buffer.alloc(0)), 8_000_000)),
  },
  {
    name: "1-million-empty-chunks.png",
    make: () => zeros(SMALL, repeat(pngChunk("teSt", Buffer.alloc(0)), 1_000_000)),
  },
  { name: "1-million-compressed-texts.png", make: () => zeros(SMALL, repeat(text(1), 1_000_000)) },
  { name: "text-of-1-gigabyte.png", make: () => zeros(SMALL, text(1_000_000_000)) },
  { name: "900-texts-of-20-megabytes.png", make: () => zeros(SMALL, repeat(text(20_000_000), 900)) },
  {
    name: "profile-of-500-megabytes.png",
    make: () => zeros(SMALL, pngChunk("iCCP", Buffer.concat([ascii("icc\0\0"), compressedZeros(500_000_000)]))),
  },
  { name: "rows-of-65535-pixels-of-16-bits.png", make: () => zeros({ width: 65_535, height: 1525, depth: 16 }) },
  { name: "rows-of-2-million-pixels.png", make: () => zeros({ width: 2_000_000, height: 45 }) },
  {
    name: "interlaced-100-megapixels-of-16-bits.png",
    make: () => zeros({ width: 10_000, height: 10_000, depth: 16, isInterlaced: true }),
  },
  {
    name: "interlaced-1-bit-100-megapixels.png",
    make: () => zeros({ width: 10_000, height: 10_000, depth: 1, colourType: 0, isInterlaced: true }),
  },
  { name: "100-megapixels-of-8-bits.png", make: () => zeros({ width: 10_000, height: 10_000 }) },
  {
    name: "100-megapixels-of-16-bits-without-a-checksum.png",
    make: () => {
      const header: Header = { width: 10_000, height: 10_000, depth: 16 }
      return png(header, pngChunk("IDAT", compressedZeros(rawBytes(header)).subarray(0, -4)))
    },
  },
  { name: "4-gigapixels.png", make: () => zeros({ width: 65_535, height: 65_535, depth: 1, colourType: 0 }) },
  {
    name: "100-megapixels-without-data.png",
    make: () => png({ width: 10_000, height: 10_000 }, pngChunk("IDAT", compressedZeros(100))),
  },
  {
    name: "pixels-in-40000-chunks.png",
    make: () => png({ width: 6000, height: 6000 }, pieces(compressedZeros(40_000_000).subarray(0, 40_000))),
  },
  { name: "noise-of-20-megapixels.png", make: () => noise({ width: 5000, height: 4000 }) },
  { name: "20000-frames.png", make: () => frames(20_000) },
]
