/** Responsible for hostile GIFs: many frames, huge screens, and data in pieces of one byte. Source: GIF89a. */
import { ascii, type HostileFile, le, repeat } from "./bytes.ts"

const head = (width: number, height: number): Buffer =>
  Buffer.concat([ascii("GIF89a"), le(2, width, height), Buffer.from([0x80, 0, 0]), Buffer.from([200, 30, 30, 0, 0, 0])])

const CODE_SIZE = 2
const CLEAR = 4
const END = 5

/** Codes of one width, the lowest bits first (appendix F). */
const pack = (codes: readonly number[], width: number): Buffer => {
  const bytes = Buffer.alloc(Math.ceil((codes.length * width) / 8))
  codes.forEach((code, index) => {
    for (let bit = 0; bit < width; bit++) {
      const at = index * width + bit
      if ((code >> bit) & 1) bytes[at >> 3] = (bytes[at >> 3] ?? 0) | (1 << (at & 7))
    }
  })
  return bytes
}

/** Each clear code and two colours: the codes keep three bits, and eight of these groups fill nine bytes. */
const GROUP = pack(Array.from({ length: 8 }, () => [CLEAR, 0, 0]).flat(), 3)

/** The codes that end the data, as the last sub-blocks. */
const LAST = Buffer.concat([Buffer.from([1]), pack([CLEAR, END], 3), Buffer.from([0])])

/** Sub-blocks of 28 groups, or of one byte each. */
const WHOLE = Buffer.concat([Buffer.from([28 * GROUP.length]), repeat(GROUP, 28)])
const SPLIT = Buffer.from([...GROUP].flatMap((byte) => [1, byte]))

const imageHead = (width: number, height: number, left = 0): Buffer =>
  Buffer.concat([ascii(","), le(2, left, 0, width, height), Buffer.from([0, CODE_SIZE])])

/** A frame of one colour, whose data give each pixel. A group gives 16. */
const frame = (width: number, height: number, isSplit = false): Buffer => {
  const groups = Math.ceil((width * height) / 16)
  const data = isSplit ? repeat(SPLIT, groups) : repeat(WHOLE, Math.ceil(groups / 28))
  return Buffer.concat([imageHead(width, height), data, LAST])
}

const TRAILER = ascii(";")
const CONTROL = Buffer.from([0x21, 0xf9, 4, 0, 1, 0, 0, 0])

/** A frame whose data end before its first pixel. */
const emptyFrame = (width: number, height: number): Buffer => Buffer.concat([imageHead(width, height), LAST])

const gif = (width: number, height: number, ...parts: readonly Buffer[]): Buffer =>
  Buffer.concat([head(width, height), ...parts, TRAILER])

export const GIFS: readonly HostileFile[] = [
  { name: "300000-frames.gif", make: () => gif(40, 30, repeat(Buffer.concat([CONTROL, frame(4, 4)]), 300_000)) },
  {
    name: "5000-frames-on-1000-by-1000.gif",
    make: () => gif(1000, 1000, repeat(Buffer.concat([CONTROL, frame(4, 4)]), 5000)),
  },
  {
    name: "frame-right-of-65535-pixels.gif",
    make: () => gif(40, 30, imageHead(4, 4, 65_535), frame(4, 4).subarray(11)),
  },
  { name: "pixel-on-4-gigapixels.gif", make: () => gif(65_535, 65_535, frame(4, 4)) },
  { name: "pixel-on-10000-by-10000.gif", make: () => gif(10_000, 10_000, frame(4, 4)) },
  { name: "100-megapixels.gif", make: () => gif(10_000, 10_000, frame(10_000, 10_000)) },
  { name: "data-in-blocks-of-one-byte.gif", make: () => gif(4000, 4000, frame(4000, 4000, true)) },
  {
    name: "20-million-comments.gif",
    make: () => gif(40, 30, repeat(Buffer.from([0x21, 0xfe, 0]), 20_000_000), frame(40, 30)),
  },
  { name: "100-frames-without-data.gif", make: () => gif(1000, 1000, repeat(emptyFrame(1000, 1000), 100)) },
]
