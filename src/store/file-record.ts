/** Responsible for the record of a rendition in a folder: its metadata, and the file that they describe. */
import { ORIGINAL_KINDS } from "../sizes/format.ts"
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

type Guard = (value: unknown) => boolean

const isString: Guard = (value) => typeof value === "string"
const isNumber: Guard = (value) => typeof value === "number"
const orAbsent =
  (guard: Guard): Guard =>
  (value) =>
    value === undefined || guard(value)

const FIELDS: Readonly<Record<Exclude<keyof FileRecord, "isForeign">, Guard>> = {
  original: isString,
  version: isString,
  weakVersion: orAbsent(isString),
  isStable: orAbsent((value) => typeof value === "boolean"),
  digest: orAbsent(isString),
  kind: orAbsent((value) => ORIGINAL_KINDS.some((kind) => kind === value)),
  recipeId: isString,
  etag: isString,
  contentType: isString,
  modifiedMs: isNumber,
  file: (value) => {
    const { byteLength, mtimeNs, ino } = (value ?? {}) as Partial<FileIdentity>
    return isNumber(byteLength) && isString(mtimeNs) && isString(ino)
  },
}

/** False for anything else that a record file may contain: the rendition counts as absent then. */
export const isFileRecord = (value: unknown): value is FileRecord =>
  typeof value === "object" &&
  value !== null &&
  Object.entries(FIELDS).every(([name, guard]) => guard((value as Readonly<Record<string, unknown>>)[name]))

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
