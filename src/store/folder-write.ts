/**
 * Responsible for writing files of a folder store, so that readers and nginx see a whole file or none, whenever the process is killed.
 */
import { randomUUID } from "node:crypto"
import {
  closeSync,
  fstatSync,
  fsync,
  futimesSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs"
import { readdir, rm, stat, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { promisify } from "node:util"

import { type FileIdentity, mtimeSecondsOf, toFileIdentity } from "./file-record.ts"
import { systemCode } from "./folder-paths.ts"

const sync = promisify(fsync)

/** A temporary file of this age has no writer any more. */
const ABANDONED_AFTER_MS = 600_000

const identityOf = (fd: number): FileIdentity => toFileIdentity(fstatSync(fd, { bigint: true }))

/**
 * Makes the ETag of a file, which counts in seconds, another one than that of each file before it: the time of a rendition differs from
 * those of its predecessors, also of deleted ones. The fraction of the second stays, by which a record knows its file.
 */
const makeTagDiffer = (fd: number, path: string, modifiedMs: number): void => {
  const own = identityOf(fd)
  const found = statSync(path, { bigint: true, throwIfNoEntry: false })
  const old = found && toFileIdentity(found)
  const wanted = Math.floor(modifiedMs / 1000)
  const taken = old?.byteLength === own.byteLength ? mtimeSecondsOf(old) : -Infinity
  const seconds = Math.max(wanted, taken + 1)
  if (seconds === mtimeSecondsOf(own)) return
  const time = seconds + Number((BigInt(own.mtimeNs) / 1_000_000n) % 1000n) / 1000
  futimesSync(fd, time, time)
}

/** Does something in a folder, which is created where it is missing. */
const inFolder = <T>(folder: string, work: () => T): T => {
  try {
    return work()
  } catch (error) {
    if (systemCode(error) !== "ENOENT") throw error
    mkdirSync(folder, { recursive: true })
    return work()
  }
}

/**
 * Writes a temporary file and renames it into place. Only the sync waits for the disk, so only the sync is asynchronous: the other calls
 * take microseconds for renditions of common sizes, less than a trip through the thread pool.
 * @param modifiedMs of a rendition, which is synced and has this time, or a later one where a file of the same length has it already. Any
 *   other file may be lost or damaged by a power failure
 * @returns the identity of the written file
 * @throws system errors; no temporary file is left then
 */
export const writeAtomically = async (
  temporary: string,
  path: string,
  { content, modifiedMs }: { readonly content: Uint8Array | string; readonly modifiedMs?: number },
): Promise<FileIdentity> => {
  const temporaryPath = join(temporary, randomUUID())
  try {
    const fd = inFolder(temporary, () => openSync(temporaryPath, "wx"))
    let identity
    try {
      writeFileSync(fd, content)
      if (modifiedMs !== undefined) {
        await sync(fd)
        makeTagDiffer(fd, path, modifiedMs)
      }
      identity = identityOf(fd)
    } finally {
      closeSync(fd)
    }
    inFolder(dirname(path), () => renameSync(temporaryPath, path))
    return identity
  } catch (error) {
    rmSync(temporaryPath, { force: true })
    throw error
  }
}

/** The time by the clock of the file system, which may be another machine's. */
const timeAt = async (folder: string): Promise<number> => {
  const path = join(folder, randomUUID())
  try {
    await writeFile(path, "")
    return (await stat(path)).mtimeMs
  } finally {
    await rm(path, { force: true })
  }
}

/** Removes the temporary files of killed writers. @throws system errors, except for a folder that does not exist */
export const removeAbandoned = async (temporary: string): Promise<void> => {
  const names = await readdir(temporary).catch((error: unknown) => {
    if (systemCode(error) === "ENOENT" || systemCode(error) === "ENOTDIR") return []
    throw error
  })
  if (names.length === 0) return
  const now = await timeAt(temporary)
  for (const name of names) {
    const path = join(temporary, name)
    const found = await stat(path).catch(() => undefined)
    if (found && now - found.mtimeMs > ABANDONED_AFTER_MS) await rm(path, { force: true })
  }
}
