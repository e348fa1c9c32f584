/**
 * Responsible for reading one file of a folder of originals.
 *
 * Invariants:
 * - The file that was opened is the file that is checked and read, even if its path leads elsewhere in the meantime.
 * - The bytes are those of one version.
 */
import { type BigIntStats, constants } from "node:fs"
import { type FileHandle, open, readlink, realpath, stat } from "node:fs/promises"
import { sep } from "node:path"

import { busy, originalTooLarge } from "../errors.ts"
import type { OriginalObject, OriginalStat } from "./store.ts"

/** The coarsest clock of a common file system is FAT's, with two seconds. */
const STABLE_AFTER_MS = 2000

const READ_ATTEMPTS = 3

/** Without O_NONBLOCK, opening a FIFO waits for a writer. */
const FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0)

/** Opens a file for reading, behind links too. @throws system errors */
export const openFile = (path: string): Promise<FileHandle> => open(path, FLAGS)

/**
 * The stat of an original. A time in the future counts as stable: clocks are set back, and photos keep the time of their camera.
 * @param beforeMs time before the file was looked at, in milliseconds since 1970: waiting since then must not make it look older
 */
export const toOriginalStat = (stats: BigIntStats, beforeMs: number): OriginalStat => {
  const now = Date.now()
  const isOld = (ms: bigint): boolean => ms < beforeMs - STABLE_AFTER_MS || ms > now + STABLE_AFTER_MS
  const { mtimeNs, ctimeNs, size, dev, ino } = stats
  const weakVersion = `${mtimeNs}-${size}`
  return {
    version: `${weakVersion}-${ctimeNs}-${dev}-${ino}`,
    weakVersion,
    byteLength: Number(size),
    isStable: isOld(stats.mtimeMs) && isOld(stats.ctimeMs),
  }
}

/** Identifies a file while it exists. */
export const inodeOf = ({ dev, ino }: BigIntStats): string => `${dev}:${ino}`

/** The path that Linux knows for an open file; undefined on other systems and without /proc. */
const pathOfOpenFile = async (file: FileHandle): Promise<string | undefined> => {
  try {
    return await readlink(`/proc/self/fd/${file.fd}`)
  } catch {
    return undefined
  }
}

/** On systems without /proc, a path whose real path leads to the same file. A link may be exchanged between the two calls. */
const realPathOf = async (path: string, stats: BigIntStats): Promise<string | undefined> => {
  const real = await realpath(path)
  return inodeOf(await stat(real, { bigint: true })) === inodeOf(stats) ? real : undefined
}

/**
 * True if an open file is inside a folder.
 * @param path with which it was opened
 * @param stats of the open file
 * @throws system errors
 */
export const isInside = async (root: string, path: string, file: FileHandle, stats: BigIntStats): Promise<boolean> => {
  const [realRoot, real] = await Promise.all([
    realpath(root),
    pathOfOpenFile(file).then((found) => found ?? realPathOf(path, stats)),
  ])
  return real !== undefined && real.startsWith(realRoot.endsWith(sep) ? realRoot : realRoot + sep)
}

/** Fills a buffer; undefined if the file has become shorter. */
const readExactly = async (file: FileHandle, length: number): Promise<Uint8Array | undefined> => {
  const bytes = Buffer.allocUnsafeSlow(length)
  for (let at = 0; at < length;) {
    const { bytesRead } = await file.read(bytes, at, length - at, at)
    if (bytesRead === 0) return undefined
    at += bytesRead
  }
  return bytes
}

/**
 * Reads an open file, and again if it changes meanwhile.
 * @throws {original-too-large} {busy}
 * @throws system errors
 */
export const readWhole = async (file: FileHandle, maxBytes: number): Promise<OriginalObject> => {
  for (let attempt = 0; attempt < READ_ATTEMPTS; attempt++) {
    const beforeMs = Date.now()
    const before = await file.stat({ bigint: true })
    const found = toOriginalStat(before, beforeMs)
    if (before.size > maxBytes) throw originalTooLarge(`${before.size} bytes`, `${maxBytes} bytes`)
    const bytes = await readExactly(file, Number(before.size))
    const after = toOriginalStat(await file.stat({ bigint: true }), beforeMs)
    if (bytes && after.version === found.version) return { stat: found, bytes }
  }
  throw busy("writing")
}
