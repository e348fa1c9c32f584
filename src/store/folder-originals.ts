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
import { resolve } from "node:path"

import type { LRUCache } from "lru-cache"

import { orAbort } from "../abort.ts"
import { createGate } from "../gate.ts"
import { createLru } from "../lru.ts"
import { createReusableMemory } from "../reusable-memory.ts"
import { CALLS_LATER, CALLS_NOW } from "./folder-calls.ts"
import { checkOriginalsFolder } from "./folder-check.ts"
import { replacedAt } from "./folder-evidence.ts"
import { inodeOf, isInside, openFile, type OpenedFile, type Reading, readWhole, toOriginalStat } from "./folder-file.ts"
import { listFolder } from "./folder-list.ts"
import { networkFileSystemOf } from "./folder-network.ts"
import { absentOr, filePath, isForbidden, systemCode, unavailable } from "./folder-paths.ts"
import { createFolderRoot, type FolderRoot } from "./folder-root.ts"
import { createSpelling } from "./folder-spelling.ts"
import { createFolderStats, type FolderStats } from "./folder-stats.ts"
import { createNotices, type NotifyOnce } from "./notices.ts"
import type { CallOptions, HeadOptions, OriginalObject, Originals, OriginalStat } from "./store.ts"

/** Files that were verified lately; about 200 bytes each. */
const MAX_VERIFIED = 100_000

/** Concurrent calls to a network file system. If its server does not respond, each one holds a thread of the pool (libuv has four). */
const NETWORK_CALLS = 2

/** Photos of a few megabytes, one for each concurrent render on a few cores, or one PNG of 12 megapixels. */
const MEMORY = { maxKeptBytes: 36_000_000, idleMs: 10_000 }

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
  readonly isExactlySpelled: ReturnType<typeof createSpelling>
  readonly notifyOnce: NotifyOnce
}

/** A folder, and how its files are read. */
interface Access extends Reading {
  readonly folder: Folder
  /** A lookup of which nothing is remembered: a sweep would displace the files that are served. @default false */
  readonly isFresh?: boolean | undefined
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

/** A file on another device than the root is remembered in any case: its absence proves nothing. */
const verify = async (access: Access, key: string, path: string, file: OpenedFile): Promise<boolean> => {
  const { folder, calls, isFresh } = access
  const inode = inodeOf(file.stats)
  if (folder.verified.get(path) === inode) return true
  if (!(await isInside(calls, folder.path, path, file))) {
    folder.notifyOnce("outside", `${path} leads out of ${folder.path} through a link and counts as absent.`)
    return false
  }
  if (!(await folder.isExactlySpelled(calls, key))) return false
  if (!isFresh || !folder.root.isStartDevice(file.stats.dev)) folder.verified.set(path, inode)
  folder.root.onFound(file.stats.dev)
  return true
}

/** Opens an original; undefined if there is none. @throws system errors */
const openVerified = async (access: Access, key: string, path: string): Promise<OpenedFile | undefined> => {
  const file = await openFile(access.calls, path)
  let isOriginal = false
  try {
    isOriginal = file.stats.isFile() && (await verify(access, key, path, file))
    return isOriginal ? file : undefined
  } finally {
    if (!isOriginal) await access.calls.close(file.fd)
  }
}

const head = async (access: Access, key: string): Promise<OriginalStat | undefined> => {
  const { folder, calls } = access
  const path = filePath(folder.path, key)
  if (!path) return undefined
  const beforeMs = Date.now()
  try {
    const stats = await calls.stat(path)
    if (!stats) await folder.root.requireUsable(key)
    if (!stats?.isFile()) return undefined
    if (folder.verified.get(path) === inodeOf(stats))
      return access.isFresh ? toOriginalStat(stats, beforeMs) : folder.stats.statOf(path, stats, beforeMs)
    const file = await openVerified(access, key, path)
    if (file) await calls.close(file.fd)
    return file && toOriginalStat(file.stats, beforeMs)
  } catch (error) {
    return toAbsent(folder, error, key, path)
  }
}

const get = async (access: Access, key: string, maxBytes: number): Promise<OriginalObject | undefined> => {
  const { folder, calls } = access
  const path = filePath(folder.path, key)
  if (!path) return undefined
  let file: OpenedFile | undefined
  try {
    file = await openVerified(access, key, path)
    return file && (await readWhole(access, file, maxBytes))
  } catch (error) {
    if (!file) return await toAbsent(folder, error, key, path)
    throw systemCode(error) !== "" && error instanceof Error && "syscall" in error ? unavailable(error, key) : error
  } finally {
    if (file) await calls.close(file.fd)
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

/** How the folder is looked up and read. */
interface Methods {
  /** Absent where a call may take long. */
  readonly headSync?: (key: string) => OriginalStat | undefined
  readonly head: (key: string, options?: HeadOptions) => Promise<OriginalStat | undefined>
  readonly get: (key: string, maxBytes: number, options?: CallOptions) => Promise<OriginalObject | undefined>
}

const localMethods = (folder: Folder): Methods => {
  const access: Access = { folder, calls: CALLS_NOW, isLocal: true, memory: createReusableMemory(MEMORY) }
  return {
    headSync: (key) => {
      const path = filePath(folder.path, key)
      return path === undefined ? undefined : folder.stats.lookUp(path)
    },
    head: (key, options) => head({ ...access, isFresh: options?.fresh }, key),
    get: (key, maxBytes) => get(access, key, maxBytes),
  }
}

/** A call waits for its turn and for its result until its signal aborts. Work that has begun keeps its turn until it ends. */
const networkMethods = (folder: Folder): Methods => {
  const access: Access = { folder, calls: CALLS_LATER, isLocal: false, memory: createReusableMemory(MEMORY) }
  const gate = createGate({ capacity: NETWORK_CALLS, maxWaiting: Infinity })
  const run = async <T>(work: () => Promise<T>, options: CallOptions | undefined): Promise<T> => {
    const release = await gate.acquire(1, options?.signal)
    const running = work().finally(release)
    // Its caller may leave before it fails.
    running.catch(() => {})
    return orAbort(running, options?.signal)
  }
  return {
    head: (key, options) => run(() => head({ ...access, isFresh: options?.fresh }, key), options),
    get: (key, maxBytes, options) => run(() => get(access, key, maxBytes), options),
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
  let methods: Methods | undefined
  let beginning: Promise<Methods> | undefined

  const begin = async (): Promise<Methods> => {
    const [network, isUsable] = await Promise.all([networkFileSystemOf(opened.path), opened.root.begin()])
    const found = network === undefined ? localMethods(opened) : networkMethods(opened)
    // A folder that is mounted later may be on a network file system.
    if (isUsable) methods = found
    else beginning = undefined
    return found
  }
  const ready = (options: CallOptions | undefined): Methods | Promise<Methods> =>
    methods ?? orAbort((beginning ??= begin()), options?.signal)

  const headOf: Originals["head"] = async (key, options) => (methods ?? (await ready(options))).head(key, options)
  return {
    name: "folder",
    head: headOf,
    headSync: (key) => methods?.headSync?.(key),
    get: async (key, options = {}) => (await ready(options)).get(key, options.maxBytes ?? Infinity, options),
    list: (prefix, options) =>
      listFolder(opened.path, prefix, {
        after: options?.after,
        isShallow: options?.isShallow,
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
