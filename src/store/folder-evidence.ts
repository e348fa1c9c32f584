/** Responsible for the part of a path that shows that an original does not exist any more. */
import { lstat } from "node:fs/promises"
import { dirname } from "node:path"

import { systemCode } from "./folder-paths.ts"

/** The nearest path upwards that is a file. */
const fileAbove = async (path: string): Promise<string | undefined> => {
  const stats = await lstat(path).catch(() => undefined)
  if (stats) return stats.isFile() ? path : undefined
  return fileAbove(dirname(path))
}

/**
 * The path at which an original is missing or something else is instead of it: its own, or that of a folder that became a file.
 * Undefined if the original exists, and if its absence proves nothing: in a missing folder, or behind a link.
 * @throws system errors
 */
export const replacedAt = async (path: string): Promise<string | undefined> => {
  try {
    const stats = await lstat(path)
    // A link may lead to a disk that is not mounted.
    return stats.isFile() || stats.isSymbolicLink() ? undefined : path
  } catch (error) {
    if (systemCode(error) === "ENOENT") return path
    return systemCode(error) === "ENOTDIR" ? fileAbove(dirname(path)) : undefined
  }
}
