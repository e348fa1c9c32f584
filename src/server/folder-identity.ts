/** Responsible for telling what a path leads to, and whether that is still the same. */
import { lstat, stat } from "node:fs/promises"

/** Device and inode of a file or folder: equal values mean the same one. */
export interface Identity {
  readonly isFolder: boolean
  readonly id: string
}

/** What a path leads to, through links. Undefined where nothing is there or it cannot be looked at. */
export const identityOf = async (path: string): Promise<Identity | undefined> => {
  try {
    const stats = await stat(path, { bigint: true })
    return { isFolder: stats.isDirectory(), id: `${stats.dev}:${stats.ino}` }
  } catch {
    return undefined
  }
}

/** What lies at a path itself: "hidden" where that cannot be seen, for example in a folder that this process may not enter. */
export type Entry = "folder" | "link" | "other" | "nothing" | "hidden"

/** Looks at a path. A link is not followed. */
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
