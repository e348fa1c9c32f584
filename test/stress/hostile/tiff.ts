/** Responsible for hostile TIFFs: directories without end, entries of impossible lengths, and samples that unpack to gigabytes. Source: TIFF 6.0. */
import { ascii, compressedZeros, type HostileFile, le, repeat } from "./bytes.ts"

const SHORT = 3
const LONG = 4
/** No type of values has this number. */
const UNKNOWN = 0
const HEAD_BYTES = 8

type Entry = readonly [tag: number, type: number, count: number, value: number]

const entry = ([tag, type, count, value]: Entry): Buffer => Buffer.concat([le(2, tag, type), le(4, count, value)])

const directory = (entries: readonly Entry[], next = 0): Buffer =>
  Buffer.concat([le(2, entries.length), ...entries.map(entry), le(4, next)])

const head = (first: number): Buffer => Buffer.concat([ascii("II*\0"), le(4, first)])

interface Samples {
  readonly width: number
  readonly height: number
  /** Bits of a sample. */
  readonly bits: number
  readonly samples: number
  /** 1 for whole numbers, 3 for floating point (section 19). */
  readonly kind?: number
}

const DEFLATE = 8

/** A picture of zeros in one strip. All values that need a place share one, since all samples are alike. */
const zeros = ({ width, height, bits, samples, kind = 1 }: Samples): Buffer => {
  const strip = compressedZeros((width * height * bits * samples) / 8)
  const [bitsAt, kindsAt, stripAt] = [HEAD_BYTES, HEAD_BYTES + 2 * samples, HEAD_BYTES + 4 * samples]
  const inPlace = samples <= 2
  const entries: readonly Entry[] = [
    [256, LONG, 1, width],
    [257, LONG, 1, height],
    [258, SHORT, samples, inPlace ? bits * 65_537 : bitsAt],
    [259, SHORT, 1, DEFLATE],
    [262, SHORT, 1, samples > 2 ? 2 : 1],
    [273, LONG, 1, stripAt],
    [277, SHORT, 1, samples],
    [278, LONG, 1, height],
    [279, LONG, 1, strip.length],
    [339, SHORT, samples, inPlace ? kind * 65_537 : kindsAt],
  ]
  return Buffer.concat([
    head(stripAt + strip.length),
    le(2, ...Array<number>(samples).fill(bits), ...Array<number>(samples).fill(kind)),
    strip,
    directory(entries),
  ])
}

const SMALL: readonly Entry[] = [
  [256, LONG, 1, 40],
  [257, LONG, 1, 30],
  [258, SHORT, 1, 8],
  [259, SHORT, 1, 1],
  [262, SHORT, 1, 1],
  [273, LONG, 1, HEAD_BYTES],
  [277, SHORT, 1, 1],
  [278, LONG, 1, 30],
  [279, LONG, 1, 1200],
]

const PIXELS = Buffer.alloc(1200, 128)

/** A chain of directories of one entry each. */
const chain = (count: number): Buffer => {
  const length = 2 + 12 + 4
  const start = HEAD_BYTES + PIXELS.length
  const first = directory(SMALL, start + 2 + 12 * SMALL.length + 4)
  const links = repeat(directory([[256, LONG, 1, 40]], 0), count)
  const from = start + first.length
  for (let at = 0; at < count - 1; at++) links.writeUInt32LE(from + (at + 1) * length, at * length + 14)
  return Buffer.concat([head(start), PIXELS, first, links])
}

const START = HEAD_BYTES + PIXELS.length

const small = (entries: readonly Entry[], next = 0): Buffer =>
  Buffer.concat([head(START), PIXELS, directory(entries, next)])

/** A picture with a second sample beside grey. */
const twoSamples = (extras: Entry): Buffer =>
  small([
    ...SMALL.map((one): Entry =>
      one[0] === 258 ? [258, SHORT, 2, 8 * 65_537] : one[0] === 277 ? [277, SHORT, 1, 2] : one,
    ),
    extras,
  ])

const tiled = (width: number, height: number, tile: number): Buffer => {
  const strip = compressedZeros(tile * tile)
  const at = HEAD_BYTES
  return Buffer.concat([
    head(at + strip.length),
    strip,
    directory([
      [256, LONG, 1, width],
      [257, LONG, 1, height],
      [258, SHORT, 1, 8],
      [259, SHORT, 1, DEFLATE],
      [262, SHORT, 1, 1],
      [277, SHORT, 1, 1],
      [322, LONG, 1, tile],
      [323, LONG, 1, tile],
      [324, LONG, 1, at],
      [325, LONG, 1, strip.length],
    ]),
  ])
}

/** Entries that all claim the same megabytes. */
const overlapping = (): Buffer => {
  const megabytes = Buffer.alloc(4_000_000, 65)
  const at = HEAD_BYTES + PIXELS.length
  const claims = Array.from({ length: 60_000 }, (_, tag): Entry => [tag + 1000, 7, megabytes.length, at])
  return Buffer.concat([head(at + megabytes.length), PIXELS, megabytes, directory([...SMALL, ...claims])])
}

export const TIFFS: readonly HostileFile[] = [
  { name: "1-million-directories.tiff", make: () => chain(1_000_000) },
  { name: "directory-that-leads-to-itself.tiff", make: () => small(SMALL, START) },
  { name: "60000-entries-of-4-megabytes.tiff", make: overlapping },
  {
    name: "500-million-strips.tiff",
    make: () =>
      small(SMALL.map((one) => (one[0] === 273 || one[0] === 279 ? [one[0], LONG, 500_000_000, HEAD_BYTES] : one))),
  },
  {
    name: "4-billion-strips-of-an-unknown-type.tiff",
    make: () => small(SMALL.map((one) => (one[0] === 273 ? [273, UNKNOWN, 2 ** 32 - 1, HEAD_BYTES] : one))),
  },
  {
    name: "sub-image-of-an-unknown-type-at-the-end.tiff",
    make: () => small([...SMALL, [330, UNKNOWN, 1, START]]).subarray(0, -4),
  },
  {
    name: "4-billion-samples.tiff",
    make: () => small(SMALL.map((one) => (one[0] === 277 ? [277, LONG, 1, 4_000_000_000] : one))),
  },
  { name: "2-billion-extra-samples.tiff", make: () => twoSamples([338, SHORT, 2_000_000_000, HEAD_BYTES]) },
  { name: "tile-of-30000-by-30000.tiff", make: () => tiled(40, 30, 30_000) },
  {
    name: "100-megapixels-of-4-floats.tiff",
    make: () => zeros({ width: 10_000, height: 10_000, bits: 32, samples: 4, kind: 3 }),
  },
  {
    name: "100-megapixels-of-3-doubles.tiff",
    make: () => zeros({ width: 10_000, height: 10_000, bits: 64, samples: 3, kind: 3 }),
  },
  { name: "10-megapixels-of-60-samples.tiff", make: () => zeros({ width: 4000, height: 2500, bits: 16, samples: 60 }) },
  { name: "2-gigapixels-of-1-bit.tiff", make: () => zeros({ width: 60_000, height: 40_000, bits: 1, samples: 1 }) },
]
