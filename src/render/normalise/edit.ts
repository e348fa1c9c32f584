/** Responsible for edits of a file's bytes: ranges that are replaced in a copy. */
import type { Span } from "../header/bytes.ts"

/** A range and the bytes that take its place. An empty range inserts, empty bytes delete. */
export interface Edit extends Span {
  readonly bytes: Uint8Array
}

/**
 * Applies edits to a copy.
 * @param edits must not overlap
 * @returns the same bytes where there is nothing to edit
 */
export const applyEdits = (bytes: Uint8Array, edits: readonly Edit[]): Uint8Array => {
  if (edits.length === 0) return bytes
  const parts: Uint8Array[] = []
  let from = 0
  for (const edit of edits.toSorted((a, b) => a.start - b.start)) {
    parts.push(bytes.subarray(from, edit.start), edit.bytes)
    from = edit.end
  }
  return Buffer.concat([...parts, bytes.subarray(from)])
}
