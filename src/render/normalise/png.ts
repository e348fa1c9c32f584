/**
 * Responsible for corrections of PNGs before they are decoded.
 *
 * Source: PNG, third edition, §5.3 (layout of a chunk), §5.6 (order), §11.3.1.1 (tRNS), §11.3.3.3 (zTXt), §11.3.6 (APNG).
 */
import { crc32 } from "node:zlib"

import type { Span } from "../header/bytes.ts"
import { CHUNK_OVERHEAD, type PngFrame, type PngHeader } from "../header/png.ts"
import type { Edit } from "./edit.ts"

/** A correction of a PNG. */
type Rule = (bytes: Uint8Array, header: PngHeader) => readonly Edit[]

const NOTHING = new Uint8Array(0)

/** @returns a whole chunk: length, type, data and checksum */
export const pngChunk = (type: string, data: readonly Uint8Array[]): Buffer => {
  const body = Buffer.concat([Buffer.from(type, "latin1"), ...data])
  const chunk = Buffer.alloc(body.length + 8)
  chunk.writeUInt32BE(body.length - 4, 0)
  body.copy(chunk, 4)
  chunk.writeUInt32BE(crc32(body), body.length + 4)
  return chunk
}

/** The decoder unpacks all texts with the header: 342 kB of them took 1.4 GB. No rendition has any text. */
const removeCompressedTexts: Rule = (_, { compressedTexts }) =>
  compressedTexts.map((text) => ({ ...text, bytes: NOTHING }))

const wholeChunk = ({ start, end }: Span): Span => ({ start: start - 8, end: end + 4 })

/** The decoder refuses the file, or believes the chunk. */
const removeWrongChunks: Rule = (_, { wrongChunks }) =>
  wrongChunks.map((chunk) => ({ ...wholeChunk(chunk), bytes: NOTHING }))

/** A profile behind the palette, where it must not be (§5.6), counts for browsers; the decoder ignores it. */
const moveProfile: Rule = (bytes, { chunks }) => {
  const [profile, palette] = [chunks.get("iCCP"), chunks.get("PLTE")]
  if (!profile || !palette || profile.start < palette.start) return []
  const [found, target] = [wholeChunk(profile), wholeChunk(palette).start]
  return [
    { start: target, end: target, bytes: bytes.subarray(found.start, found.end) },
    { ...found, bytes: NOTHING },
  ]
}

/** Bytes of tRNS by colour type; the palette's entries for type 3. */
const GREY = 0
const RGB = 2
const PALETTE = 3

const MAX_PALETTE = 256

/** How long tRNS may be; undefined where browsers ignore it. */
const transparencyLength = ({ colourType, chunks }: PngHeader, found: number): number | undefined => {
  if (colourType === GREY) return 2
  if (colourType === RGB) return 6
  const palette = chunks.get("PLTE")
  if (colourType !== PALETTE || !palette || found > MAX_PALETTE) return undefined
  return Math.floor((palette.end - palette.start) / 3)
}

/** A tRNS with more entries than the palette is cut to it, as browsers do; libpng ignores the whole chunk. */
const cutTransparency: Rule = (bytes, header) => {
  const found = header.chunks.get("tRNS")
  if (!found) return []
  const length = transparencyLength(header, found.end - found.start)
  if (length === undefined || found.end - found.start <= length) return []
  const chunk = pngChunk("tRNS", [bytes.subarray(found.start, found.start + length)])
  return [{ ...wholeChunk(found), bytes: chunk }]
}

/** Whether the frame is within the picture, as it must (§11.3.6.2). */
export const isWithin = (
  { left, top, width, height }: PngFrame,
  canvas: Pick<PngHeader, "width" | "height">,
): boolean => width > 0 && height > 0 && left + width <= canvas.width && top + height <= canvas.height

/** Browsers show the animation, whose first frame is not the default image. Its data take the place of the pixels. */
const showFirstFrame: Rule = (bytes, { hiddenFirstFrame: frame, pixels, ...header }) => {
  const [first, last] = [pixels[0], pixels.at(-1)]
  if (!frame || !first || !last || !isWithin(frame, header)) return []
  const size = Buffer.alloc(8)
  size.writeUInt32BE(frame.width, 0)
  size.writeUInt32BE(frame.height, 4)
  const head = pngChunk("IHDR", [size, bytes.subarray(24, 29)])
  const data = pngChunk(
    "IDAT",
    frame.data.map(({ start, end }) => bytes.subarray(start, end)),
  )
  return [
    { start: 8, end: 8 + CHUNK_OVERHEAD + 13, bytes: head },
    { start: first.start - 8, end: last.end + 4, bytes: data },
  ]
}

/** Corrections of every PNG. */
export const PNG_RULES: readonly Rule[] = [
  removeCompressedTexts,
  removeWrongChunks,
  moveProfile,
  cutTransparency,
  showFirstFrame,
]
