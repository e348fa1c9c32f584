/** What is recorded of a rendition in a folder: its record, and which file it is about. */
import { ORIGINAL_KINDS } from "../sizes/format.ts"
import type { RenditionMeta } from "./store.ts"

/** A record, and the file that it speaks of. */
export interface FileRecord extends RenditionMeta {
  readonly file: { readonly bytes: number; readonly mtimeNs: string; readonly ino: string }
}

const STRINGS = ["original", "version", "recipeId", "etag", "contentType"] as const

/** True for what a record file should hold; anything else in it makes the rendition absent. */
export const isFileRecord = (value: unknown): value is FileRecord => {
  const facts = value as Partial<FileRecord> | null
  return (
    STRINGS.every((name) => typeof facts?.[name] === "string") &&
    typeof facts?.modifiedMs === "number" &&
    (facts.kind === undefined || ORIGINAL_KINDS.includes(facts.kind)) &&
    typeof facts.file?.ino === "string"
  )
}

/** What tells one file from another, of its stat. */
export const toFileIdentity = ({
  size,
  mtimeNs,
  ino,
}: {
  size: bigint
  mtimeNs: bigint
  ino: bigint
}): FileRecord["file"] => ({
  bytes: Number(size),
  mtimeNs: String(mtimeNs),
  ino: String(ino),
})

/** Whether two stats are of one file, unchanged. */
export const isSameFile = (a: FileRecord["file"], b: FileRecord["file"]): boolean =>
  a.bytes === b.bytes && a.mtimeNs === b.mtimeNs && a.ino === b.ino
