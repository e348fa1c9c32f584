/** GIFs written block by block (GIF89a), with uncompressed LZW data. */

export interface GifFrameOptions {
  readonly left?: number
  readonly top?: number
  readonly width: number
  readonly height: number
  /** Index of all its pixels, or of each. */
  readonly index: number | ((x: number, y: number) => number)
  /** GIF89a §23: 1 leaves the frame, 2 clears its area. @default 1 */
  readonly disposal?: 0 | 1 | 2 | 3
  readonly transparentIndex?: number
  /** Pixels whose codes are written; the rest are missing. @default all */
  readonly codedPixels?: number
}

export interface GifOptions {
  /** Logical screen. */
  readonly width: number
  readonly height: number
  /** RGB of 2 to 256 colours. */
  readonly colours: readonly (readonly [number, number, number])[]
  readonly frames: readonly GifFrameOptions[]
  /** Index of the background colour. @default 0 */
  readonly background?: number
  /** A GIF87a has no extensions. @default "GIF89a" */
  readonly version?: "GIF87a" | "GIF89a"
}

const short = (value: number): readonly number[] => [value & 255, value >> 8]

/** Codes of constant length: the table is cleared before it grows. */
const lzw = (indices: readonly number[], rootBits: number): Buffer => {
  const size = rootBits + 1
  const clear = 1 << rootBits
  const codes: number[] = [clear]
  for (const [at, index] of indices.entries()) {
    if (at > 0 && at % (clear - 2) === 0) codes.push(clear)
    codes.push(index)
  }
  codes.push(clear + 1)
  const packed = Buffer.alloc(Math.ceil((codes.length * size) / 8))
  for (const [at, code] of codes.entries()) {
    for (let bit = 0; bit < size; bit++) {
      const place = at * size + bit
      packed[place >> 3] = (packed[place >> 3] ?? 0) | (((code >> bit) & 1) << (place & 7))
    }
  }
  const blocks: Buffer[] = [Buffer.from([rootBits])]
  for (let at = 0; at < packed.length; at += 255) {
    const block = packed.subarray(at, at + 255)
    blocks.push(Buffer.from([block.length]), block)
  }
  return Buffer.concat([...blocks, Buffer.from([0])])
}

const controlOf = ({ disposal = 1, transparentIndex }: GifFrameOptions): Buffer => {
  const flags = (disposal << 2) | (transparentIndex === undefined ? 0 : 1)
  return Buffer.from([0x21, 0xf9, 4, flags, ...short(10), transparentIndex ?? 0, 0])
}

const frameOf = (frame: GifFrameOptions, rootBits: number, hasControl: boolean): Buffer => {
  const { left = 0, top = 0, width, height, index, codedPixels = width * height } = frame
  const at = typeof index === "number" ? () => index : index
  const indices = Array.from({ length: codedPixels }, (_, place) => at(place % width, Math.floor(place / width)))
  const descriptor = Buffer.from([0x2c, ...short(left), ...short(top), ...short(width), ...short(height), 0])
  return Buffer.concat([...(hasControl ? [controlOf(frame)] : []), descriptor, lzw(indices, rootBits)])
}

const LOOP = Buffer.from("\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0\0", "latin1")

/** A GIF of given frames. Animations play for ever. */
export const gifOf = ({ width, height, colours, frames, background = 0, version = "GIF89a" }: GifOptions): Buffer => {
  const bits = Math.max(1, Math.ceil(Math.log2(colours.length)))
  const screen = Buffer.from([...short(width), ...short(height), 0x80 | (bits - 1), background, 0])
  const table = Buffer.alloc(3 * 2 ** bits)
  for (const [at, colour] of colours.entries()) table.set(colour, at * 3)
  const rootBits = Math.max(2, bits)
  return Buffer.concat([
    Buffer.from(version, "latin1"),
    screen,
    table,
    ...(frames.length > 1 ? [LOOP] : []),
    ...frames.map((frame) => frameOf(frame, rootBits, version === "GIF89a")),
    Buffer.from(";"),
  ])
}
