/**
 * Responsible for the header of a TIFF: its directories and those of its sub-images, without decoding any pixel.
 *
 * Source: TIFF 6.0 §2 (structure), §8 (fields); Adobe's TIFF Technical Notes (SubIFDs); the BigTIFF layout of libtiff.
 */
import { corruptOriginal } from "../../errors.ts"
import { type Span, viewOf } from "./bytes.ts"
import { checkMetadata, tooMany } from "./limits.ts"

/** Directories of pages and sub-images. A pyramid of 100 megapixels has 8. */
const MAX_DIRECTORIES = 100

/** Fields of a directory. Photos have about 40. */
const MAX_FIELDS = 4096

/** Values of a field that are read: samples of a pixel, sub-images. */
const MAX_VALUES = 64

/** Fields that are used, by name. */
export const TIFF_TAGS = {
  newSubfileType: 254,
  subfileType: 255,
  width: 256,
  height: 257,
  bitsPerSample: 258,
  compression: 259,
  photometric: 262,
  fillOrder: 266,
  make: 271,
  stripOffsets: 273,
  orientation: 274,
  samplesPerPixel: 277,
  rowsPerStrip: 278,
  planarConfiguration: 284,
  resolutionUnit: 296,
  tileWidth: 322,
  tileHeight: 323,
  tileOffsets: 324,
  subDirectories: 330,
  inkSet: 332,
  extraSamples: 338,
  sampleFormat: 339,
  yCbCrCoefficients: 529,
  yCbCrSubSampling: 530,
  referenceBlackWhite: 532,
  profile: 34_675,
  dngVersion: 50_706,
} as const

/** A field: where its entry and its values are. */
export interface TiffField {
  /** Type of the values (TIFF 6.0 §2). */
  readonly type: number
  readonly count: number
  /** Place of the entry in the directory. */
  readonly entryAt: number
  readonly values: Span
}

/** A directory: the fields of one picture, by tag. */
export type TiffDirectory = ReadonlyMap<number, TiffField>

/** The header of a TIFF. */
export interface TiffHeader {
  readonly kind: "tiff"
  readonly isLittleEndian: boolean
  readonly isBigTiff: boolean
  /** Directories of the pages, in order. */
  readonly pages: readonly TiffDirectory[]
  /** Directories of sub-images of all pages. */
  readonly subImages: readonly TiffDirectory[]
}

/** Bytes a value, by type; 0 for an unknown type. */
const TYPE_BYTES = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8]

const RATIONAL = 5
const SIGNED_RATIONAL = 10

/** How offsets and counts are stored. */
interface Layout {
  readonly view: DataView
  readonly isLittleEndian: boolean
  readonly isBigTiff: boolean
  readonly offsetBytes: 4 | 8
}

/** @returns undefined outside the file, and for values of an unknown type, which have no length */
const uint = ({ view, isLittleEndian }: Layout, at: number, byteLength: number): number | undefined => {
  if (!(at >= 0 && at + byteLength <= view.byteLength)) return undefined
  if (byteLength === 1) return view.getUint8(at)
  if (byteLength === 2) return view.getUint16(at, isLittleEndian)
  if (byteLength === 4) return view.getUint32(at, isLittleEndian)
  return byteLength === 8 ? Number(view.getBigUint64(at, isLittleEndian)) : undefined
}

const readField = (layout: Layout, entryAt: number): readonly [tag: number, field: TiffField] => {
  const { offsetBytes } = layout
  const type = uint(layout, entryAt + 2, 2) ?? 0
  const count = uint(layout, entryAt + 4, offsetBytes) ?? 0
  const byteLength = (TYPE_BYTES[type] ?? 0) * count
  const valueAt = entryAt + 4 + offsetBytes
  const start = byteLength <= offsetBytes ? valueAt : (uint(layout, valueAt, offsetBytes) ?? 0)
  return [uint(layout, entryAt, 2) ?? 0, { type, count, entryAt, values: { start, end: start + byteLength } }]
}

interface Read {
  readonly directory: TiffDirectory
  /** Offset of the next directory; 0 for none. */
  readonly next: number
}

const readDirectory = (layout: Layout, at: number): Read | undefined => {
  const { isBigTiff, offsetBytes } = layout
  const countBytes = isBigTiff ? 8 : 2
  const entryBytes = isBigTiff ? 20 : 12
  const count = uint(layout, at, countBytes)
  if (count === undefined || at + countBytes + count * entryBytes > layout.view.byteLength) return undefined
  if (count > MAX_FIELDS) throw tooMany(MAX_FIELDS, "fields in a TIFF directory")
  const directory = new Map<number, TiffField>()
  for (let index = 0; index < count; index++) {
    const [tag, field] = readField(layout, at + countBytes + index * entryBytes)
    if (!directory.has(tag)) directory.set(tag, field)
  }
  return { directory, next: uint(layout, at + countBytes + count * entryBytes, offsetBytes) ?? 0 }
}

const layoutOf = (bytes: Uint8Array): Layout => {
  const view = viewOf(bytes)
  const isLittleEndian = bytes[0] === 0x49
  const isBigTiff = bytes.length >= 16 && view.getUint16(2, isLittleEndian) === 43
  return { view, isLittleEndian, isBigTiff, offsetBytes: isBigTiff ? 8 : 4 }
}

const valuesOf = (layout: Layout, { type, count, values }: TiffField): readonly number[] => {
  const size = TYPE_BYTES[type] ?? 0
  const isRational = type === RATIONAL || type === SIGNED_RATIONAL
  return Array.from({ length: Math.min(count, MAX_VALUES) }, (_, index) => {
    const at = values.start + index * size
    if (!isRational) return uint(layout, at, size) ?? 0
    return (uint(layout, at, 4) ?? 0) / (uint(layout, at + 4, 4) || 1)
  })
}

const layoutIn = (bytes: Uint8Array, { isLittleEndian, isBigTiff }: TiffHeader): Layout => ({
  view: viewOf(bytes),
  isLittleEndian,
  isBigTiff,
  offsetBytes: isBigTiff ? 8 : 4,
})

/** Numbers of a field; empty where a directory lacks it. Signed and floating-point types are not used by any field here. */
export const tiffNumbers = (
  bytes: Uint8Array,
  header: TiffHeader,
  directory: TiffDirectory,
  tag: keyof typeof TIFF_TAGS,
): readonly number[] => {
  const field = directory.get(TIFF_TAGS[tag])
  return field ? valuesOf(layoutIn(bytes, header), field) : []
}

/** Whether a number of a field fulfils a condition, or cannot be read: it is not within the file, or of an unknown type. Fields can be long. */
export const someTiffNumber = (
  bytes: Uint8Array,
  header: TiffHeader,
  { type, count, values: { start } }: TiffField,
  isFound: (number: number) => boolean,
): boolean => {
  const layout = layoutIn(bytes, header)
  const size = TYPE_BYTES[type] ?? 0
  for (let index = 0; index < count; index++) {
    const number = uint(layout, start + index * size, size)
    if (number === undefined || isFound(number)) return true
  }
  return false
}

/** Texts and profiles: all fields of bytes that are within the file. Strips and tiles have the pixels, apart from the directory. */
const metadataBytes = (directory: TiffDirectory, fileLength: number): number =>
  [...directory.values()].reduce((sum, { type, values: { start, end } }) => {
    const isWithin = TYPE_BYTES[type] === 1 && end <= fileLength
    return sum + (isWithin ? end - start : 0)
  }, 0)

/**
 * Reads the directories of a TIFF.
 * @throws {original-too-large} too many directories or fields, or too much metadata
 * @throws {corrupt-original} it has no directory
 */
export const parseTiffHeader = (bytes: Uint8Array): TiffHeader => {
  if (bytes.length < 8) throw corruptOriginal("the data end within the header")
  const layout = layoutOf(bytes)
  const seen = new Set<number>()
  const readOnce = (at: number): Read | undefined => {
    if (at === 0 || seen.has(at)) return undefined
    if (seen.add(at).size > MAX_DIRECTORIES) throw tooMany(MAX_DIRECTORIES, "TIFF directories")
    return readDirectory(layout, at)
  }
  const pages: TiffDirectory[] = []
  const subImages: TiffDirectory[] = []
  let at = uint(layout, layout.isBigTiff ? 8 : 4, layout.offsetBytes) ?? 0
  for (let read = readOnce(at); read; read = readOnce(at)) {
    pages.push(read.directory)
    at = read.next
    const field = read.directory.get(TIFF_TAGS.subDirectories)
    for (const offset of field ? valuesOf(layout, field) : []) {
      const sub = readOnce(offset)
      if (sub) subImages.push(sub.directory)
    }
  }
  if (pages.length === 0) throw corruptOriginal("the TIFF has no directory")
  checkMetadata([...pages, ...subImages].reduce((sum, directory) => sum + metadataBytes(directory, bytes.length), 0))
  const { isLittleEndian, isBigTiff } = layout
  return { kind: "tiff", isLittleEndian, isBigTiff, pages, subImages }
}
