/** Responsible for identifying the file or folder at a path, so that a replaced one is noticed. */
import { lstat, stat } from "node:fs/promises"

/** Device and inode of a file or folder: equal values mean the same one. */
export interface Identity {
  readonly isFolder: boolean
  readonly id: string
}

/** The file or folder at a path, through links. Undefined where nothing is there or access is denied. */
export const identityOf = async (path: string): Promise<Identity | undefined> => {
  try {
    const stats = await stat(path, { bigint: true })
    return { isFolder: stats.isDirectory(), id: `${stats.dev}:${stats.ino}` }
  } catch {
    return undefined
  }
}

/** The kind of entry at a path: "hidden" where that is unknown, for example in a folder that this process may not enter. */
export type Entry = "folder" | "link" | "other" | "nothing" | "hidden"

/** The kind of entry at a path. A link is not followed. */
export const entryOf = async (path: string): Promise<Entry> => {
  try {
    const stats = await lstat(path)
    if (stats.isSymbolicLink()) return "link"
    return stats.isDirectory() ? "folder" : "other"
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined
    return code === "ENOENT" || code === "ENOTDIR" ? "nothing" : "hidden"
  }
}
