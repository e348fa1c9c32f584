/**
 * Responsible for originals in a folder, which is never written.
 *
 * On a local disk, the lookup of each request is synchronous: a hit needs a single one, and the thread pool that an asynchronous call
 * would wait for may be busy. On a network file system, a lookup may never end. There it is asynchronous and bounded.
 *
 * Invariants:
 * - No bytes come from a file outside the folder, even if links lead there or change during the read.
 * - A FIFO or a device counts as absent, and opening it does not block.
 * - A file that cannot be read counts as absent and is reported. A folder that cannot be used as a whole is unavailable.
 * - An original has one key: the spelling of its path on disk.
 */
import { type BigIntStats, statSync } from "node:fs"
import { type FileHandle, stat } from "node:fs/promises"
import { resolve } from "node:path"

import type { LRUCache } from "lru-cache"

import { orAbort } from "../abort.ts"
import { createGate } from "../gate.ts"
import { createLru } from "../lru.ts"
import { checkOriginalsFolder } from "./folder-check.ts"
import { replacedAt } from "./folder-evidence.ts"
import { inodeOf, isInside, openFile, readWhole, toOriginalStat } from "./folder-file.ts"
import { listFolder } from "./folder-list.ts"
import { networkFileSystemOf } from "./folder-network.ts"
import { absentOr, filePath, isForbidden, systemCode, unavailable } from "./folder-paths.ts"
import { createFolderRoot, type FolderRoot } from "./folder-root.ts"
import { createSpelling } from "./folder-spelling.ts"
import { createFolderStats, type FolderStats } from "./folder-stats.ts"
import { createNotices, type NotifyOnce } from "./notices.ts"
import type { CallOptions, OriginalObject, Originals, OriginalStat } from "./store.ts"

/** Files that were verified lately; about 200 bytes each. */
const MAX_VERIFIED = 100_000

/** Concurrent calls to a network file system. If its server does not respond, each one holds a thread of the pool (libuv has four). */
const NETWORK_CALLS = 2

/** Options for originals in a folder. */
export interface FolderOriginalsOptions {
  /** Receives sentences for the operator about files and folders that cannot be used. */
  readonly onNotice?: ((text: string) => void) | undefined
}

/** One folder of originals. */
interface Folder {
  /** Absolute. */
  readonly path: string
  readonly root: FolderRoot
  /** Inodes of files that were verified, by path. A path that still leads to the same file is not verified again. */
  readonly verified: LRUCache<string, string>
  readonly stats: FolderStats
  readonly isExactlySpelled: (key: string) => Promise<boolean>
  readonly notifyOnce: NotifyOnce
}

interface OpenedFile {
  readonly file: FileHandle
  readonly stats: BigIntStats
}

const createFolder = (path: string, onNotice: FolderOriginalsOptions["onNotice"]): Folder => ({
  path,
  root: createFolderRoot(path),
  verified: createLru<string>(MAX_VERIFIED),
  stats: createFolderStats(),
  isExactlySpelled: createSpelling(path),
  notifyOnce: createNotices(onNotice),
})

/** Reports an error that means absence and that the operator can repair. @throws {store-unavailable} for any other error */
const toAbsent = async (
  { root, notifyOnce }: Folder,
  error: unknown,
  key: string,
  path: string,
): Promise<undefined> => {
  absentOr(error, key)
  await root.requireUsable(key)
  if (isForbidden(error))
    notifyOnce("forbidden", `${path} is not readable (${systemCode(error)}) and counts as absent.`)
}

const verify = async (folder: Folder, key: string, path: string, { file, stats }: OpenedFile): Promise<boolean> => {
  const inode = inodeOf(stats)
  if (folder.verified.get(path) === inode) return true
  if (!(await isInside(folder.path, path, file, stats))) {
    folder.notifyOnce("outside", `${path} leads out of ${folder.path} through a link and counts as absent.`)
    return false
  }
  if (!(await folder.isExactlySpelled(key))) return false
  folder.verified.set(path, inode)
  folder.root.onFound(stats.dev)
  return true
}

/** Opens an original; undefined if there is none. @throws system errors */
const openVerified = async (folder: Folder, key: string, path: string): Promise<OpenedFile | undefined> => {
  const file = await openFile(path)
  let isOriginal = false
  try {
    const opened = { file, stats: await file.stat({ bigint: true }) }
    isOriginal = opened.stats.isFile() && (await verify(folder, key, path, opened))
    return isOriginal ? opened : undefined
  } finally {
    if (!isOriginal) await file.close()
  }
}

type LookUp = (path: string) => BigIntStats | undefined | Promise<BigIntStats>

const lookUpNow: LookUp = (path) => statSync(path, { bigint: true, throwIfNoEntry: false })
const lookUpLater: LookUp = (path) => stat(path, { bigint: true })

const head = async (folder: Folder, lookUp: LookUp, key: string): Promise<OriginalStat | undefined> => {
  const path = filePath(folder.path, key)
  if (!path) return undefined
  const beforeMs = Date.now()
  try {
    const stats = await lookUp(path)
    if (!stats) await folder.root.requireUsable(key)
    if (!stats?.isFile()) return undefined
    if (folder.verified.get(path) === inodeOf(stats)) return folder.stats.statOf(path, stats, beforeMs)
    const opened = await openVerified(folder, key, path)
    await opened?.file.close()
    return opened && toOriginalStat(opened.stats, beforeMs)
  } catch (error) {
    return toAbsent(folder, error, key, path)
  }
}

const get = async (folder: Folder, key: string, maxBytes: number): Promise<OriginalObject | undefined> => {
  const path = filePath(folder.path, key)
  if (!path) return undefined
  let opened: OpenedFile | undefined
  try {
    opened = await openVerified(folder, key, path)
    return opened && (await readWhole(opened.file, maxBytes))
  } catch (error) {
    if (!opened) return await toAbsent(folder, error, key, path)
    throw systemCode(error) !== "" && error instanceof Error && "syscall" in error ? unavailable(error, key) : error
  } finally {
    await opened?.file.close()
  }
}

/** True only with evidence that the original was deleted or replaced: an unmounted disk looks the same to `head`. */
const isGone = async ({ path: folder, root, verified }: Folder, key: string): Promise<boolean> => {
  const path = filePath(folder, key)
  if (!path) return false
  try {
    const replaced = await replacedAt(path)
    return replaced !== undefined && (await root.isEvidence(replaced, verified.get(path)))
  } catch {
    return false
  }
}

/** How calls run on the file system of the folder. */
interface Access {
  /** Absent where a call may take long. */
  readonly headSync?: (key: string) => OriginalStat | undefined
  readonly head: (key: string, options?: CallOptions) => Promise<OriginalStat | undefined>
  readonly get: (key: string, maxBytes: number, options?: CallOptions) => Promise<OriginalObject | undefined>
}

const localAccess = (folder: Folder): Access => ({
  headSync: (key) => {
    const path = filePath(folder.path, key)
    return path === undefined ? undefined : folder.stats.lookUp(path)
  },
  head: (key) => head(folder, lookUpNow, key),
  get: (key, maxBytes) => get(folder, key, maxBytes),
})

/** A call waits for its turn and for its result until its signal aborts. Work that has begun keeps its turn until it ends. */
const networkAccess = (folder: Folder): Access => {
  const gate = createGate({ capacity: NETWORK_CALLS, maxWaiting: Infinity })
  const run = async <T>(work: () => Promise<T>, options: CallOptions | undefined): Promise<T> => {
    const release = await gate.acquire(1, options?.signal)
    const running = work().finally(release)
    // Its caller may leave before it fails.
    running.catch(() => {})
    return orAbort(running, options?.signal)
  }
  return {
    head: (key, options) => run(() => head(folder, lookUpLater, key), options),
    get: (key, maxBytes, options) => run(() => get(folder, key, maxBytes), options),
  }
}

/**
 * Originals in a folder. Changes are noticed at once.
 * @param folder may be a symbolic link, and may start to lead elsewhere
 * @example
 * createTailor({ originals: folderOriginals("photos", { onNotice: console.warn }), sizes: ["360x270"] })
 */
export const folderOriginals = (folder: string, { onNotice }: FolderOriginalsOptions = {}): Originals => {
  const opened = createFolder(resolve(folder), onNotice)
  let access: Access | undefined
  let beginning: Promise<Access> | undefined

  const begin = async (): Promise<Access> => {
    const [network, isUsable] = await Promise.all([networkFileSystemOf(opened.path), opened.root.begin()])
    const found = network === undefined ? localAccess(opened) : networkAccess(opened)
    // A folder that is mounted later may be on a network file system.
    if (isUsable) access = found
    else beginning = undefined
    return found
  }
  const ready = (options: CallOptions | undefined): Access | Promise<Access> =>
    access ?? orAbort((beginning ??= begin()), options?.signal)

  const headOf: Originals["head"] = async (key, options) => (access ?? (await ready(options))).head(key, options)
  return {
    name: "folder",
    head: headOf,
    headSync: (key) => access?.headSync?.(key),
    get: async (key, options = {}) => (await ready(options)).get(key, options.maxBytes ?? Infinity, options),
    list: (prefix, options) =>
      listFolder(opened.path, prefix, {
        after: options?.after,
        signal: options?.signal,
        isListedLink: async (key) => (await headOf(key, options)) !== undefined,
        onUnreadable: (path, error) =>
          (options?.onSkip ?? onNotice)?.(`${path} cannot be listed and is skipped: ${systemCode(error)}`),
      }),
    isGone: async (key, options) => {
      await ready(options)
      return isGone(opened, key)
    },
    check: async (options) => {
      await ready(options)
      return checkOriginalsFolder(opened.path)
    },
  }
}
