/**
 * Responsible for reading one file of a folder of originals.
 *
 * Invariants:
 * - The file that was opened is the file that is checked and read, even if its path leads elsewhere in the meantime.
 * - The bytes are those of one version.
 */
import { type BigIntStats, constants, read, readSync } from "node:fs"
import { sep } from "node:path"
import { promisify } from "node:util"

import { busy, originalTooLarge } from "../errors.ts"
import type { LentMemory, ReusableMemory } from "../reusable-memory.ts"
import type { FileCalls } from "./folder-calls.ts"
import type { OriginalObject, OriginalStat } from "./store.ts"

/** The coarsest clock of a common file system is FAT's, with two seconds. */
const STABLE_AFTER_MS = 2000

const READ_ATTEMPTS = 3

/** Without O_NONBLOCK, opening a FIFO waits for a writer. */
const FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0)

/** An open file. */
export interface OpenedFile {
  readonly fd: number
  readonly stats: BigIntStats
  /** When it was opened, in milliseconds since 1970. */
  readonly openedMs: number
}

/** Opens a file for reading, behind links too. @throws system errors */
export const openFile = async (calls: FileCalls, path: string): Promise<OpenedFile> => {
  const openedMs = Date.now()
  const fd = await calls.open(path, FLAGS)
  try {
    return { fd, stats: await calls.fstat(fd), openedMs }
  } catch (error) {
    await calls.close(fd)
    throw error
  }
}

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
    modifiedMs: Number(stats.mtimeMs),
  }
}

/** Identifies a file while it exists. */
export const inodeOf = ({ dev, ino }: BigIntStats): string => `${dev}:${ino}`

/** The path that Linux knows for an open file; undefined on other systems and without /proc. */
const pathOfOpenFile = async (calls: FileCalls, fd: number): Promise<string | undefined> => {
  try {
    return await calls.readlink(`/proc/self/fd/${fd}`)
  } catch {
    return undefined
  }
}

/** On systems without /proc, a path whose real path leads to the same file. A link may be exchanged between the two calls. */
const realPathOf = async (calls: FileCalls, path: string, stats: BigIntStats): Promise<string | undefined> => {
  const real = await calls.realpath(path)
  const found = await calls.stat(real)
  return found && inodeOf(found) === inodeOf(stats) ? real : undefined
}

/**
 * True if an open file is inside a folder.
 * @param path with which it was opened
 * @throws system errors
 */
export const isInside = async (calls: FileCalls, root: string, path: string, file: OpenedFile): Promise<boolean> => {
  const realRoot = await calls.realpath(root)
  const real = (await pathOfOpenFile(calls, file.fd)) ?? (await realPathOf(calls, path, file.stats))
  return real !== undefined && real.startsWith(realRoot.endsWith(sep) ? realRoot : realRoot + sep)
}

/** A read up to this length costs less at once than in the thread pool. */
const READ_NOW_BYTES = 65_536

const readLater = promisify(read)

/** How files are read. */
export interface Reading {
  readonly calls: FileCalls
  /** Whether small files are read at once. */
  readonly isLocal: boolean
  readonly memory: ReusableMemory
}

/** Fills memory; undefined if the file has become shorter. */
const readExactly = async (
  { isLocal, memory }: Reading,
  fd: number,
  length: number,
): Promise<LentMemory | undefined> => {
  const lent = memory.lend(length)
  const isNow = isLocal && length <= READ_NOW_BYTES
  for (let at = 0; at < length;) {
    const count = isNow
      ? readSync(fd, lent.bytes, at, length - at, at)
      : (await readLater(fd, lent.bytes, at, length - at, at)).bytesRead
    if (count === 0) return undefined
    at += count
  }
  return lent
}

/**
 * Reads an open file, and again if it changes meanwhile.
 * @throws {original-too-large} {busy}
 * @throws system errors
 */
export const readWhole = async (reading: Reading, file: OpenedFile, maxBytes: number): Promise<OriginalObject> => {
  let [before, beforeMs] = [file.stats, file.openedMs]
  for (let attempt = 0; attempt < READ_ATTEMPTS; attempt++) {
    const found = toOriginalStat(before, beforeMs)
    if (before.size > maxBytes) throw originalTooLarge(`${before.size} bytes`, `${maxBytes} bytes`)
    const lent = await readExactly(reading, file.fd, Number(before.size))
    const afterMs = Date.now()
    const after = await reading.calls.fstat(file.fd)
    if (lent && toOriginalStat(after, beforeMs).version === found.version) return { stat: found, ...lent }
    ;[before, beforeMs] = [after, afterMs]
  }
  throw busy("writing")
}
