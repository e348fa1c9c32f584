/**
 * Responsible for a rendition and its record in one value: a storage has no transactions, and its files are not written atomically.
 *
 * Invariants:
 * - A value that is incomplete or damaged is no rendition.
 */
import { createHash } from "node:crypto"

import { isRenditionMeta } from "../meta-fields.ts"
import type { RenditionMeta } from "../store.ts"

/** A rendition and its record. */
export interface Envelope {
  readonly meta: RenditionMeta
  readonly bytes: Uint8Array
}

const MAGIC = Buffer.from("imgtailor 1\n")
/** Length of the header, in four bytes after the magic text. */
const LENGTH_BYTES = 4
/** The digest of the header and the rendition. */
const DIGEST_BYTES = 32
const PREFIX_BYTES = MAGIC.length + DIGEST_BYTES + LENGTH_BYTES

const digestOf = (...parts: readonly Uint8Array[]): Buffer => {
  const hash = createHash("sha256")
  for (const part of parts) hash.update(part)
  return hash.digest()
}

/** Both as one value. */
export const seal = ({ meta, bytes }: Envelope): Uint8Array => {
  const header = Buffer.from(JSON.stringify(meta))
  const length = Buffer.alloc(LENGTH_BYTES)
  length.writeUInt32BE(header.length)
  return Buffer.concat([MAGIC, digestOf(header, bytes), length, header, bytes])
}

const parse = (header: Buffer): unknown => {
  try {
    return JSON.parse(header.toString()) as unknown
  } catch {
    return undefined
  }
}

/** The inverse of {@link seal}; undefined for any other value. */
export const open = (value: Uint8Array): Envelope | undefined => {
  const all = Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  if (all.length < PREFIX_BYTES || !all.subarray(0, MAGIC.length).equals(MAGIC)) return undefined
  const start = PREFIX_BYTES + all.readUInt32BE(PREFIX_BYTES - LENGTH_BYTES)
  const [header, bytes] = [all.subarray(PREFIX_BYTES, start), all.subarray(start)]
  if (!all.subarray(MAGIC.length, MAGIC.length + DIGEST_BYTES).equals(digestOf(header, bytes))) return undefined
  const meta = parse(header)
  return isRenditionMeta(meta) ? { meta, bytes } : undefined
}
