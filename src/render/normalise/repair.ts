/**
 * Responsible for files that lack only an end marker, or have a wrong number that changes no pixel. Decoders refuse them, and browsers show
 * them. Only tried after a decoder has failed.
 *
 * Invariants:
 * - A repaired file has every pixel of the original. Missing pixels remain an error, independent of the bytes behind them.
 *
 * Source: ITU-T T.81 §B.1.1.2 (EOI); PNG, third edition, §10 (zlib), §5.3 (checksums); RFC 1950 §2.2 (window size, Adler-32).
 */
import { deflateSync, inflateRawSync, constants } from "node:zlib"

import type { Header } from "../header/header.ts"
import { isChecked, parsePngHeader, type PngHeader } from "../header/png.ts"
import type { Source } from "../source.ts"
import { applyEdits } from "./edit.ts"
import { normalise } from "./normalise.ts"
import { pngChunk } from "./png.ts"

const EOI = Buffer.from([0xff, 0xd9])

/** The file ended before the decoder found an end marker: it is complete if the marker was all that was missing. */
const NO_END = /premature end of JPEG image/i

/** Entropy-coded data end before the last pixel. */
const NO_PIXELS = /premature end of data segment/i

/** Whether a decoder's message is about missing pixels. */
export const isPixelLoss = (message: string): boolean => NO_PIXELS.test(message)

/** Half of an end marker and another byte, which the decoder takes for an unknown marker. */
const WRONG_END = /unsupported marker type/i

/** Bytes at the end in which a wrong marker is searched for. */
const END_BYTES = 4

/** @returns the bytes up to a wrong end marker; all of them where there is none */
const beforeWrongEnd = (bytes: Uint8Array): Uint8Array => {
  const at = bytes.lastIndexOf(EOI[0] ?? 0)
  return at >= bytes.length - END_BYTES ? bytes.subarray(0, at) : bytes
}

const repairJpeg = (source: Source, message: string): Source | undefined => {
  if (isPixelLoss(message) || !source.failsOnWarnings) return undefined
  const isWrongEnd = WRONG_END.test(message)
  // Browsers show files with other warnings, such as bytes before a marker that do not belong there.
  if (!NO_END.test(message) && !isWrongEnd) return { ...source, failsOnWarnings: false }
  if (source.isRepaired) return undefined
  const data = isWrongEnd ? beforeWrongEnd(source.bytes) : source.bytes
  return { ...source, bytes: Buffer.concat([data, EOI]), isRepaired: true }
}

/** Warnings other than those of missing pixels: the picture was decoded whole. */
const ONLY_WARNED = /^Warning treated as error/

/** A wrong field of a TIFF changes no pixel. */
const repairTiff = (source: Source, message: string): Source | undefined =>
  source.failsOnWarnings && ONLY_WARNED.test(message) && !isPixelLoss(message)
    ? { ...source, failsOnWarnings: false }
    : undefined

/** Passes of an interlaced PNG: first column and row, and steps (§8.1). */
const PASSES = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const

const SAMPLES: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 }

/**
 * Rows of a PNG that are repaired: 25 megapixels of RGB with alpha. They are decompressed at once and take about twice this memory, which
 * the estimate of a render does not contain.
 */
const MAX_REPAIRED_BYTES = 100_000_000

/** Bytes of all rows with their filter types (§7.2). */
const rowBytes = ({ width, height, depth, colourType, isInterlaced }: PngHeader): number => {
  const bits = depth * (SAMPLES[colourType] ?? 1)
  const size = (columns: number, rows: number): number =>
    columns > 0 && rows > 0 ? rows * (1 + Math.ceil((columns * bits) / 8)) : 0
  if (!isInterlaced) return size(width, height)
  return PASSES.reduce(
    (sum, [x, y, dx, dy]) => sum + size(Math.ceil((width - x) / dx), Math.ceil((height - y) / dy)),
    0,
  )
}

const ZLIB_HEAD_BYTES = 2
const ADLER_BYTES = 4
const ADLER_MODULUS = 65_521

const adler32 = (bytes: Uint8Array): number => {
  let [a, b] = [1, 0]
  for (let at = 0; at < bytes.length;) {
    // The sums stay below 2³² for this many bytes.
    const end = Math.min(at + 3800, bytes.length)
    for (; at < end; at++) {
      a += bytes[at] ?? 0
      b += a
    }
    a %= ADLER_MODULUS
    b %= ADLER_MODULUS
  }
  return b * 65_536 + a
}

interface Inflated {
  readonly buffer: Buffer
  readonly engine: { readonly bytesWritten: number }
}

/** The rows of a PNG, decompressed with the largest window. Undefined unless all of them are there and nothing contradicts them. */
const inflateRows = (stream: Buffer, length: number): Buffer | undefined => {
  try {
    const deflated = stream.subarray(ZLIB_HEAD_BYTES)
    const { buffer, engine } = inflateRawSync(deflated, {
      info: true,
      finishFlush: constants.Z_SYNC_FLUSH,
      maxOutputLength: length,
    }) as unknown as Inflated
    if (buffer.length !== length) return undefined
    const rest = deflated.subarray(engine.bytesWritten)
    const isWrong = rest.length >= ADLER_BYTES && rest.readUInt32BE() !== adler32(buffer)
    return isWrong ? undefined : buffer
  } catch {
    return undefined
  }
}

/** An opened original. */
interface OriginalFile {
  readonly bytes: Uint8Array
  readonly header: Header
}

/** The window size in the zlib header is too small, or the checksum behind the data is missing. */
const repairPng = (bytes: Uint8Array, header: PngHeader): Uint8Array | undefined => {
  const { pixels, truncatedPixels } = header
  const byteLength = rowBytes(header)
  if (byteLength > MAX_REPAIRED_BYTES) return undefined
  const first = pixels[0] ?? truncatedPixels
  if (!first || !pixels.every((chunk) => isChecked(bytes, chunk))) return undefined
  const all = truncatedPixels ? [...pixels, truncatedPixels] : pixels
  const stream = Buffer.concat(all.map(({ start, end }) => bytes.subarray(start, end)))
  const rows = inflateRows(stream, byteLength)
  if (!rows) return undefined
  const last = pixels.at(-1)
  const end = truncatedPixels || !last ? bytes.length : last.end + 4
  const chunk = pngChunk("IDAT", [deflateSync(rows, { level: 1 })])
  return applyEdits(bytes, [{ start: first.start - 8, end, bytes: chunk }])
}

/**
 * Corrects a file after its decoder failed.
 * @param original the opened file; the source may be an edited copy
 * @returns a source to try again with; undefined for a file that is damaged
 */
export const repairSource = (source: Source, { bytes, header }: OriginalFile, error: unknown): Source | undefined => {
  const message = error instanceof Error ? error.message : ""
  if (header.kind === "jpeg") return repairJpeg(source, message)
  if (header.kind === "tiff") return repairTiff(source, message)
  if (header.kind !== "png" || source.isRepaired) return undefined
  const repaired = repairPng(bytes, header)
  return repaired && { ...source, bytes: normalise(repaired, parsePngHeader(repaired)).bytes, isRepaired: true }
}
