/**
 * Responsible for corrections of JPEGs before they are decoded.
 *
 * Source: ICC.1:2022 annex B.4 (profiles in several segments).
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
