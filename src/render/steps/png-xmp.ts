/**
 * Responsible for a compressed XMP packet in a PNG: such texts are removed before the image library reads the file, since it would unpack all
 * of them, however long they are.
 *
 * Source: PNG, third edition, §11.3.3.3 (zTXt) and §11.3.3.4 (iTXt); XMP specification, part 3, §1.1.5 (keyword).
 */
import { inflateSync } from "node:zlib"

import type { PngHeader } from "../header/png.ts"

const KEYWORD = "XML:com.adobe.xmp\0"
/** Length and type of a chunk, and its checksum. */
const HEAD_BYTES = 8
const CHECKSUM_BYTES = 4
const MAX_PACKET_BYTES = 1_000_000

/** Behind the keyword: in zTXt the method; in iTXt a flag, the method, and two texts that end in NUL. */
const dataStart = (type: string, chunk: Uint8Array): number => {
  if (type === "zTXt") return KEYWORD.length + 1
  const afterLanguage = chunk.indexOf(0, KEYWORD.length + 2) + 1
  return chunk.indexOf(0, afterLanguage) + 1
}

/** The packet; undefined if there is none, or one that is damaged or too long. */
export const compressedXmpOf = (bytes: Uint8Array, { compressedTexts }: PngHeader): Uint8Array | undefined => {
  for (const { start, end } of compressedTexts) {
    const type = String.fromCharCode(...bytes.subarray(start + 4, start + HEAD_BYTES))
    const chunk = bytes.subarray(start + HEAD_BYTES, end - CHECKSUM_BYTES)
    if (String.fromCharCode(...chunk.subarray(0, KEYWORD.length)) !== KEYWORD) continue
    try {
      return inflateSync(chunk.subarray(dataStart(type, chunk)), { maxOutputLength: MAX_PACKET_BYTES })
    } catch {
      return undefined
    }
  }
  return undefined
}
