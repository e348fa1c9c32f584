/** Responsible for paths of keys in folders, and for the meaning of system errors there. */
import { sep } from "node:path"

import { codeOf, storeUnavailable, type TailorError } from "../errors.ts"
import { isSafeKey, type KeyLimits } from "./store.ts"

/** NAME_MAX is 255 bytes on every common file system. A key leaves PATH_MAX (4096 bytes on Linux) room for the root. */
export const FOLDER_KEY_LIMITS: KeyLimits = { segment: 255, key: 2048 }

/** Something that this process may not read or enter. */
const FORBIDDEN: ReadonlySet<string> = new Set(["EACCES", "EPERM"])

/** A missing name, something other than a file, and names that no file can have. */
const ABSENT: ReadonlySet<string> = new Set([
  ...FORBIDDEN,
  "ENOENT",
  "ENOTDIR",
  "EISDIR",
  "ELOOP",
  "ENAMETOOLONG",
  "ENXIO",
  "ERR_INVALID_ARG_VALUE",
])

/** The code of a system error, like `ENOENT`; empty for any other error. */
export const systemCode = (error: unknown): string =>
  error instanceof Error && "code" in error ? String(error.code) : ""

/** True if this process lacks the permission. */
export const isForbidden = (error: unknown): boolean => FORBIDDEN.has(systemCode(error))

/** An error that is not absence, as `store-unavailable`. */
export const unavailable = (error: unknown, key: string): TailorError => storeUnavailable("folder", key, error)

/** Returns undefined for an error that means absence, and throws any other as `store-unavailable`. */
export const absentOr = (error: unknown, key: string): undefined => {
  if (ABSENT.has(systemCode(error))) return undefined
  throw codeOf(error) ? error : unavailable(error, key)
}

/** The path of a key below an absolute root; undefined for a text that cannot be a key. */
export const filePath = (root: string, key: string): string | undefined =>
  isSafeKey(key) ? `${root}${sep}${key}` : undefined

/** The user that this process runs as, for messages. */
export const describeUser = (): string => {
  const uid = process.getuid?.()
  return uid === undefined ? "this user" : `uid ${uid}`
}
