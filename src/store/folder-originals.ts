/**
 * Originals in a folder, never written. For local disks: a stat is made synchronously, since a hit needs just one, and the thread pool
 * that an asynchronous one would wait for is busy rendering.
 *
 * Holds: nothing outside the folder is read, whatever symlinks say; a FIFO or a device is absent and never opened for long; the bytes
 * given are those of one version, read from one open file.
 */
import { type BigIntStats, constants, realpathSync, statSync } from "node:fs"
import { type FileHandle, open } from "node:fs/promises"
import { resolve, sep } from "node:path"

import { busy, originalTooLarge } from "../errors.ts"
import { createLru } from "../lru.ts"
import { listFolder } from "./folder-list.ts"
import { absentOr, filePath, systemCode, unavailable } from "./folder-paths.ts"
import type { OriginalObject, Originals, OriginalStat } from "./store.ts"

/** No file system we know of has a coarser clock than FAT's two seconds. */
const SETTLED_AFTER_MS = 2000

const READ_ATTEMPTS = 3

/**
 * Times far ahead count as settled: clocks are set back, and photos come with the time of a camera's.
 * @param since when the file was not yet looked at, milliseconds since 1970: what waits in between must not make it look older
 */
const toStat = (stats: BigIntStats, since: number): OriginalStat => {
  const now = Date.now()
  const isSettled = (ms: bigint): boolean => ms < since - SETTLED_AFTER_MS || ms > now + SETTLED_AFTER_MS
  return {
    version: `${stats.mtimeNs}-${stats.ctimeNs}-${stats.size}`,
    byteLength: Number(stats.size),
    isStable: isSettled(stats.mtimeMs) && isSettled(stats.ctimeMs),
  }
}

/** Fills a buffer of the length that was promised; undefined where the file has become shorter. */
const readExactly = async (file: FileHandle, length: number): Promise<Uint8Array | undefined> => {
  const bytes = Buffer.allocUnsafeSlow(length)
  for (let at = 0; at < length;) {
    const { bytesRead } = await file.read(bytes, at, length - at, at)
    if (bytesRead === 0) return undefined
    at += bytesRead
  }
  return bytes
}

const readWhole = async (file: FileHandle, maxBytes: number): Promise<OriginalObject | undefined> => {
  for (let attempt = 0; attempt < READ_ATTEMPTS; attempt++) {
    const since = Date.now()
    const before = await file.stat({ bigint: true })
    const stat = toStat(before, since)
    if (!before.isFile()) return undefined
    if (before.size > maxBytes) throw originalTooLarge(`${before.size} bytes`, `${maxBytes} bytes`)
    const bytes = await readExactly(file, Number(before.size))
    if (bytes && toStat(await file.stat({ bigint: true }), since).version === stat.version) return { stat, bytes }
  }
  throw busy("writing")
}

/** Options for originals in a folder. */
export interface FolderOriginalsOptions {
  /** Receives sentences for the operator about files and folders that cannot be used. */
  readonly onNotice?: ((text: string) => void) | undefined
}

/**
 * Originals under a folder.
 * @param folder may be a symlink; it is resolved anew whenever a file is checked
 */
export const folderOriginals = (folder: string, { onNotice }: FolderOriginalsOptions = {}): Originals => {
  const root = resolve(folder)
  /** Files already found to lie inside, by path: a path that still leads to the same file needs no second look. */
  const inside = createLru<string>(100_000)

  const realPath = (path: string): string | undefined => {
    const real = realpathSync.native(path)
    const realRoot = realpathSync.native(root)
    return real.startsWith(realRoot.endsWith(sep) ? realRoot : realRoot + sep) ? real : undefined
  }

  const isInside = (path: string, { dev, ino }: BigIntStats): boolean => {
    const identity = `${dev}:${ino}`
    if (inside.get(path) === identity) return true
    if (!realPath(path)) return false
    inside.set(path, identity)
    return true
  }

  /** A folder that is not mounted, or may not be entered, must not look like one whose photos were all deleted. */
  const absent = (key: string): undefined => {
    try {
      statSync(`${root}${sep}.`)
    } catch (error) {
      if (systemCode(error) !== "ENOTDIR") throw unavailable(error, key)
    }
  }

  const head: Originals["head"] = async (key) => {
    const path = filePath(root, key)
    if (!path) return undefined
    const since = Date.now()
    try {
      const stats = statSync(path, { bigint: true, throwIfNoEntry: false })
      if (!stats) return absent(key)
      return stats.isFile() && isInside(path, stats) ? toStat(stats, since) : undefined
    } catch (error) {
      return absentOr(error, key) ?? absent(key)
    }
  }

  return {
    name: "folder",
    head,
    get: async (key, { maxBytes = Infinity } = {}) => {
      const path = filePath(root, key)
      let file: FileHandle | undefined
      try {
        const real = path && realPath(path)
        // Without O_NONBLOCK, opening a FIFO waits for a writer.
        if (real) file = await open(real, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW)
      } catch (error) {
        return absentOr(error, key) ?? absent(key)
      }
      if (!file) return undefined
      try {
        return await readWhole(file, maxBytes)
      } catch (error) {
        if (error instanceof Error && "syscall" in error) throw unavailable(error, key)
        throw error
      } finally {
        await file.close()
      }
    },
    list: (prefix, options) =>
      listFolder(root, prefix, {
        ...options,
        signal: options?.signal,
        isListedLink: async (key) => (await head(key)) !== undefined,
        onUnreadable: (path, error) =>
          (options?.onSkip ?? onNotice)?.(`${path} cannot be listed and is skipped: ${systemCode(error)}`),
      }),
  }
}
