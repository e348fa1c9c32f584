/**
 * Responsible for corrections of JPEGs before they are decoded.
 *
 * Source: ICC.1:2022 annex B.4 (profiles in several segments); ITU-T T.81 §B.1.1.5 (a zero behind FF belongs to it).
 */
import type { Span } from "../header/bytes.ts"
import type { JpegHeader } from "../header/jpeg.ts"
import type { Edit } from "./edit.ts"

/** Bytes of a segment before its data: the marker and the length. */
const HEAD_BYTES = 4

/** Behind the name: the number of a part, counted from 1, and of all parts. */
const NUMBER_AT = 12

const NOTHING = new Uint8Array(0)

const remove = ({ start, end }: Span): Edit => ({ start: start - HEAD_BYTES, end, bytes: NOTHING })

/**
 * The first whole profile counts, as in browsers, and none if its parts contradict each other. The decoder joins all that it finds.
 */
export const keepFirstProfile = (bytes: Uint8Array, { profileParts }: JpegHeader): readonly Edit[] => {
  const [first] = profileParts
  if (!first) return []
  const numberAt = ({ start }: Span): number => bytes[start + NUMBER_AT] ?? 0
  const totalAt = ({ start }: Span): number => bytes[start + NUMBER_AT + 1] ?? 0
  const total = totalAt(first)
  const parts = profileParts.slice(0, total)
  const isWhole = new Set(parts.map(numberAt)).size === total && parts.every((part) => totalAt(part) === total)
  return profileParts.slice(isWhole ? total : 0).map(remove)
}

/** So many zeros at the end come from a download that was interrupted after its space had been reserved. */
const RESERVED_BYTES = 64

/** Removes reserved space. Zeros are valid codes, too: the decoder would show them as grey or coloured blocks. */
export const removeReserved = (bytes: Uint8Array): readonly Edit[] => {
  if (bytes.at(-1) !== 0) return []
  const last = bytes.findLastIndex((byte) => byte !== 0)
  const start = last + (bytes[last] === 0xff ? 2 : 1)
  return bytes.length - start < RESERVED_BYTES ? [] : [{ start, end: bytes.length, bytes: NOTHING }]
}
