/**
 * Responsible for the header of a GIF: its blocks and frames, without decompressing any.
 *
 * Source: GIF89a specification, §18 (logical screen), §20 (image descriptor), §23 (graphic control extension), appendix A (blocks).
 */
import { corruptOriginal } from "../../errors.ts"
import { ascii, type Span, viewOf } from "./bytes.ts"
import { tooMany } from "./limits.ts"

/** The pixels of each frame are weighed by the limit on animations; this bounds the work for each frame. */
const MAX_FRAMES = 5000

const EXTENSION = 0x21
const GRAPHIC_CONTROL = 0xf9
const IMAGE = 0x2c
const HEADER_BYTES = 13
const IMAGE_DESCRIPTOR_BYTES = 10

/** One frame. */
export interface GifFrame {
  /** Its graphic control extension, or where it has none, its image descriptor. */
  readonly start: number
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
  readonly hasTransparentIndex: boolean
  /** Its area becomes transparent before the next frame. */
  readonly isCleared: boolean
  /** Its area becomes again what it was before this frame. */
  readonly isRestored: boolean
  /** LZW code size, followed by the sub-blocks of its data. */
  readonly data: Span
  /** Its graphic control extension, if it has one, and its image block. */
  readonly parts: readonly Span[]
}

/** The header of a GIF. */
export interface GifHeader {
  readonly kind: "gif"
  /** The logical screen, as the file says. */
  readonly width: number
  readonly height: number
  /** Entries of the global colour table; 0 where there is none. */
  readonly globalColours: number
  readonly frames: readonly GifFrame[]
  /** Behind the logical screen and the global colour table. */
  readonly screenEnd: number
  /** The application extension with the number of plays. */
  readonly loop: Span | undefined
}

/** Entries of the colour table that a packed field announces. */
const tableEntries = (packed: number): number => ((packed & 0x80) === 0 ? 0 : 2 << (packed & 7))

/** Where a chain of sub-blocks ends; Infinity where it leads out of the file. */
const skipSubBlocks = (bytes: Uint8Array, from: number): number => {
  let at = from
  for (let length = bytes[at]; length !== undefined; length = bytes[at]) {
    at += length + 1
    if (length === 0) return at
  }
  return Infinity
}

type Control = Pick<GifFrame, "start" | "hasTransparentIndex" | "isCleared" | "isRestored">

/** Bytes of a graphic control extension. */
const CONTROL_BYTES = 8

const APPLICATION = 0xff

/** Application extensions with a number of plays begin with these names (Netscape's extension of GIF89a). */
const LOOPS: ReadonlySet<string> = new Set(["NETSCAPE2.0", "ANIMEXTS1.0"])

/** Disposal methods "restore to background color" and "restore to previous" (§23). */
const TO_BACKGROUND = 2
const TO_PREVIOUS = 3

const readControl = (bytes: Uint8Array, at: number): Control => {
  const packed = bytes[at + 3] ?? 0
  const disposal = (packed >> 2) & 7
  return {
    start: at,
    hasTransparentIndex: (packed & 1) === 1,
    isCleared: disposal === TO_BACKGROUND,
    isRestored: disposal === TO_PREVIOUS,
  }
}

const readFrame = (bytes: Uint8Array, view: DataView, at: number, control: Control | undefined): GifFrame => {
  const short = (offset: number): number => (at + offset + 2 <= bytes.length ? view.getUint16(at + offset, true) : 0)
  const start = at + IMAGE_DESCRIPTOR_BYTES + 3 * tableEntries(bytes[at + 9] ?? 0)
  const end = skipSubBlocks(bytes, start + 1)
  return {
    left: short(1),
    top: short(3),
    width: short(5),
    height: short(7),
    ...(control ?? { start: at, hasTransparentIndex: false, isCleared: false, isRestored: false }),
    data: { start, end },
    parts: [...(control ? [{ start: control.start, end: control.start + CONTROL_BYTES }] : []), { start: at, end }],
  }
}

const isLoop = (bytes: Uint8Array, at: number): boolean =>
  bytes[at + 1] === APPLICATION && LOOPS.has(ascii(bytes, at + 3, at + 14))

/**
 * Reads the blocks of a GIF. A missing trailer is fine, since every viewer shows such a file whole.
 * @throws {corrupt-original} the data end within a block: libvips would show fewer frames, the last one with another's lower half
 * @throws {original-too-large} too many frames
 */
export const parseGifHeader = (bytes: Uint8Array): GifHeader => {
  const view = viewOf(bytes)
  if (bytes.length < HEADER_BYTES) throw corruptOriginal("the data end within the header")
  const globalColours = tableEntries(bytes[10] ?? 0)
  const frames: GifFrame[] = []
  const screenEnd = HEADER_BYTES + 3 * globalColours
  let loop: Span | undefined
  let control: Control | undefined
  let at = screenEnd
  while (at < bytes.length) {
    if (bytes[at] === EXTENSION) {
      const end = skipSubBlocks(bytes, at + 2)
      if (bytes[at + 1] === GRAPHIC_CONTROL) control = readControl(bytes, at)
      if (isLoop(bytes, at)) loop = { start: at, end }
      at = end
    } else if (bytes[at] === IMAGE) {
      const frame = readFrame(bytes, view, at, control)
      control = undefined
      at = frame.data.end
      if (frames.push(frame) > MAX_FRAMES) throw tooMany(MAX_FRAMES, "frames")
    } else break
  }
  if (at > bytes.length) throw corruptOriginal("the data end within a block")
  return {
    kind: "gif",
    width: view.getUint16(6, true),
    height: view.getUint16(8, true),
    globalColours,
    frames,
    screenEnd,
    loop,
  }
}
