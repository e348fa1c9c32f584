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
 * Parts of a profile that contradict each other are ignored, as in browsers: the decoder joins what it finds. Of several whole profiles, the
 * first counts.
 */
export const ignoreContradictoryProfile = (bytes: Uint8Array, { profileParts }: JpegHeader): readonly Edit[] => {
  const [first] = profileParts
  if (!first) return []
  const total = bytes[first.start + NUMBER_AT + 1]
  if (total === 1) return profileParts.slice(1).map(remove)
  const numbers = new Set(profileParts.map(({ start }) => bytes[start + NUMBER_AT]))
  const isAgreed = profileParts.every(({ start }) => bytes[start + NUMBER_AT + 1] === total)
  return isAgreed && numbers.size === total && profileParts.length === total ? [] : profileParts.map(remove)
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
