/**
 * Byte ranges: one range is answered; several, or what does not parse, are ignored, as RFC 9110 §14.2 allows. By hand, since the usual
 * library calls a suffix longer than the body, and a range that ends before it starts, unsatisfiable (§14.1.1 and §14.1.2 differ).
 */
import type { ByteRange } from "../store/store.ts"

const lastBytes = (count: number, bytes: number): ByteRange | "unsatisfiable" =>
  count === 0 || bytes === 0 ? "unsatisfiable" : { start: Math.max(0, bytes - count), end: bytes - 1 }

/** The range to send of a body of `bytes`, "none" for all of it, or "unsatisfiable". */
export const parseRange = (header: string | undefined, bytes: number): ByteRange | "none" | "unsatisfiable" => {
  const [, first, last] = /^bytes=\s*(\d*)-(\d*)\s*$/i.exec(header ?? "") ?? []
  if (first === undefined || last === undefined || first + last === "") return "none"
  if (first === "") return lastBytes(Number(last), bytes)
  const [start, end] = [Number(first), last === "" ? Infinity : Number(last)]
  if (end < start) return "none"
  return start >= bytes ? "unsatisfiable" : { start, end: Math.min(end, bytes - 1) }
}
