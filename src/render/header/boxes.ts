/** Responsible for the boxes of ISO media files (ISO/IEC 14496-12 §4.2, §4.3). */
import { ascii, type Span, viewOf } from "./bytes.ts"
import { tooMany } from "./limits.ts"

/** Boxes in one container. AVIFs have fewer than 20, and one property box for each item at most. */
const MAX_BOXES = 10_000

/** A box: its type, and its data behind the head. */
export interface Box extends Span {
  readonly type: string
}

/** The boxes of a container, in order. Ends where they lead out of it. @throws {original-too-large} too many boxes */
export function* boxesOf(bytes: Uint8Array, { start: from, end: to }: Span): Generator<Box> {
  const view = viewOf(bytes)
  let at = from
  for (let count = 1; at + 8 <= to; count++) {
    if (count > MAX_BOXES) throw tooMany(MAX_BOXES, "boxes")
    const size = view.getUint32(at)
    const isLong = size === 1 && at + 16 <= to
    const start = at + (isLong ? 16 : 8)
    // 0: to the end of the file.
    const end = size === 0 ? to : at + (isLong ? Number(view.getBigUint64(at + 8)) : size)
    if (end < start || end > to) return
    yield { type: ascii(bytes, at + 4, at + 8), start, end }
    at = end
  }
}

/** The first box of a type. */
export const findBox = (bytes: Uint8Array, container: Span, type: string): Box | undefined => {
  for (const box of boxesOf(bytes, container)) if (box.type === type) return box
  return undefined
}

/** Files have fewer than 10. */
const MAX_BRANDS = 60

/** Compatible brands of a file that begins with `ftyp` (§4.3). */
export const compatibleBrands = (bytes: Uint8Array): readonly string[] => {
  const end = bytes.length < 16 ? 0 : Math.min(viewOf(bytes).getUint32(0), bytes.length, 16 + 4 * MAX_BRANDS)
  return Array.from({ length: Math.max(0, Math.floor((end - 16) / 4)) }, (_, at) =>
    ascii(bytes, 16 + 4 * at, 20 + 4 * at),
  )
}
