/**
 * Renditions in a folder: plain files that nginx can serve, and beside them what is recorded of each.
 *
 *   <folder>/files/<key>        the rendition
 *   <folder>/facts/<key>.json   its record, with the file's length, mtime and inode as they were when it was written
 *   <folder>/tmp/               what is being written
 *
 * Holds at every point where a process can be killed: a file is renamed into place whole and synced, and only then are its facts
 * written; facts that do not match their file make it a miss. So there is no transaction and nothing to repair.
 */
import { randomUUID } from "node:crypto"
import {
  closeSync,
  constants,
  createReadStream,
  fstatSync,
  fsync,
  mkdirSync,
  openSync,
  read,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs"
import { readdir, rm, stat, unlink } from "node:fs/promises"
import { dirname, join, resolve } from "node:path"
import { promisify } from "node:util"

import type { LRUCache } from "lru-cache"

import { createLru } from "../lru.ts"
import { type FileRecord, toFileIdentity, isFileRecord, isSameFile } from "./file-record.ts"
import { type FolderListOptions, listFolder } from "./folder-list.ts"
import { absentOr, FOLDER_KEY_LIMITS, filePath, systemCode, unavailable } from "./folder-paths.ts"
import type { OpenBody, RenditionMeta, RenditionObject, Renditions } from "./store.ts"

/** Up to here a file is read at once, synchronously: cheaper than asking the thread pool. */
const SYNC_READ_BYTES = 65_536
/** Above this a file is streamed rather than held. */
const HELD_BYTES = 1_048_576
/** Facts of so many renditions are remembered, about 1 kB each; those of another are read from its file. */
const CACHED_RECORDS = 5000
/** A temporary file this old has no writer any more. */
const ABANDONED_AFTER_MS = 600_000

const readAsync = promisify(read)
const syncAsync = promisify(fsync)

const readHeld = async (fd: number, length: number): Promise<Uint8Array | undefined> => {
  const bytes = Buffer.allocUnsafeSlow(length)
  try {
    for (let at = 0; at < length;) {
      const count =
        length <= SYNC_READ_BYTES
          ? readSync(fd, bytes, at, length - at, at)
          : (await readAsync(fd, bytes, at, length - at, at)).bytesRead
      if (count === 0) return undefined
      at += count
    }
    return bytes
  } finally {
    closeSync(fd)
  }
}

const streamed = (fd: number): OpenBody => ({
  stream: (range) => createReadStream("", { fd, autoClose: true, ...range, start: range?.start ?? 0 }),
  close: async () => closeSync(fd),
})

/** Opens a file if it is the one that its facts speak of. */
const openIfSame = (path: string, facts: FileRecord): number | undefined => {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  if (isSameFile(toFileIdentity(fstatSync(fd, { bigint: true })), facts.file)) return fd
  closeSync(fd)
  return undefined
}

/** One folder of renditions. */
interface Place {
  readonly files: string
  readonly facts: string
  readonly temporary: string
  /** Facts that were read or written lately. */
  readonly known: LRUCache<string, FileRecord>
}

const recordPath = ({ facts }: Place, key: string): string | undefined => filePath(facts, `${key}.json`)

const readRecord = (place: Place, key: string): FileRecord | undefined => {
  const path = recordPath(place, key)
  try {
    const facts: unknown = path && JSON.parse(readFileSync(path, "utf8"))
    if (!isFileRecord(facts)) return undefined
    place.known.set(key, facts)
    return facts
  } catch (error) {
    return error instanceof SyntaxError ? undefined : absentOr(error, key)
  }
}

/** The open file with facts that speak of it: those in memory first, then those on disk, since another process may have written. */
const openWithRecord = (
  place: Place,
  key: string,
  path: string,
): { readonly fd: number; readonly facts: FileRecord } | undefined => {
  const openBy = (facts: FileRecord | undefined): { readonly fd: number; readonly facts: FileRecord } | undefined => {
    const fd = facts && openIfSame(path, facts)
    return facts && fd !== undefined ? { fd, facts } : undefined
  }
  return openBy(place.known.get(key)) ?? openBy(readRecord(place, key))
}

const head = async (place: Place, key: string): Promise<RenditionMeta | undefined> => {
  const path = filePath(place.files, key)
  try {
    const opened = path && openWithRecord(place, key, path)
    if (opened) closeSync(opened.fd)
    return opened ? opened.facts : undefined
  } catch (error) {
    return absentOr(error, key)
  }
}

const get = async (place: Place, key: string): Promise<RenditionObject | undefined> => {
  const path = filePath(place.files, key)
  try {
    const opened = path && openWithRecord(place, key, path)
    if (!opened) return undefined
    const { fd, facts } = opened
    const { byteLength: bytes } = facts.file
    if (bytes > HELD_BYTES) return { meta: facts, byteLength: bytes, body: streamed(fd) }
    const body = await readHeld(fd, bytes)
    return body && { meta: facts, byteLength: bytes, body }
  } catch (error) {
    return absentOr(error, key)
  }
}

/**
 * Writes a file aside and moves it into place; what is known of it then. Only the sync waits for the disk, so only it leaves this
 * thread: the other calls take microseconds for renditions of the usual size, less than a trip through the thread pool.
 */
const writeAtomically = async (
  { temporary }: Place,
  path: string,
  content: Uint8Array | string,
  isSynced: boolean,
): Promise<FileRecord["file"]> => {
  const tempPath = join(temporary, randomUUID())
  try {
    mkdirSync(temporary, { recursive: true })
    const fd = openSync(tempPath, "wx")
    let facts
    try {
      writeFileSync(fd, content)
      if (isSynced) await syncAsync(fd)
      facts = toFileIdentity(fstatSync(fd, { bigint: true }))
    } finally {
      closeSync(fd)
    }
    mkdirSync(dirname(path), { recursive: true })
    renameSync(tempPath, path)
    return facts
  } catch (error) {
    rmSync(tempPath, { force: true })
    throw error
  }
}

const put = async (place: Place, key: string, bytes: Uint8Array, meta: RenditionMeta): Promise<void> => {
  const path = filePath(place.files, key)
  const record = recordPath(place, key)
  if (!path || !record) throw unavailable("outside the folder", key)
  place.known.delete(key)
  try {
    const facts: FileRecord = { ...meta, file: await writeAtomically(place, path, bytes, true) }
    // Unsynced: facts that a power cut loses or damages make a miss, no more.
    await writeAtomically(place, record, JSON.stringify(facts), false)
    place.known.set(key, facts)
  } catch (error) {
    throw unavailable(error, key)
  }
}

/** @returns whether there was a file to remove */
const remove = async (path: string | undefined, key: string): Promise<boolean> => {
  if (!path) return false
  try {
    await unlink(path)
    return true
  } catch (error) {
    // Some systems say EPERM for a directory, which is absent; a file that may not be removed is not.
    const isRefused =
      ["EACCES", "EPERM"].includes(systemCode(error)) && (await stat(path).catch(() => undefined))?.isFile()
    if (isRefused) throw unavailable(error, key)
    return absentOr(error, key) ?? false
  }
}

const removeAll = async (place: Place, keys: readonly string[]): Promise<number> => {
  let removed = 0
  for (const key of keys) {
    place.known.delete(key)
    if (await remove(filePath(place.files, key), key)) removed += 1
    await remove(recordPath(place, key), key)
  }
  return removed
}

/** A folder without any rendition yet has an empty list. */
async function* listStored({ files }: Place, prefix: string, options: FolderListOptions): AsyncGenerator<string> {
  if ((await stat(files).catch(() => undefined))?.isDirectory()) yield* listFolder(files, prefix, options)
}

const tidy = async ({ temporary }: Place): Promise<void> => {
  for (const name of await readdir(temporary).catch(() => [])) {
    const path = join(temporary, name)
    const found = await stat(path).catch(() => undefined)
    if (found && Date.now() - found.mtimeMs > ABANDONED_AFTER_MS) await rm(path, { force: true })
  }
}

/**
 * Renditions under a folder.
 * @param options.files where the plain files go, when not into `<folder>/files`: the originals' own folder, for a shared store
 */
export const folderRenditions = (folder: string, options: { readonly files?: string } = {}): Renditions => {
  const root = resolve(folder)
  const files = resolve(options.files ?? join(root, "files"))
  const known = createLru<FileRecord>(CACHED_RECORDS)
  const place: Place = { files, facts: join(root, "facts"), temporary: join(root, "tmp"), known }
  return {
    name: "folder",
    keyLimits: FOLDER_KEY_LIMITS,
    head: (key) => head(place, key),
    get: (key) => get(place, key),
    put: (key, bytes, meta) => put(place, key, bytes, meta),
    delete: (keys) => removeAll(place, keys),
    list: (prefix, options) => listStored(place, prefix, { signal: options?.signal, leaveOut: root }),
    tidy: () => tidy(place),
  }
}
