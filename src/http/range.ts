/** Byte ranges: one range is answered; several, or what does not parse, are ignored, as RFC 9110 §14.2 allows. */
import parse from "range-parser"

import type { ByteRange } from "../store/store.ts"

/** The range to send of a body of `bytes`, "none" for all of it, or "unsatisfiable". */
export const parseRange = (header: string | undefined, bytes: number): ByteRange | "none" | "unsatisfiable" => {
  if (header === undefined || !/^bytes=/i.test(header)) return "none"
  // A suffix longer than the whole is the whole (RFC 9110 §14.1.2); range-parser calls it unsatisfiable.
  const suffix = /^bytes=-(\d+)$/i.exec(header)?.[1]
  if (suffix !== undefined && Number(suffix) >= bytes && bytes > 0) return { start: 0, end: bytes - 1 }
  const ranges = parse(bytes, header.toLowerCase())
  if (ranges === -1) return "unsatisfiable"
  const [range, ...more] = ranges === -2 ? [] : ranges
  return range && more.length === 0 ? { start: range.start, end: range.end } : "none"
}
