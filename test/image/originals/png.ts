/** PNGs written chunk by chunk, so that tests decide every field (PNG, third edition). */
import { deflateSync } from "node:zlib"

import { pngChunk } from "../profiles.ts"

/** Samples of a pixel by colour type. */
const SAMPLES = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 } as const

export interface PngOptions {
  readonly width: number
  readonly height: number
  /** 0 grey, 2 RGB, 3 palette, 4 grey with alpha, 6 RGBA. @default 2 */
  readonly colourType?: 0 | 2 | 3 | 4 | 6
  /** Bits a sample. @default 8 */
  readonly depth?: 1 | 2 | 4 | 8 | 16
  /** Samples of one pixel, as whole numbers of the depth. */
  readonly at: (x: number, y: number) => readonly number[]
  /** Chunks between IHDR and IDAT. */
  readonly chunks?: readonly Buffer[]
  /** Changes the compressed rows. */
  readonly changeStream?: (stream: Buffer) => Buffer
}

const SIGNATURE = Buffer.from("\x89PNG\r\n\x1a\n", "latin1")

const headerOf = (width: number, height: number, depth: number, colourType: number): Buffer => {
  const head = Buffer.alloc(13)
  head.writeUInt32BE(width, 0)
  head.writeUInt32BE(height, 4)
  head[8] = depth
  head[9] = colourType
  return pngChunk("IHDR", head)
}

/** Rows of samples, each with filter type 0. */
const rowsOf = ({ width, height, colourType = 2, depth = 8, at }: PngOptions): Buffer => {
  const rowBits = width * SAMPLES[colourType] * depth
  const rowBytes = 1 + Math.ceil(rowBits / 8)
  const rows = Buffer.alloc(rowBytes * height)
  for (let y = 0; y < height; y++) {
    let bit = (y * rowBytes + 1) * 8
    for (let x = 0; x < width; x++) {
      for (const sample of at(x, y)) {
        if (depth === 16) rows.writeUInt16BE(sample, bit >> 3)
        else rows[bit >> 3] = (rows[bit >> 3] ?? 0) | (sample << (8 - depth - (bit & 7)))
        bit += depth
      }
    }
  }
  return rows
}

/** A PNG of given samples. */
export const pngOf = (options: PngOptions): Buffer => {
  const { width, height, colourType = 2, depth = 8, chunks = [], changeStream = (stream) => stream } = options
  const stream = changeStream(deflateSync(rowsOf(options), { level: 9 }))
  return Buffer.concat([
    SIGNATURE,
    headerOf(width, height, depth, colourType),
    ...chunks,
    pngChunk("IDAT", stream),
    pngChunk("IEND", Buffer.alloc(0)),
  ])
}

const uint32s = (...values: readonly number[]): Buffer => {
  const bytes = Buffer.alloc(values.length * 4)
  for (const [at, value] of values.entries()) bytes.writeUInt32BE(value, at * 4)
  return bytes
}

/** cICP: ITU-T H.273 code points. */
export const cicp = (primaries: number, transfer: number, isFullRange = true): Buffer =>
  pngChunk("cICP", Buffer.from([primaries, transfer, 0, isFullRange ? 1 : 0]))

/** gAMA. @param gamma exponent of the encoding */
export const gama = (gamma: number): Buffer => pngChunk("gAMA", uint32s(Math.round(gamma * 100_000)))

/** cHRM. @param values x and y of white, red, green and blue */
export const chrm = (values: readonly number[]): Buffer =>
  pngChunk("cHRM", uint32s(...values.map((value) => Math.round(value * 100_000))))

/** sRGB. */
export const srgbChunk = (): Buffer => pngChunk("sRGB", Buffer.from([0]))

/** cLLI. @param peak brightest light in cd/m² */
export const clli = (peak: number): Buffer => pngChunk("cLLI", uint32s(peak * 10_000, peak * 1000))

export interface ApngFrame {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
  /** RGB of all its pixels. */
  readonly colour: readonly [number, number, number]
}

/** An animated PNG whose default image is not one of its frames. */
export const hiddenDefaultApng = (
  { width, height, colour }: Pick<ApngFrame, "width" | "height" | "colour">,
  frames: readonly ApngFrame[],
): Buffer => {
  const fill = (frame: Pick<ApngFrame, "width" | "height" | "colour">): Buffer =>
    deflateSync(rowsOf({ width: frame.width, height: frame.height, at: () => frame.colour }))
  let sequence = 0
  const parts = frames.flatMap((frame) => {
    const control = Buffer.concat([
      uint32s(sequence++, frame.width, frame.height, frame.left, frame.top),
      Buffer.from([0, 10, 0, 100, 0, 0]),
    ])
    return [pngChunk("fcTL", control), pngChunk("fdAT", Buffer.concat([uint32s(sequence++), fill(frame)]))]
  })
  return Buffer.concat([
    SIGNATURE,
    headerOf(width, height, 8, 2),
    pngChunk("acTL", uint32s(frames.length, 0)),
    pngChunk("IDAT", fill({ width, height, colour })),
    ...parts,
    pngChunk("IEND", Buffer.alloc(0)),
  ])
}
