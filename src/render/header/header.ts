/**
 * Responsible for the headers of originals of all kinds. Each is read once, before any decoder sees the file.
 *
 * Invariants:
 * - A walk is linear in the length of the file and stops at the limits of its format.
 * - A structure that leads nowhere ends the walk: whether the file is damaged is left to the decoder, unless the decoder would not notice.
 */
import type { Container } from "../../sizes/format.ts"
import { type GifHeader, parseGifHeader } from "./gif.ts"
import { type HeifHeader, parseHeifHeader } from "./heif.ts"
import { type JpegHeader, parseJpegHeader } from "./jpeg.ts"
import { parsePngHeader, type PngHeader } from "./png.ts"
import { parseTiffHeader, type TiffHeader } from "./tiff.ts"
import { parseWebpHeader, type WebpHeader } from "./webp.ts"

/** The header of an original. */
export type Header = JpegHeader | PngHeader | WebpHeader | GifHeader | TiffHeader | HeifHeader

/**
 * Reads a header.
 * @param pixelLimit width × height of one frame
 * @throws {original-too-large} @throws {unsupported-original} @throws {corrupt-original}
 */
export const parseHeader = (kind: Container, bytes: Uint8Array, pixelLimit: number): Header => {
  switch (kind) {
    case "jpeg":
      return parseJpegHeader(bytes)
    case "png":
      return parsePngHeader(bytes)
    case "webp":
      return parseWebpHeader(bytes)
    case "gif":
      return parseGifHeader(bytes)
    case "tiff":
      return parseTiffHeader(bytes)
    case "heif":
      return parseHeifHeader(bytes, pixelLimit)
  }
}
