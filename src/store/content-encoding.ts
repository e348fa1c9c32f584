/** Responsible for originals that were stored compressed, with a `Content-Encoding`. */
import { constants } from "node:buffer"
import { promisify } from "node:util"
import { brotliDecompress, gunzip, inflate } from "node:zlib"

import { originalTooLarge } from "../errors.ts"

type Decompress = (bytes: Uint8Array, options: { readonly maxOutputLength: number }) => Promise<Uint8Array>

/** RFC 9110 §8.4.1. */
const DECODERS: ReadonlyMap<string, Decompress> = new Map<string, Decompress>([
  ["gzip", promisify(gunzip)],
  ["x-gzip", promisify(gunzip)],
  ["deflate", promisify(inflate)],
  ["br", promisify(brotliDecompress)],
])

const isTooLarge = (error: unknown): boolean =>
  error instanceof Error && "code" in error && error.code === "ERR_BUFFER_TOO_LARGE"

/**
 * The decompressed bytes of a stored body. A body that is not encoded as declared is returned unchanged: the declaration is wrong then.
 * @param contentEncoding the header, which lists the encodings in the order in which they were applied
 * @throws {original-too-large} the result is longer than `maxBytes`
 */
export const decodeContent = async (
  body: Uint8Array,
  contentEncoding: string | undefined,
  maxBytes: number,
): Promise<Uint8Array> => {
  const names = (contentEncoding ?? "").split(",").map((name) => name.trim().toLowerCase())
  let bytes = body
  for (const name of names.toReversed()) {
    const decompress = DECODERS.get(name)
    if (!decompress) continue
    try {
      bytes = await decompress(bytes, { maxOutputLength: Math.min(maxBytes, constants.MAX_LENGTH) })
    } catch (error) {
      if (isTooLarge(error)) throw originalTooLarge(`more than ${maxBytes} bytes uncompressed`, `${maxBytes} bytes`)
      return body
    }
  }
  return bytes
}
