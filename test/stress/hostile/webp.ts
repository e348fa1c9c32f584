/** Responsible for hostile WebPs: animations of many frames, of tiny frames on huge canvases, and chunks without end. */
import sharp from "sharp"

import { ascii, type HostileFile, le, repeat } from "./bytes.ts"

/** A chunk with its padding (RFC 9649, §2.3). */
const chunk = (type: string, data: Uint8Array): Buffer =>
  Buffer.concat([ascii(type), le(4, data.length), data, Buffer.alloc(data.length % 2)])

const riff = (...chunks: readonly Buffer[]): Buffer => {
  const body = Buffer.concat([ascii("WEBP"), ...chunks])
  return Buffer.concat([ascii("RIFF"), le(4, body.length), body])
}

const ANIMATED = 0x02
const WITH_ALPHA = 0x10

const canvas = (flags: number, width: number, height: number): Buffer =>
  chunk("VP8X", Buffer.concat([le(4, flags), le(3, width - 1, height - 1)]))

const LOOP = chunk("ANIM", Buffer.alloc(6))

/** The chunks of a still WebP of one colour. */
const still = async (width: number, height: number): Promise<Buffer> => {
  const create = { width, height, channels: 4, background: { r: 200, g: 30, b: 30, alpha: 0.5 } } as const
  const bytes = await sharp({ create, limitInputPixels: false }).webp({ lossless: true, effort: 0 }).toBuffer()
  const at = bytes.indexOf("VP8L")
  return bytes.subarray(at)
}

/** A frame at the upper left corner, drawn over the one before. */
const frame = async (width: number, height: number): Promise<Buffer> =>
  chunk("ANMF", Buffer.concat([le(3, 0, 0, width - 1, height - 1, 10), Buffer.from([0]), await still(width, height)]))

interface Animation {
  readonly canvas: readonly [number, number]
  readonly frame: readonly [number, number]
  readonly count: number
}

const animation = async ({ canvas: [width, height], frame: size, count }: Animation): Promise<Buffer> =>
  riff(canvas(ANIMATED | WITH_ALPHA, width, height), LOOP, repeat(await frame(...size), count))

const PIXEL = [1, 1] as const

export const WEBPS: readonly HostileFile[] = [
  { name: "20000-frames.webp", make: () => animation({ canvas: [40, 30], frame: PIXEL, count: 20_000 }) },
  { name: "100000-frames.webp", make: () => animation({ canvas: [40, 30], frame: PIXEL, count: 100_000 }) },
  { name: "6000-frames.webp", make: () => animation({ canvas: [100, 100], frame: PIXEL, count: 6000 }) },
  {
    name: "2000-frames-of-50-kilopixels.webp",
    make: () => animation({ canvas: [250, 200], frame: [250, 200], count: 2000 }),
  },
  { name: "pixel-on-10000-by-10000.webp", make: () => animation({ canvas: [10_000, 10_000], frame: PIXEL, count: 1 }) },
  { name: "2-pixels-on-7000-by-7000.webp", make: () => animation({ canvas: [7000, 7000], frame: PIXEL, count: 2 }) },
  { name: "pixel-on-16383-by-6100.webp", make: () => animation({ canvas: [16_383, 6100], frame: PIXEL, count: 1 }) },
  { name: "pixel-on-4-gigapixels.webp", make: () => animation({ canvas: [65_535, 65_535], frame: PIXEL, count: 1 }) },
  { name: "100-megapixels.webp", make: async () => riff(await still(16_383, 6100)) },
  {
    name: "4-million-unknown-chunks.webp",
    make: async () => riff(canvas(0, 40, 30), repeat(chunk("TeSt", Buffer.alloc(0)), 4_000_000), await still(40, 30)),
  },
  {
    name: "metadata-of-90-megabytes.webp",
    make: async () => riff(canvas(0x0c, 40, 30), await still(40, 30), chunk("XMP ", Buffer.alloc(90_000_000, 65))),
  },
]
