/** Responsible for the places of items in a HEIF (ISO/IEC 14496-12 §8.11.3, iloc). */
import type { Box } from "./boxes.ts"
import { type Span, viewOf } from "./bytes.ts"
import { tooMany } from "./limits.ts"

/** Entries, one for each item, of which there are at most 2000. */
const MAX_LOCATIONS = 4000

/** How the numbers of the box are stored, in bytes. */
interface Layout {
  readonly view: DataView
  readonly version: number
  readonly offset: number
  readonly length: number
  readonly base: number
  readonly index: number
}

const readUint = (view: DataView, at: number, byteLength: number): number => {
  if (at + byteLength > view.byteLength) return 0
  if (byteLength === 8) return Number(view.getBigUint64(at))
  if (byteLength === 4) return view.getUint32(at)
  if (byteLength === 2) return view.getUint16(at)
  return 0
}

/** Offsets count from the start of the file, or of the idat box. */
const IN_IDAT = 1

/** The first extent of an item. @returns it and the place behind the item's entry */
const readItem = (layout: Layout, at: number, idat: Box | undefined) => {
  const { view, version, offset, length, base, index } = layout
  const idBytes = version < 2 ? 2 : 4
  const methodBytes = version === 0 ? 0 : 2
  const method = methodBytes === 0 ? 0 : readUint(view, at + idBytes, 2) & 15
  const baseAt = at + idBytes + methodBytes + 2
  const countAt = baseAt + base
  const count = readUint(view, countAt, 2)
  const extentBytes = (version === 0 ? 0 : index) + offset + length
  const extentAt = countAt + 2 + (version === 0 ? 0 : index)
  const from = method === IN_IDAT ? (idat?.start ?? Infinity) : method === 0 ? 0 : Infinity
  const start = from + readUint(view, baseAt, base) + readUint(view, extentAt, offset)
  const byteLength = readUint(view, extentAt + offset, length)
  // 0: to the end of the file.
  const end = byteLength === 0 ? view.byteLength : start + byteLength
  return {
    id: readUint(view, at, idBytes),
    span: { start, end },
    hasData: count > 0,
    next: countAt + 2 + count * extentBytes,
  }
}

/** The data of each item, or the first part of them. Items outside the file have none. @throws {original-too-large} too many entries */
export const parseItemLocations = (
  bytes: Uint8Array,
  iloc: Box | undefined,
  idat: Box | undefined,
): ReadonlyMap<number, Span> => {
  const locations = new Map<number, Span>()
  if (!iloc || iloc.end - iloc.start < 8) return locations
  const view = viewOf(bytes)
  const version = bytes[iloc.start] ?? 0
  const sizes = view.getUint16(iloc.start + 4)
  const layout: Layout = {
    view,
    version,
    offset: sizes >> 12,
    length: (sizes >> 8) & 15,
    base: (sizes >> 4) & 15,
    index: sizes & 15,
  }
  const countBytes = version < 2 ? 2 : 4
  const count = readUint(view, iloc.start + 6, countBytes)
  if (count > MAX_LOCATIONS) throw tooMany(MAX_LOCATIONS, "locations of items")
  let at = iloc.start + 6 + countBytes
  for (let left = count; left > 0 && at < iloc.end; left--) {
    const { id, span, hasData, next } = readItem(layout, at, idat)
    if (hasData && span.start < bytes.length)
      locations.set(id, { start: span.start, end: Math.min(span.end, bytes.length) })
    at = next
  }
  return locations
}
