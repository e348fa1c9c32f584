/**
 * Responsible for byte ranges. One range is answered; several ranges and malformed ones are ignored, which RFC 9110 §14.2 allows.
 * Own code, since the usual library calls a suffix longer than the body, and a range that ends before it starts, unsatisfiable
 * (§14.1.1 and §14.1.2 differ).
 */
import type { ByteRange } from "../store/store.ts"

const suffixRange = (count: number, byteLength: number): ByteRange | "unsatisfiable" =>
  count === 0 || byteLength === 0 ? "unsatisfiable" : { start: Math.max(0, byteLength - count), end: byteLength - 1 }

/** The range to send of a body of `byteLength` bytes: "none" for the whole body. */
export const parseRange = (header: string | undefined, byteLength: number): ByteRange | "none" | "unsatisfiable" => {
  const [, first, last] = /^bytes=\s*(\d*)-(\d*)\s*$/i.exec(header ?? "") ?? []
  if (first === undefined || last === undefined || first + last === "") return "none"
  if (first === "") return suffixRange(Number(last), byteLength)
  const [start, end] = [Number(first), last === "" ? Infinity : Number(last)]
  if (end < start) return "none"
  return start >= byteLength ? "unsatisfiable" : { start, end: Math.min(end, byteLength - 1) }
}
