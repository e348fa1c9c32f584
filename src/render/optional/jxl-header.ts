/**
 * Responsible for the header of a JPEG XL file: its dimensions, before anything is decoded. Pure.
 *
 * Source: ISO/IEC 18181-1 (codestream: SizeHeader, ImageMetadata), ISO/IEC 18181-2 (boxes).
 */

/** Dimensions and metadata of a file. */
export interface JxlHeader {
  /** Upright pixels. */
  readonly width: number
  readonly height: number
  /** TIFF structure with EXIF. */
  readonly exif: Uint8Array | undefined
  readonly xmp: Uint8Array | undefined
}

/** A codestream with fewer bytes holds no picture. */
const MIN_CODESTREAM_BYTES = 12
const MAX_BOXES = 1000
const MAX_METADATA_BYTES = 1_000_000

/** Reads bits, the lowest of each byte first. */
const createBitReader = (bytes: Uint8Array) => {
  let at = 0
  return (count: number): number => {
    let value = 0
    for (let bit = 0; bit < count; bit++, at++) value += (((bytes[at >> 3] ?? 0) >> (at & 7)) & 1) * 2 ** bit
    return value
  }
}

type ReadBits = ReturnType<typeof createBitReader>

/** Bits of a side, chosen by two bits. */
const SIDE_BITS = [9, 13, 18, 30] as const

const readSide = (read: ReadBits, isSmall: boolean): number =>
  isSmall ? 8 * (read(5) + 1) : read(SIDE_BITS[read(2)] ?? 9) + 1

/** Width over height, chosen by three bits; 0 is an explicit width. */
const RATIOS = [0, 1, 12 / 10, 4 / 3, 3 / 2, 16 / 9, 5 / 4, 2] as const

const readDimensions = (codestream: Uint8Array): { readonly width: number; readonly height: number } => {
  const read = createBitReader(codestream.subarray(2))
  const isSmall = read(1) === 1
  const height = readSide(read, isSmall)
  const ratio = RATIOS[read(3)] ?? 0
  const width = ratio === 0 ? readSide(read, isSmall) : Math.floor(height * ratio + 1e-9)
  // ImageMetadata: not all default, with extra fields, the first of which is the orientation less 1.
  const isSideways = read(1) === 0 && read(1) === 1 && read(3) >= 4
  return isSideways ? { width: height, height: width } : { width, height }
}

interface Box {
  readonly type: string
  readonly bytes: Uint8Array
}

const boxesOf = (bytes: Uint8Array): readonly Box[] => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const boxes: Box[] = []
  for (let at = 0; at + 8 <= bytes.length && boxes.length < MAX_BOXES;) {
    const short = view.getUint32(at)
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8))
    const isLong = short === 1 && at + 16 <= bytes.length
    const header = isLong ? 16 : 8
    const length = isLong ? Number(view.getBigUint64(at + 8)) : short === 0 ? bytes.length - at : short
    if (length < header) break
    boxes.push({ type, bytes: bytes.subarray(at + header, at + length) })
    at += length
  }
  return boxes
}

const isCodestream = (bytes: Uint8Array): boolean => bytes[0] === 0xff && bytes[1] === 0x0a

/** In front of a part of the codestream: its index. In front of EXIF: the offset of the TIFF header. */
const PREFIX_BYTES = 4

const metadataIn = (boxes: readonly Box[], type: string): Uint8Array | undefined =>
  boxes.find((box) => box.type === type && box.bytes.length <= MAX_METADATA_BYTES)?.bytes

/** The header; undefined for a file without a picture. */
export const readJxlHeader = (bytes: Uint8Array): JxlHeader | undefined => {
  const boxes = isCodestream(bytes) ? [] : boxesOf(bytes)
  const part = boxes.find(({ type }) => type === "jxlp")?.bytes.subarray(PREFIX_BYTES)
  const codestream = isCodestream(bytes) ? bytes : (boxes.find(({ type }) => type === "jxlc")?.bytes ?? part)
  if (!codestream || codestream.length < MIN_CODESTREAM_BYTES || !isCodestream(codestream)) return undefined
  return {
    ...readDimensions(codestream),
    exif: metadataIn(boxes, "Exif")?.subarray(PREFIX_BYTES),
    xmp: metadataIn(boxes, "xml "),
  }
}
