/**
 * Responsible for corrections of GIFs before they are decoded.
 *
 * Source: GIF89a specification, §17 (header), §18 (logical screen), §20 (image descriptor), §22 (image data), §23 (graphic control
 * extension); libnsgif's list of screen sizes.
 */
import { originalTooLarge } from "../../errors.ts"
import { surveyGifFrame } from "../header/gif-pixels.ts"
import type { GifFrame, GifHeader } from "../header/gif.ts"
import type { Edit } from "./edit.ts"

/** Canvas sizes that libnsgif takes for the screen of the author, and replaces by the size of the first frame. */
const SCREENS: ReadonlySet<string> = new Set(["640x480", "640x512", "800x600", "1024x768", "1280x1024", "1600x1200"])

/** Larger sides are not believed either. */
const MAX_BELIEVED_SIDE = 2048

/** The canvas: that of the file, enlarged to the first frame where that exceeds it, as browsers do (§18). */
export const gifCanvas = ({
  width,
  height,
  frames: [first],
}: GifHeader): { readonly width: number; readonly height: number } => ({
  width: Math.max(width, first ? first.left + first.width : 0),
  height: Math.max(height, first ? first.top + first.height : 0),
})

/** Whether the first frame alone gives the canvas its size. */
const isCovered = (header: GifHeader): boolean => {
  const canvas = gifCanvas(header)
  const [first] = header.frames
  if (!first) return true
  return first.left === 0 && first.top === 0 && first.width === canvas.width && first.height === canvas.height
}

const isIgnored = ({ width, height }: GifHeader): boolean =>
  (width === 0) !== (height === 0) || SCREENS.has(`${width}x${height}`) || Math.max(width, height) > MAX_BELIEVED_SIDE

/** Whether the canvas is empty again after its first frames: one is cleared, or the first one is replaced by the empty canvas before it. */
const isEmptied = ({ frames }: GifHeader): boolean =>
  frames.length > 1 && (frames[0]?.isRestored === true || frames.slice(0, -1).some(({ isCleared }) => isCleared))

/** Parts of the canvas are empty at some time, but without a transparent index the decoder gives no alpha and makes them black. */
const isAlphaLost = (header: GifHeader): boolean =>
  !header.frames.some(({ hasTransparentIndex }) => hasTransparentIndex) && (!isCovered(header) || isEmptied(header))

/** Sides have 16 bits (§18). A first frame that begins far to the right can exceed them. */
const MAX_SIDE = 65_535

/** A graphic control extension with transparent index 0, and an image of the canvas with one pixel of data: the rest stays transparent. */
const blankFrame = (header: GifHeader): Buffer => {
  const { width, height } = gifCanvas(header)
  if (Math.max(width, height) > MAX_SIDE)
    throw originalTooLarge(`a canvas of ${width} × ${height} pixels`, `${MAX_SIDE} pixels a side`)
  const needsTable = header.globalColours === 0
  const frame = Buffer.alloc(18)
  frame.set([0x21, 0xf9, 4, 1], 0)
  frame[8] = 0x2c
  frame.writeUInt16LE(width, 13)
  frame.writeUInt16LE(height, 15)
  frame[17] = needsTable ? 0x80 : 0
  // Code size 2; the codes "clear", 0 and "end" in three bits each, from the lowest bit.
  return Buffer.concat([frame, Buffer.alloc(needsTable ? 6 : 0), Buffer.from([2, 2, 0x44, 1, 0])])
}

/** A GIF87a has no extensions. */
const AS_89A: Edit = { start: 4, end: 5, bytes: Buffer.from("9") }

/** The decoder fills a cleared area with the background colour, unless the frame has a transparent index. Browsers make it transparent. */
const clearToAlpha = (bytes: Uint8Array, frame: GifFrame): readonly Edit[] => {
  const index = frame.isCleared && !frame.hasTransparentIndex ? surveyGifFrame(bytes, frame).unusedIndex : undefined
  if (index === undefined) return []
  const [flagsAt, indexAt] = [frame.start + 3, frame.start + 6]
  const flags = (bytes[flagsAt] ?? 0) | 1
  return [
    { start: flagsAt, end: flagsAt + 1, bytes: Buffer.from([flags]) },
    { start: indexAt, end: indexAt + 1, bytes: Buffer.from([index]) },
  ]
}

/** Whether a blank frame is put before the first one. */
const needsBlankFrame = (header: GifHeader): boolean =>
  header.frames.length > 0 && ((isIgnored(header) && !isCovered(header)) || isAlphaLost(header))

/**
 * Gives the canvas its size, and transparency where no frame covers it.
 * @returns the edits, and whether a blank frame comes before the first one
 * @throws {original-too-large} the canvas is larger than any GIF can be
 */
export const correctGif = (
  bytes: Uint8Array,
  header: GifHeader,
): { readonly edits: readonly Edit[]; readonly hasBlankFrame: boolean } => {
  const [first] = header.frames
  const hasBlankFrame = needsBlankFrame(header)
  const blank =
    first && hasBlankFrame ? [AS_89A, { start: first.start, end: first.start, bytes: blankFrame(header) }] : []
  const cleared = header.frames.slice(0, -1).flatMap((frame) => clearToAlpha(bytes, frame))
  return { edits: [...blank, ...cleared], hasBlankFrame }
}
