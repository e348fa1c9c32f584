/**
 * Deletes what a changed original makes stale, for proxies that serve the stored files without asking us: at once, and once more when
 * every render that was running at the time has ended, since it may have stored the old picture in between.
 *
 * Folders are watched rather than files: the system tells of a folder's children, so 300 000 photos in 40 000 folders cost 40 000
 * watches. (A watch for every file, as libraries set, would take gigabytes and more than Linux allows by default.)
 */
import { type FSWatcher, statSync, watch } from "node:fs"
import { readdir } from "node:fs/promises"
import { join, relative, sep } from "node:path"

import { canBeOriginal, type OriginalKey, toOriginalKey } from "../sizes/key.ts"
import type { Core } from "../tailor/tailor.ts"

export interface WatchOptions {
  /** Absolute. */
  readonly originals: string
  /** Absolute; never watched, wherever it lies. */
  readonly renditions: string | undefined
  /** When the second pass comes: no render outlasts it. */
  readonly longestRenderMs: number
  /** Told of what could not be watched or deleted. */
  readonly onError: (error: unknown) => void
  /** Told of what was deleted: an original, or with a slash at its end a folder. */
  readonly onPurge?: (original: string, count: number) => void
}

/** A watch that is on. */
export interface Watch {
  /** Stops watching; second passes that are due later are dropped. */
  readonly close: () => Promise<void>
}

type Kind = "folder" | "other"

const kindOf = (path: string): Kind | undefined => {
  try {
    const stats = statSync(path, { throwIfNoEntry: false })
    if (!stats) return undefined
    return stats.isDirectory() ? "folder" : "other"
  } catch {
    // A loop of links, or a folder that may not be looked into: something is there, and it is none that can be watched.
    return "other"
  }
}

interface Tree {
  /** Watches a folder and all below it. */
  readonly add: (folder: string) => Promise<void>
  /** Whether a folder is watched. */
  readonly has: (folder: string) => boolean
  /** Stops watching a folder and all below it. */
  readonly remove: (folder: string) => void
}

/** @param onEvent told of a child that appeared, changed or went */
const createTree = (
  isLeftOut: (path: string) => boolean,
  onEvent: (path: string) => void,
  onError: (error: unknown) => void,
): Tree => {
  const watchers = new Map<string, FSWatcher>()
  let wasFull = false

  const remove = (folder: string): void => {
    for (const [path, watcher] of watchers) {
      if (path !== folder && !path.startsWith(folder + sep)) continue
      watcher.close()
      watchers.delete(path)
    }
  }

  const onFailure = (folder: string, error: unknown): void => {
    const isFull = error instanceof Error && "code" in error && error.code === "ENOSPC"
    // A folder may go while it is being looked at.
    if (!isFull && kindOf(folder)) onError(error)
    // Told once: every further folder fails alike.
    if (isFull && !wasFull) onError(new Error("the system allows no more watches: raise fs.inotify.max_user_watches"))
    wasFull ||= isFull
  }

  const add = async (folder: string): Promise<void> => {
    if (isLeftOut(folder) || watchers.has(folder)) return
    try {
      const watcher = watch(folder, (_, name) => onEvent(name === null ? folder : join(folder, name)))
      watcher.on("error", (error) => {
        remove(folder)
        if (kindOf(folder)) onError(error)
      })
      watchers.set(folder, watcher)
      for (const entry of await readdir(folder, { withFileTypes: true })) {
        const path = join(folder, entry.name)
        if (entry.isDirectory()) await add(path)
        else if (entry.isSymbolicLink()) onError(new Error(`${path} is a link: what changes behind it is not noticed`))
      }
    } catch (error) {
      onFailure(folder, error)
    }
  }

  return { add, has: (folder) => watchers.has(folder), remove }
}

/** Starts watching, and deletes what became stale while nobody watched. Resolves when every change from now on is noticed. */
export const watchOriginals = async (core: Core, options: WatchOptions): Promise<Watch> => {
  const { originals, renditions, longestRenderMs, onError, onPurge } = options
  const later = new Map<string, NodeJS.Timeout>()

  const purge = async (key: OriginalKey, isFolder: boolean): Promise<void> => {
    try {
      // A photo may have become a folder, or a folder a photo.
      const count = (await core.purgeStale(key)) + (isFolder ? ((await core.sweep(`${key}/`)) ?? 0) : 0)
      if (count > 0) onPurge?.(isFolder ? `${key}/` : key, count)
    } catch (error) {
      onError(error)
    }
  }

  const onEvent = (path: string): void => {
    const key = toOriginalKey(relative(originals, path).split(sep).join("/"))
    if (key === undefined || !canBeOriginal(key, core.grammar) || isOurs(path)) return
    const kind = kindOf(path)
    const isFolder = kind === "folder" || tree.has(path)
    // In a shared store, folders of renditions are ours.
    if (isFolder && !canBeOriginal(`${key}/any`, core.grammar)) return
    if (kind !== "folder") tree.remove(path)
    // Photos may have come into a new folder before it was watched: it is swept once it is.
    if (kind === "folder") void tree.add(path).then(() => purge(key, true))
    else void purge(key, isFolder)
    clearTimeout(later.get(path))
    const secondPass = (): void => {
      later.delete(path)
      void core.settled().then(() => purge(key, isFolder))
    }
    later.set(path, setTimeout(secondPass, longestRenderMs))
  }

  const isOurs = (path: string): boolean =>
    renditions !== undefined && (path === renditions || path.startsWith(renditions + sep))
  const tree = createTree(isOurs, onEvent, onError)
  await tree.add(originals)
  const children = await readdir(originals).catch(() => [])
  // An empty folder is rather one that is not mounted than one whose photos were all deleted.
  if (children.length > 0) await core.sweep("").catch(onError)

  return {
    close: async () => {
      for (const timer of later.values()) clearTimeout(timer)
      tree.remove(originals)
    },
  }
}
