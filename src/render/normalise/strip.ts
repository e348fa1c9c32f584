/**
 * Responsible for originals without their metadata, for renditions with all of their pixels that would be heavier if they were encoded
 * again: an optimised PNG, a GIF, or a WebP without loss.
 *
 * Source: PNG, third edition, §5.6 (chunks that decide pixels: IHDR, PLTE, tRNS, IDAT, IEND); GIF89a specification, appendix A; RFC 9649 §2.6.
 */
import type { GifHeader } from "../header/gif.ts"
import type { Header } from "../header/header.ts"
import type { PngHeader } from "../header/png.ts"
import type { WebpHeader } from "../header/webp.ts"
import { pngChunk } from "./png.ts"

const SIGNATURE_BYTES = 8

/** More bits would not be those of a rendition. */
const MAX_DEPTH = 8

const stripPng = (bytes: Uint8Array, { depth, chunks, pixels }: PngHeader): Uint8Array | undefined => {
  if (depth > MAX_DEPTH) return undefined
  const kept = ["IHDR", "PLTE", "tRNS"].flatMap((type) => {
    const span = chunks.get(type)
    return span ? [pngChunk(type, [bytes.subarray(span.start, span.end)])] : []
  })
  const data = pngChunk(
    "IDAT",
    pixels.map(({ start, end }) => bytes.subarray(start, end)),
  )
  return Buffer.concat([bytes.subarray(0, SIGNATURE_BYTES), ...kept, data, pngChunk("IEND", [])])
}

const TRAILER = Buffer.from(";")

/** The screen, its colours, the number of plays, and the frames; no comments, texts or application data. */
const stripGif = (bytes: Uint8Array, { frames, screenEnd, loop }: GifHeader): Uint8Array => {
  const parts = [{ start: 0, end: screenEnd }, ...(loop ? [loop] : []), ...frames.flatMap(({ parts: own }) => own)]
  return Buffer.concat([...parts.map(({ start, end }) => bytes.subarray(start, end)), TRAILER])
}

/** A picture without loss has its dimensions and its alpha in its own header; no other chunk is needed (RFC 9649 §2.6). */
const stripWebp = (bytes: Uint8Array, { losslessPicture, isAnimation }: WebpHeader): Uint8Array | undefined => {
  if (!losslessPicture || isAnimation) return undefined
  const { start, end } = losslessPicture
  const pad = Buffer.alloc((end - start) & 1)
  const head = Buffer.from("RIFF\0\0\0\0WEBPVP8L\0\0\0\0", "latin1")
  head.writeUInt32LE(head.length - 8 + end - start + pad.length, 4)
  head.writeUInt32LE(end - start, 16)
  return Buffer.concat([head, bytes.subarray(start, end), pad])
}

/** @returns undefined for kinds of originals whose pixels cannot be kept in this way */
export const stripMetadata = (bytes: Uint8Array, header: Header): Uint8Array | undefined => {
  if (header.kind === "png") return stripPng(bytes, header)
  if (header.kind === "webp") return stripWebp(bytes, header)
  return header.kind === "gif" ? stripGif(bytes, header) : undefined
}
