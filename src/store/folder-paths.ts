/** What the two folder stores share: from keys to paths that stay inside a root, and which failures mean "absent". */
import { sep } from "node:path"

import { codeOf, storeUnavailable, type TailorError } from "../errors.ts"
import { isSafeKey, type KeyLimits } from "./store.ts"

/** NAME_MAX is 255 bytes on every common file system. A key leaves PATH_MAX (4096 bytes on Linux) room for the root. */
export const FOLDER_KEY_LIMITS: KeyLimits = { segment: 255, key: 2048 }

/** A name that is missing, not a file, not ours to read, or that no file can have: all of them read as absent. */
const ABSENT = new Set([
  "ENOENT",
  "ENOTDIR",
  "EISDIR",
  "EACCES",
  "EPERM",
  "ELOOP",
  "ENAMETOOLONG",
  "ENXIO",
  "ERR_INVALID_ARG_VALUE",
])

/** `ENOENT` and the like; empty where there is none. */
export const systemCode = (error: unknown): string =>
  error instanceof Error && "code" in error ? String(error.code) : ""

/** Undefined where a failure means absent; otherwise throws what the caller should see. */
export const absentOr = (error: unknown, key: string): undefined => {
  if (ABSENT.has(systemCode(error))) return undefined
  throw codeOf(error) ? error : unavailable(error, key)
}

/** A failure that is not absence. */
export const unavailable = (error: unknown, key: string): TailorError => storeUnavailable("folder", key, error)

/** The path of a key under an absolute root; undefined where it would leave the root or name a directory. */
export const filePath = (root: string, key: string): string | undefined =>
  isSafeKey(key) ? `${root}${sep}${key}` : undefined
