/** Responsible for the pieces that hostile files are made of: numbers, repeated parts, and compressed zeros of any length. */
import { constants, deflateRawSync } from "node:zlib"

/** A hostile file. */
export interface HostileFile {
  /** Its name in the shop; the ending is that of its format. */
  readonly name: string
  readonly make: () => Buffer | Promise<Buffer>
}

export const ascii = (text: string): Buffer => Buffer.from(text, "latin1")

/** Big-endian numbers of some width in bytes. */
export const be = (width: number, ...values: readonly number[]): Buffer => {
  const bytes = Buffer.alloc(width * values.length)
  values.forEach((value, at) => bytes.writeUIntBE(value, at * width, width))
  return bytes
}

/** Little-endian numbers of some width in bytes. */
export const le = (width: number, ...values: readonly number[]): Buffer => {
  const bytes = Buffer.alloc(width * values.length)
  values.forEach((value, at) => bytes.writeUIntLE(value, at * width, width))
  return bytes
}

/** A part many times. */
export const repeat = (part: Uint8Array, times: number): Buffer => Buffer.alloc(part.length * times, part)

const BLOCK_BYTES = 1_000_000

/** Raw deflate data that end at a byte and refer to nothing before them, so that they can be repeated. */
const flushed = (byteLength: number): Buffer =>
  deflateRawSync(Buffer.alloc(byteLength), { level: 9, finishFlush: constants.Z_FULL_FLUSH })

/** An empty last block of deflate (RFC 1951, §3.2.4). */
const LAST_BLOCK = Buffer.from([1, 0, 0, 0xff, 0xff])

/** A zlib stream of zeros, about a thousandth of their length, made without them (RFC 1950). */
export const compressedZeros = (byteLength: number): Buffer => {
  const blocks = Math.floor(byteLength / BLOCK_BYTES)
  return Buffer.concat([
    Buffer.from([0x78, 0xda]),
    repeat(flushed(BLOCK_BYTES), blocks),
    flushed(byteLength % BLOCK_BYTES),
    LAST_BLOCK,
    // Adler-32 of zeros: the first sum stays 1, the second counts the bytes.
    be(2, byteLength % 65_521, 1),
  ])
}
