/** Responsible for looking whether folders can be used, when a server starts. */
import { mkdir, open, opendir, rename, rm, stat } from "node:fs/promises"
import { join, sep } from "node:path"

import { describeUser, isForbidden, systemCode } from "./folder-paths.ts"
import type { StoreProblem } from "./store.ts"

/** Errors that only the operator can repair. Others may pass: a full disk, a network file system that does not respond. */
const PERMANENT: ReadonlySet<string> = new Set([
  "EACCES",
  "EPERM",
  "EROFS",
  "ENOENT",
  "ENOTDIR",
  "EISDIR",
  "EEXIST",
  "ELOOP",
  "ENAMETOOLONG",
  "EXDEV",
])

const REMEDIES: Readonly<Record<string, string>> = {
  ENOENT: "Create the folder.",
  ENOTDIR: "Expected a folder, found a file.",
  EEXIST: "Expected a folder, found a file.",
  EROFS: "The file system is read-only: choose a folder on another one.",
  EXDEV: "Its sub-folders must be on one file system.",
  ENOSPC: "Free some space.",
  EDQUOT: "The quota is used up.",
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** Owner and mode of a folder, where it is there. */
const describeFolder = async (path: string): Promise<string> => {
  try {
    const { uid, mode } = await stat(path)
    return ` (owner uid ${uid}, mode ${(mode & 0o7777).toString(8).padStart(4, "0")})`
  } catch {
    return ""
  }
}

const toProblem = async (error: unknown, task: string, path: string): Promise<StoreProblem> => {
  const code = systemCode(error)
  const remedy = isForbidden(error)
    ? `Grant ${describeUser()} access to ${path}${await describeFolder(path)}.`
    : (REMEDIES[code] ?? "")
  const message = `Cannot ${task} as ${describeUser()}: ${messageOf(error)}. ${remedy}`.trimEnd()
  return { message, isPermanent: PERMANENT.has(code) }
}

/** Lists the folder and enters it. */
export const checkOriginalsFolder = async (path: string): Promise<StoreProblem | undefined> => {
  try {
    const directory = await opendir(path, { bufferSize: 1 })
    await directory.read()
    await directory.close()
    // Entering the folder is another permission than listing it.
    await stat(`${path}${sep}.`)
    return undefined
  } catch (error) {
    return toProblem(error, `list ${path}`, path)
  }
}

/** Folders that a rendition passes through, from its temporary file to its place. */
export interface WritableFolders {
  readonly root: string
  readonly temporary: string
  readonly targets: readonly string[]
}

/** Creates a folder. On a read-only file system, a recursive `mkdir` reports a missing folder, so it is the second choice. */
const createFolder = async (path: string): Promise<void> => {
  try {
    await mkdir(path)
  } catch (error) {
    if (systemCode(error) === "ENOENT") await mkdir(path, { recursive: true })
    else if (systemCode(error) !== "EEXIST") throw error
  }
}

/** Writes, syncs, renames and deletes a file, as for each rendition. */
export const checkRenditionsFolder = async ({
  root,
  temporary,
  targets,
}: WritableFolders): Promise<StoreProblem | undefined> => {
  // Not from node:crypto, which takes long to load when a server starts.
  const name = `.imgtailor-check-${process.pid}-${Math.random().toString(36).slice(2)}`
  try {
    for (const folder of [temporary, ...targets]) await createFolder(folder)
    for (const target of targets) {
      const file = await open(join(temporary, name), "wx")
      try {
        await file.writeFile("check")
        await file.sync()
      } finally {
        await file.close()
      }
      await rename(join(temporary, name), join(target, name))
      await rm(join(target, name))
    }
    return undefined
  } catch (error) {
    await rm(join(temporary, name), { force: true }).catch(() => {})
    return toProblem(error, `store renditions in ${root}`, root)
  }
}
