/**
 * Responsible for corrections of WebPs before they are decoded.
 *
 * Source: RFC 9649 §2.3 (RIFF, padding), §2.7.1 (alpha flag), §3.4 (alpha_is_used).
 */
import type { Span } from "../header/bytes.ts"
import type { WebpHeader } from "../header/webp.ts"
import type { Edit } from "./edit.ts"

type Rule = (bytes: Uint8Array, header: WebpHeader) => readonly Edit[]

const RIFF_HEAD_BYTES = 8

/** The pad byte behind a chunk of odd length holds no data. Decoders refuse a file without it. */
const addPad: Rule = (bytes, { isPadMissing }) => {
  if (!isPadMissing) return []
  const size = Buffer.alloc(4)
  size.writeUInt32LE(bytes.length + 1 - RIFF_HEAD_BYTES)
  return [
    { start: 4, end: 8, bytes: size },
    { start: bytes.length, end: bytes.length, bytes: Buffer.alloc(1) },
  ]
}

const ALPHA_FLAG = 0x10

/** Whether a lossless picture says that it has alpha: a bit behind its signature and two sides of 14 bits (§3.4). */
const usesAlpha = (bytes: Uint8Array, { start }: Span): boolean => ((bytes[start + 4] ?? 0) & 0x10) !== 0

/** The flag of the file is not set although its picture has alpha: decoders would make it opaque. */
const setAlphaFlag: Rule = (bytes, { flagsAt, losslessPicture }) => {
  if (flagsAt === undefined || !losslessPicture || !usesAlpha(bytes, losslessPicture)) return []
  const flags = bytes[flagsAt]
  return flags === undefined || flags & ALPHA_FLAG
    ? []
    : [{ start: flagsAt, end: flagsAt + 1, bytes: Buffer.from([flags | ALPHA_FLAG]) }]
}

/** Corrections of every WebP. */
export const WEBP_RULES: readonly Rule[] = [addPad, setAlphaFlag]
