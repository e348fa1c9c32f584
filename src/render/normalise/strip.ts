/**
 * Responsible for originals without their metadata, for renditions with all of their pixels that would be heavier if they were encoded
 * again: an optimised PNG, a GIF, a WebP without loss, or an animated one.
 *
 * Source: PNG, third edition, §5.6 (chunks that decide pixels: IHDR, PLTE, tRNS, IDAT, IEND); GIF89a specification, appendix A; RFC 9649 §2.3, §2.6, §2.7.
 */
import type { Span } from "../header/bytes.ts"
import type { GifHeader } from "../header/gif.ts"
import type { Header } from "../header/header.ts"
import type { PngHeader } from "../header/png.ts"
import { frameChunks, type WebpAnimation, type WebpHeader } from "../header/webp.ts"
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

const webpChunk = (type: string, data: Uint8Array): Buffer => {
  const head = Buffer.alloc(8)
  head.write(type, "latin1")
  head.writeUInt32LE(data.length, 4)
  return Buffer.concat([head, data, Buffer.alloc(data.length & 1)])
}

const webpFile = (chunks: readonly Uint8Array[]): Uint8Array =>
  webpChunk("RIFF", Buffer.concat([Buffer.from("WEBP"), ...chunks]))

/** Chunks of a frame's pixels (RFC 9649 §2.7.1). */
const FRAME_CHUNKS: ReadonlySet<string> = new Set(["ALPH", "VP8 ", "VP8L"])

/** Flags of VP8X for alpha and for an animation; the others announce metadata. */
const KEPT_FLAGS = 0x12

const stripWebpAnimation = (
  bytes: Uint8Array,
  { control, frames }: WebpAnimation,
  flagsAt: number,
): Uint8Array | undefined => {
  if (!control || !frames.every((frame) => frameChunks(bytes, frame).every((type) => FRAME_CHUNKS.has(type))))
    return undefined
  const head = Buffer.from(bytes.subarray(flagsAt, flagsAt + 10))
  head[0] = (head[0] ?? 0) & KEPT_FLAGS
  const data = ({ start, end }: Span): Uint8Array => bytes.subarray(start, end)
  return webpFile([
    webpChunk("VP8X", head),
    webpChunk("ANIM", data(control)),
    ...frames.map((frame) => webpChunk("ANMF", data(frame))),
  ])
}

/** A picture without loss has its dimensions and its alpha in its own header; no other chunk is needed (RFC 9649 §2.6). */
const stripWebp = (bytes: Uint8Array, { losslessPicture, animation, flagsAt }: WebpHeader): Uint8Array | undefined => {
  if (animation) return flagsAt === undefined ? undefined : stripWebpAnimation(bytes, animation, flagsAt)
  return losslessPicture && webpFile([webpChunk("VP8L", bytes.subarray(losslessPicture.start, losslessPicture.end))])
}

/** @returns undefined for kinds of originals whose pixels cannot be kept in this way */
export const stripMetadata = (bytes: Uint8Array, header: Header): Uint8Array | undefined => {
  if (header.kind === "png") return stripPng(bytes, header)
  if (header.kind === "webp") return stripWebp(bytes, header)
  return header.kind === "gif" ? stripGif(bytes, header) : undefined
}
