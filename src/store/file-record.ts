/** Responsible for the record of a rendition in a folder: its metadata, and the file that they describe. */
import { isRenditionMeta } from "./meta-fields.ts"
import type { RenditionMeta } from "./store.ts"

/** Distinguishes a file from every other one, and from itself after a change. */
export interface FileIdentity {
  readonly byteLength: number
  readonly mtimeNs: string
  readonly ino: string
}

/** Metadata of a rendition, and the identity of the file that they describe. */
export interface FileRecord extends RenditionMeta {
  readonly file: FileIdentity
}

/** False for anything else that a record file may contain: the rendition counts as absent then. */
export const isFileRecord = (value: unknown): value is FileRecord => {
  if (!isRenditionMeta(value)) return false
  const { byteLength, mtimeNs, ino } = ("file" in value && value.file ? value.file : {}) as Partial<FileIdentity>
  return typeof byteLength === "number" && typeof mtimeNs === "string" && typeof ino === "string"
}

/** The identity of a file, from its stat. */
export const toFileIdentity = ({
  size,
  mtimeNs,
  ino,
}: {
  readonly size: bigint
  readonly mtimeNs: bigint
  readonly ino: bigint
}): FileIdentity => ({ byteLength: Number(size), mtimeNs: String(mtimeNs), ino: String(ino) })

/** True for stats of the same file without a change in between. */
export const isSameFile = (a: FileIdentity, b: FileIdentity): boolean =>
  a.byteLength === b.byteLength && a.mtimeNs === b.mtimeNs && a.ino === b.ino

/** Time of change in whole seconds since 1970. */
export const mtimeSecondsOf = ({ mtimeNs }: FileIdentity): number => Number(BigInt(mtimeNs) / 1_000_000_000n)

/**
 * The ETag with which nginx serves a file: time of change in seconds and length, both hexadecimal (`ngx_http_set_etag`).
 * @example staticTagOf({ byteLength: 7737, mtimeNs: "1795945812000000000", ino: "1" }) // '"6b0bf554-1e39"'
 */
export const staticTagOf = (file: FileIdentity): string =>
  `"${mtimeSecondsOf(file).toString(16)}-${file.byteLength.toString(16)}"`
