/**
 * Responsible for renditions in a folder: plain files that nginx can serve, with a record for each.
 *
 *   <folder>/files/<key>          the rendition
 *   <folder>/records/<key>.json   its record, with length, mtime and inode of the file that it describes
 *   <folder>/tmp/                 files that are being written
 *
 * Invariants:
 * - Wherever a process is killed: a file is renamed into place whole and synced, and its record is written after it. A record that does
 *   not match its file makes the rendition absent. Nothing needs to be repaired.
 * - A rendition has the ETag with which nginx serves its file, so that a client may get it from either.
 */
import { closeSync, constants, fstatSync, lstatSync, mkdirSync, openSync, readFileSync, statSync } from "node:fs"
import { stat, unlink } from "node:fs/promises"
import { join, resolve } from "node:path"

import type { LRUCache } from "lru-cache"

import { createLru } from "../lru.ts"
import { type FileRecord, isFileRecord, isSameFile, staticTagOf, toFileIdentity } from "./file-record.ts"
import { bodyOf, isReadSync, readHeldSync } from "./folder-body.ts"
import { checkRenditionsFolder } from "./folder-check.ts"
import { type FolderListOptions, listFolder } from "./folder-list.ts"
import { escapeName, ignoresCase, unescapeName } from "./folder-names.ts"
import { absentOr, filePath, FOLDER_KEY_LIMITS, isForbidden, systemCode, unavailable } from "./folder-paths.ts"
import { removeAbandoned, writeAtomically } from "./folder-write.ts"
import { removeEach } from "./remove-each.ts"
import type { HeldRendition, PutResult, RenditionHead, RenditionMeta, RenditionObject, Renditions } from "./store.ts"

/** Records of served or written renditions that are remembered, about 1 kB each. Others are read from their file. */
const MAX_RECORDS = 5000

/** One folder of renditions. */
interface Place {
  readonly root: string
  readonly files: string
  readonly records: string
  readonly temporary: string
  /** Records of the renditions that were served or written lately. */
  readonly known: LRUCache<string, FileRecord>
  /** Whether the file system ignores case. Unknown until the folder of records exists. */
  escapesNames?: boolean | undefined
}

const nameOf = (place: Place, key: string): string => {
  place.escapesNames ??= ignoresCase(place.records)
  return place.escapesNames ? escapeName(key) : key
}

const pathOf = (place: Place, key: string): string | undefined => filePath(place.files, nameOf(place, key))

const recordPathOf = (place: Place, key: string): string | undefined =>
  filePath(place.records, `${nameOf(place, key)}.json`)

const readRecord = (place: Place, key: string): FileRecord | undefined => {
  const path = recordPathOf(place, key)
  try {
    // Reading an absent file would create an error with a stack, for every miss.
    if (path === undefined || !statSync(path, { throwIfNoEntry: false })) return undefined
    const record: unknown = JSON.parse(readFileSync(path, "utf8"))
    return isFileRecord(record) ? record : undefined
  } catch (error) {
    return error instanceof SyntaxError ? undefined : absentOr(error, key)
  }
}

interface OpenRendition {
  readonly fd: number
  readonly record: FileRecord
}

/** Opens a file if it is the one that a record describes. */
const openIfSame = (path: string | undefined, record: FileRecord | undefined): OpenRendition | undefined => {
  if (path === undefined || !record) return undefined
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  if (isSameFile(toFileIdentity(fstatSync(fd, { bigint: true })), record.file)) return { fd, record }
  closeSync(fd)
  return undefined
}

/** Opens a rendition by the remembered record, else by the stored one, since another process may have written. */
const openRendition = (place: Place, key: string): OpenRendition | undefined => {
  const path = pathOf(place, key)
  return openIfSame(path, place.known.get(key)) ?? openIfSame(path, readRecord(place, key))
}

/** Remembers nothing: a sweep looks at each rendition once, and would displace the records of those that are served. */
const head = async (place: Place, key: string): Promise<RenditionMeta | undefined> => {
  try {
    const opened = openRendition(place, key)
    if (opened) closeSync(opened.fd)
    return opened?.record
  } catch (error) {
    return absentOr(error, key)
  }
}

const get = async (place: Place, key: string): Promise<RenditionObject | undefined> => {
  try {
    const opened = openRendition(place, key)
    if (!opened) return undefined
    place.known.set(key, opened.record)
    const { byteLength } = opened.record.file
    const body = await bodyOf(opened.fd, byteLength)
    return body && { meta: opened.record, byteLength, body }
  } catch (error) {
    return absentOr(error, key)
  }
}

/** A small rendition: open, stat and read without a trip through the thread pool. */
const getSync = (place: Place, key: string): HeldRendition | undefined => {
  const record = place.known.get(key)
  if (!record || !isReadSync(record.file.byteLength)) return undefined
  try {
    const opened = openIfSame(pathOf(place, key), record)
    const body = opened && readHeldSync(opened.fd, record.file.byteLength)
    return body && { meta: record, byteLength: body.length, body }
  } catch {
    return undefined
  }
}

/** One stat instead of open, stat, read and close. */
const headSync = (place: Place, key: string): RenditionHead | undefined => {
  const record = place.known.get(key)
  const path = record && pathOf(place, key)
  try {
    // Links are not followed, as when a rendition is opened.
    const stats = path && lstatSync(path, { bigint: true, throwIfNoEntry: false })
    if (!stats || !isSameFile(toFileIdentity(stats), record.file)) return undefined
    return { meta: record, byteLength: record.file.byteLength }
  } catch {
    return undefined
  }
}

const put = async (place: Place, key: string, bytes: Uint8Array, meta: RenditionMeta): Promise<PutResult> => {
  place.known.delete(key)
  try {
    if (place.escapesNames === undefined) mkdirSync(place.records, { recursive: true })
    const [path, recordPath] = [pathOf(place, key), recordPathOf(place, key)]
    if (!path || !recordPath) throw new Error("not a valid key")
    const file = await writeAtomically(place.temporary, path, { content: bytes, modifiedMs: meta.modifiedMs })
    const etag = staticTagOf(file)
    const record: FileRecord = { ...meta, etag, file }
    // A record that a power failure loses or damages makes the rendition absent, no more.
    await writeAtomically(place.temporary, recordPath, { content: JSON.stringify(record) })
    place.known.set(key, record)
    return { etag }
  } catch (error) {
    throw unavailable(error, key)
  }
}

/** Returns true if there was a file. */
const remove = async (path: string | undefined, key: string): Promise<boolean> => {
  if (!path) return false
  try {
    await unlink(path)
    return true
  } catch (error) {
    // Some systems report EPERM for a folder, which counts as absent. A file that may not be removed does not.
    const isFile = isForbidden(error) && (await stat(path).catch(() => undefined))?.isFile()
    if (isFile) throw unavailable(error, key)
    return absentOr(error, key) ?? false
  }
}

/** Deletes a rendition and its record. Returns true if there was one. */
const removeOne = async (place: Place, key: string): Promise<boolean> => {
  place.known.delete(key)
  const hasExisted = await remove(pathOf(place, key), key)
  await remove(recordPathOf(place, key), key)
  return hasExisted
}

/** A folder without any rendition has an empty list. */
async function* list(place: Place, prefix: string, options: FolderListOptions): AsyncGenerator<string> {
  if (!(await stat(place.files).catch(() => undefined))?.isDirectory()) return
  for await (const name of listFolder(place.files, nameOf(place, prefix), options)) {
    const key = place.escapesNames ? unescapeName(name) : name
    if (key !== undefined) yield key
  }
}

/** Options for renditions in a folder. */
export interface FolderRenditionsOptions {
  /** The folder of the plain files: that of the originals, in a shared store. @default `<folder>/files` */
  readonly files?: string
  /** Receives sentences for the operator about folders that cannot be listed. */
  readonly onNotice?: ((text: string) => void) | undefined
}

/**
 * Renditions in a folder, which is created when the first one is stored.
 * @example
 * createTailor({ originals: "photos", renditions: folderRenditions("/var/cache/imgtailor"), sizes: ["360x270"] })
 */
export const folderRenditions = (folder: string, { files, onNotice }: FolderRenditionsOptions = {}): Renditions => {
  const root = resolve(folder)
  const place: Place = {
    root,
    files: resolve(files ?? join(root, "files")),
    records: join(root, "records"),
    temporary: join(root, "tmp"),
    known: createLru<FileRecord>(MAX_RECORDS),
  }
  const { records, temporary } = place
  return {
    name: "folder",
    keyLimits: FOLDER_KEY_LIMITS,
    head: (key) => head(place, key),
    get: (key) => get(place, key),
    getSync: (key) => getSync(place, key),
    headSync: (key) => headSync(place, key),
    put: (key, bytes, meta) => put(place, key, bytes, meta),
    // One at a time, so that a purge leaves the thread pool to requests.
    delete: (keys) => removeEach(keys, (key) => removeOne(place, key), 1),
    list: (prefix, options) =>
      list(place, prefix, {
        signal: options?.signal,
        // Escaped names have another order.
        after: place.escapesNames ? undefined : options?.after,
        leaveOut: root,
        onUnreadable: (path, error) => onNotice?.(`${path} cannot be listed and is skipped: ${systemCode(error)}`),
      }),
    tidy: () =>
      removeAbandoned(temporary).catch((error: unknown) => {
        throw unavailable(error, temporary)
      }),
    check: () => checkRenditionsFolder({ root, temporary, targets: [place.files, records] }),
  }
}
