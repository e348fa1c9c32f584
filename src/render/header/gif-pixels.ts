/**
 * Responsible for facts about the compressed pixels of a GIF frame that the decoder does not report. Only lengths are followed; no pixel
 * is made.
 *
 * Source: GIF89a specification, §22 and appendix F (variable-length-code LZW).
 */
import type { GifFrame } from "./gif.ts"

const MAX_CODES = 4096
const MAX_CODE_BITS = 12

/** Codes of a frame, from the lowest bit of its sub-blocks. */
const createReader = (bytes: Uint8Array, from: number) => {
  let at = from
  let left = 0
  let buffer = 0
  let bits = 0
  /** @returns undefined at the end of the data */
  return (size: number): number | undefined => {
    while (bits < size) {
      if (left === 0) {
        left = bytes[at] ?? 0
        at += 1
        if (left === 0) return undefined
      }
      buffer |= (bytes[at] ?? 0) << bits
      bits += 8
      at += 1
      left -= 1
    }
    const code = buffer & ((1 << size) - 1)
    buffer >>>= size
    bits -= size
    return code
  }
}

/** Follows the lengths of the texts that codes stand for. */
const createLengths = (rootBits: number) => {
  const clear = 1 << rootBits
  const lengths = new Uint32Array(MAX_CODES).fill(1, 0, clear)
  let [next, size, previous] = [clear + 2, rootBits + 1, 0]
  const reset = (): void => {
    next = clear + 2
    size = rootBits + 1
    previous = 0
  }
  const grow = (): void => {
    if (previous === 0 || next >= MAX_CODES) return
    lengths[next] = previous + 1
    next += 1
    if (next === 1 << size && size < MAX_CODE_BITS) size += 1
  }
  /** @returns the pixels of a code; undefined for a code that ends the data, or cannot be here */
  const follow = (code: number): number | undefined => {
    if (code === clear) {
      reset()
      return 0
    }
    if (code === clear + 1 || code > next || (previous === 0 && code > clear)) return undefined
    grow()
    previous = lengths[code] ?? 0
    return previous
  }
  return { size: (): number => size, follow }
}

/** Facts of a frame's compressed pixels. */
export interface GifPixels {
  /** The data yield every pixel. Otherwise the decoder leaves the rest black. */
  readonly isComplete: boolean
  /** The highest index of a colour that no pixel has; undefined where all 256 are used. */
  readonly unusedIndex: number | undefined
}

/** Follows the data of a frame. */
export const surveyGifFrame = (bytes: Uint8Array, { width, height, data }: GifFrame): GifPixels => {
  const rootBits = bytes[data.start] ?? 0
  // The decoder refuses such a frame.
  if (rootBits < 1 || rootBits >= MAX_CODE_BITS) return { isComplete: true, unusedIndex: undefined }
  const read = createReader(bytes, data.start + 1)
  const { size, follow } = createLengths(rootBits)
  // Each index that occurs does so as a separate code at least once.
  const isUsed = new Uint8Array(256)
  let pixels = 0
  while (pixels < width * height) {
    const code = read(size())
    const more = code === undefined ? undefined : follow(code)
    if (code === undefined || more === undefined) break
    if (code < 256) isUsed[code] = more
    pixels += more
  }
  const unused = isUsed.lastIndexOf(0)
  return { isComplete: pixels >= width * height, unusedIndex: unused < 0 ? undefined : unused }
}
