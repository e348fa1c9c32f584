/**
 * Responsible for the header of a PNG: its chunks, without decompressing any.
 *
 * Invariants:
 * - The walk follows the lengths of the chunks, as a decoder does, and ends where they lead out of the file or to something else.
 *
 * Source: PNG, third edition, §5.3 (chunk layout), §5.6 (order), §11.2.1 (IHDR), §11.3.6.1 to 3 (acTL, fcTL, fdAT).
 */
import { crc32 } from "node:zlib"

import { corruptOriginal, unsupportedOriginal } from "../../errors.ts"
import { ascii, type Span, viewOf } from "./bytes.ts"
import { checkMetadata, tooMany } from "./limits.ts"

const SIGNATURE_BYTES = 8

/** Length, type and checksum of a chunk. */
export const CHUNK_OVERHEAD = 12

/** libpng writes 8 kB to a chunk: 12 800 chunks in 100 MB. A walk over 8 million chunks takes 6 s. */
const MAX_CHUNKS = 50_000

/** libpng's own limit on chunks besides the pixels. */
const MAX_ANCILLARY_CHUNKS = 1000

interface Chunk extends Span {
  readonly type: string
  /** The file ends before the chunk does. */
  readonly isTruncated: boolean
}

/** The first frame of an animation whose default image is not part of it. */
export interface PngFrame {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
  /** The data of its fdAT chunks, without their sequence numbers. */
  readonly data: readonly Span[]
}

/** The header of a PNG. */
export interface PngHeader {
  readonly kind: "png"
  readonly width: number
  readonly height: number
  /** Bits a sample: 1, 2, 4, 8 or 16. */
  readonly depth: number
  readonly colourType: number
  readonly isInterlaced: boolean
  /** Data of the chunks before the pixels, the first of each type. Those that browsers ignore are left out. */
  readonly chunks: ReadonlyMap<string, Span>
  /** Data of chunks about colour or transparency that are wrong: their checksum, their length, or a second profile. */
  readonly wrongChunks: readonly Span[]
  /** Whole chunks of compressed texts, wherever they are. */
  readonly compressedTexts: readonly Span[]
  /** Data of the IDAT chunks. */
  readonly pixels: readonly Span[]
  /** The beginning of an IDAT chunk within which the file ends. */
  readonly truncatedPixels: Span | undefined
  /** Undefined where the default image is the first frame, or the only one. */
  readonly hiddenFirstFrame: PngFrame | undefined
}

/** Types are four letters (§5.4). */
const TYPE = /^[A-Za-z]{4}$/

function* chunksOf(bytes: Uint8Array): Generator<Chunk> {
  const view = viewOf(bytes)
  for (let at = SIGNATURE_BYTES; at + CHUNK_OVERHEAD <= bytes.length;) {
    const start = at + 8
    const end = start + view.getUint32(at)
    const isTruncated = end + 4 > bytes.length
    const type = ascii(bytes, at + 4, at + 8)
    if (!TYPE.test(type)) return
    yield { type, start, end: Math.min(end, bytes.length), isTruncated }
    at = end + 4
  }
}

/** zTXt is always compressed; iTXt if the byte behind its keyword is set (§11.3.3). */
const isCompressedText = (bytes: Uint8Array, { type, start }: Chunk): boolean =>
  type === "zTXt" || (type === "iTXt" && bytes[bytes.indexOf(0, start) + 1] !== 0)

const FRAME_CONTROL_BYTES = 26

const readFrame = (bytes: Uint8Array, start: number): Omit<PngFrame, "data"> => {
  const view = viewOf(bytes)
  const field = (offset: number): number => view.getUint32(start + offset)
  return { width: field(4), height: field(8), left: field(12), top: field(16) }
}

/** Collects the first frame of an animation (§11.3.6). */
const createFirstFrame = (bytes: Uint8Array) => {
  let isAnimation = false
  let frames = 0
  let first: Omit<PngFrame, "data"> | undefined
  const data: Span[] = []
  const add: Readonly<Record<string, (chunk: Span, isBehindPixels: boolean) => void>> = {
    acTL: (_, isBehindPixels) => {
      isAnimation ||= !isBehindPixels
    },
    fcTL: ({ start, end }, isBehindPixels) => {
      frames += 1
      // A frame before the pixels is the default image.
      if (frames === 1 && isBehindPixels && end - start === FRAME_CONTROL_BYTES) first = readFrame(bytes, start)
    },
    fdAT: ({ start, end }) => {
      if (frames === 1 && end - start > 4) data.push({ start: start + 4, end })
    },
  }
  return {
    add: (chunk: Chunk, isBehindPixels: boolean): void => add[chunk.type]?.(chunk, isBehindPixels),
    frame: (): PngFrame | undefined => (isAnimation && first && data.length > 0 ? { ...first, data } : undefined),
  }
}

/** Counts chunks. @throws {original-too-large} too many chunks, or too much metadata */
const createCount = () => {
  let [all, ancillary, metadata] = [0, 0, 0]
  return ({ type, start, end }: Chunk): void => {
    all += 1
    if (all > MAX_CHUNKS) throw tooMany(MAX_CHUNKS, "PNG chunks")
    if (type === "IDAT" || type === "fdAT" || type === "fcTL") return
    ancillary += 1
    if (ancillary > MAX_ANCILLARY_CHUNKS) throw tooMany(MAX_ANCILLARY_CHUNKS, "PNG chunks without pixels")
    metadata += end - start
    checkMetadata(metadata)
  }
}

/** Ancillary chunks that change colours. A decoder may leave them out where their checksum is wrong (§13.2), and browsers do. */
const COLOUR_CHUNKS: ReadonlySet<string> = new Set(["tRNS", "cICP", "iCCP", "sRGB", "gAMA", "cHRM", "cLLI", "mDCV"])

/** Browsers ignore these behind the palette, where they must not be (§5.6). */
const BEFORE_PALETTE: ReadonlySet<string> = new Set(["cICP", "mDCV"])

/** Whether the checksum of a chunk is right (§5.3). */
export const isChecked = (bytes: Uint8Array, { start, end }: Span): boolean =>
  end + 4 <= bytes.length && crc32(bytes.subarray(start - 4, end)) === viewOf(bytes).getUint32(end)

/** Bytes of chunks that have a fixed length (§11.3.2). */
const LENGTHS: ReadonlyMap<string, number> = new Map([
  ["cICP", 4],
  ["sRGB", 1],
  ["gAMA", 4],
  ["cHRM", 32],
  ["cLLI", 8],
  ["mDCV", 24],
])

/** Rendering intents of sRGB (§11.3.2.5). */
const INTENTS = 4

/** Browsers ignore a chunk of a wrong length, or with an unknown intent. */
const isSound = (bytes: Uint8Array, { type, start, end }: Chunk): boolean =>
  (LENGTHS.get(type) ?? end - start) === end - start && (type !== "sRGB" || (bytes[start] ?? 0) < INTENTS)

/** Collects chunks before the pixels. */
const createChunks = (bytes: Uint8Array) => {
  const chunks = new Map<string, Span>()
  const wrongChunks: Span[] = []
  const add = (chunk: Chunk): void => {
    const { type, start, end } = chunk
    if (BEFORE_PALETTE.has(type) && chunks.has("PLTE")) return
    // The decoder takes a second profile where the first does not fit.
    const isWrong = chunks.has(type)
      ? type === "iCCP"
      : COLOUR_CHUNKS.has(type) && !(isSound(bytes, chunk) && isChecked(bytes, chunk))
    if (isWrong) wrongChunks.push({ start, end })
    else if (!chunks.has(type)) chunks.set(type, { start, end })
  }
  return { chunks, wrongChunks, add }
}

/** Apple's variant has this chunk before IHDR, and pixels that other decoders cannot read. */
const refuseCgbi = (bytes: Uint8Array): void => {
  if (ascii(bytes, 12, 16) === "CgBI")
    throw unsupportedOriginal("a PNG in Apple's CgBI variant", "Export it as an ordinary PNG and upload that.")
}

const readIhdr = (bytes: Uint8Array) => {
  if (bytes.length < 33 || ascii(bytes, 12, 16) !== "IHDR") throw corruptOriginal("the PNG does not begin with IHDR")
  const view = viewOf(bytes)
  const [depth = 0, colourType = 0, , , interlacing] = bytes.subarray(24, 29)
  return { width: view.getUint32(16), height: view.getUint32(20), depth, colourType, isInterlaced: interlacing === 1 }
}

/**
 * Reads the chunks of a PNG.
 * @throws {original-too-large} too many chunks, or too much metadata
 * @throws {unsupported-original} Apple's variant
 * @throws {corrupt-original} it does not begin with IHDR
 */
export const parsePngHeader = (bytes: Uint8Array): PngHeader => {
  refuseCgbi(bytes)
  const { width, height, depth, colourType, isInterlaced } = readIhdr(bytes)
  const { chunks, wrongChunks, add } = createChunks(bytes)
  const compressedTexts: Span[] = []
  const pixels: Span[] = []
  let truncatedPixels: Span | undefined
  const firstFrame = createFirstFrame(bytes)
  const count = createCount()
  for (const chunk of chunksOf(bytes)) {
    const { type, start, end, isTruncated } = chunk
    if (isTruncated) {
      if (type === "IDAT") truncatedPixels = { start, end }
      break
    }
    count(chunk)
    if (type === "IDAT") pixels.push({ start, end })
    else if (isCompressedText(bytes, chunk)) compressedTexts.push({ start: start - 8, end: end + 4 })
    else if (pixels.length === 0) add(chunk)
    firstFrame.add(chunk, pixels.length > 0)
    if (type === "IEND") break
  }
  return {
    kind: "png",
    width,
    height,
    depth,
    colourType,
    isInterlaced,
    chunks,
    wrongChunks,
    compressedTexts,
    pixels,
    truncatedPixels,
    hiddenFirstFrame: firstFrame.frame(),
  }
}
