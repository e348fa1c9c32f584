/**
 * Responsible for deleting the renditions that a changed original makes stale, for proxies that serve the stored files without asking
 * imgtailor. Each change is handled at once, and again when every render that was running at the time has ended, since such a render may
 * have stored the old picture in between.
 *
 * Invariants:
 * - No stale file stays: where a change may have been missed (an overflow, a replaced folder, a folder that is not watched), everything
 *   concerned is swept, and incomplete watching is reported by the log and the health check.
 * - The cost of an event does not depend on the number of folders.
 */
import { relative, sep } from "node:path"
import { setImmediate as nextTurn } from "node:timers/promises"

import type { Notify } from "../hooks.ts"
import { canBeOriginal, type OriginalKey, toOriginalKey } from "../sizes/key.ts"
import type { Core } from "../tailor/tailor.ts"
import { createDelayed, type Delayed } from "./delayed.ts"
import { createFolderTree, type FolderTree } from "./folder-tree.ts"
import { createFullSweeps, type FullSweeps } from "./full-sweeps.ts"
import { createLinks } from "./links.ts"
import { createPathChanges, type PathChanges } from "./path-changes.ts"
import { createPathEvents, type PathEvents } from "./path-events.ts"
import { createOverflow, describeTree } from "./watch-limits.ts"

/** Times of a watch, in milliseconds. */
export interface WatchTimes {
  /** Events of one path within this time are one. @default 50 */
  readonly coalesceMs: number
  /** Between two comparisons of the watched folders with the disk. @default 60000 */
  readonly verifyMs: number
  /** Between two sweeps where every folder is watched. @default 3600000 */
  readonly sweepMs: number
  /** Between two sweeps where some folders are not. @default 300000 */
  readonly incompleteSweepMs: number
}

const DEFAULT_TIMES: WatchTimes = { coalesceMs: 50, verifyMs: 60_000, sweepMs: 3_600_000, incompleteSweepMs: 300_000 }

export interface WatchOptions {
  /** Absolute path. */
  readonly originals: string
  /** Precedes the keys of these originals, where they are one of several sources. @default "" */
  readonly prefix?: string
  /** Absolute path. Never watched, even inside the originals. */
  readonly renditions: string | undefined
  /** No render takes longer, so the second pass comes after it. */
  readonly longestRenderMs: number
  /** Called with errors of deletions. */
  readonly onError: (error: unknown) => void
  /** Called where watching becomes incomplete, or complete again. */
  readonly onNotice?: Notify
  /** Called after a deletion, with an original or a folder with a trailing slash. */
  readonly onPurge?: (original: string, count: number) => void
  readonly times?: Partial<WatchTimes>
}

/** State of a watch, for health checks. */
export interface WatchState {
  /** Folders below the originals, the root included. */
  readonly folders: number
  /** How many of them are watched. */
  readonly watched: number
  /** End of the latest complete sweep, in milliseconds since 1970. */
  readonly lastSweepMs: number | undefined
  /** Why some folders are not watched. */
  readonly problem: string | undefined
}

/** A watch that is running. */
export interface Watch {
  /** Resolves when every later change is noticed. */
  readonly ready: Promise<void>
  /** Resolves when every change noticed so far has been handled and no sweep is running. */
  readonly settled: () => Promise<void>
  readonly state: () => WatchState
  /** Stops watching and ends a sweep that is running. Second passes that are due later are dropped. */
  readonly close: () => Promise<void>
}

/** Folders compared with the disk before other work gets a turn. */
const FOLDERS_PER_TURN = 50

interface Keys {
  /** The key of a path. Undefined where it cannot be an original. */
  readonly keyOf: (path: string) => OriginalKey | undefined
  /** True for a folder that is not watched. */
  readonly isLeftOut: (path: string) => boolean
}

const createKeys = ({ grammar }: Core, { originals, renditions, prefix = "" }: WatchOptions): Keys => {
  const keyOf = (path: string): OriginalKey | undefined => {
    const key = toOriginalKey(prefix + relative(originals, path).split(sep).join("/"))
    return key !== undefined && canBeOriginal(key, grammar) ? key : undefined
  }
  return {
    keyOf,
    isLeftOut: (path) => {
      if (path === originals) return false
      if (renditions !== undefined && (path === renditions || path.startsWith(renditions + sep))) return true
      // In a shared store, a folder that is named like a size holds renditions.
      return keyOf(`${path}${sep}any`) === undefined
    },
  }
}

/** Calls back with each watched folder whose path leads to another one now, or to none. */
const findReplaced = async (
  tree: FolderTree,
  onReplaced: (folder: string) => void,
  signal: AbortSignal,
): Promise<void> => {
  let count = 0
  for (const folder of tree.folders()) {
    if (signal.aborted) return
    if (!(await tree.isSame(folder))) onReplaced(folder)
    count += 1
    if (count % FOLDERS_PER_TURN === 0) await nextTurn()
  }
}

/** Reports where watching becomes incomplete, or complete again. */
const createReporter = (tree: FolderTree, onNotice: Notify | undefined): (() => void) => {
  let reported: string | undefined
  return () => {
    const problem = describeTree(tree.state())
    if (problem !== reported)
      onNotice?.(problem ?? "All folders of the originals are watched.", problem ? "warn" : "info")
    reported = problem
  }
}

interface Parts {
  readonly tree: FolderTree
  readonly sweeps: FullSweeps
  readonly changes: PathChanges
  readonly events: PathEvents
  /** Paths that are waiting for their second pass. */
  readonly later: Delayed<boolean>
}

const createParts = (core: Core, options: WatchOptions, times: WatchTimes, signal: AbortSignal): Parts => {
  const { originals, longestRenderMs, onError, onNotice, onPurge } = options
  const { keyOf, isLeftOut } = createKeys(core, options)
  const links = createLinks(originals)
  const sweeps = createFullSweeps({ core, originals, prefix: options.prefix ?? "", ...times, onError, signal })
  const overflow = createOverflow(() => {
    onNotice?.("Many files changed at once, and some events may be missing: sweeping everything.", "warn")
    events.add(originals)
    void sweeps.run()
  })
  const onEvent = (path: string): void => {
    overflow()
    events.add(path)
  }
  const tree = createFolderTree({ isLeftOut, onLink: links.add, onEvent, signal })
  const sweepAll = (): void => void sweeps.run()
  const changes = createPathChanges({ core, originals, keyOf, tree, links, sweepAll, onError, onPurge, signal })
  const later = createDelayed<boolean>(longestRenderMs, (path, mayBeFolder) => void changes.repeat(path, mayBeFolder))
  const events = createPathEvents({
    coalesceMs: times.coalesceMs,
    handle: async (path) => {
      if (isLeftOut(path)) return
      const change = await changes.handle(path)
      if (change) later.add(path, change.mayBeFolder)
    },
    signal,
  })
  return { tree, sweeps, changes, events, later }
}

/** Starts to watch the originals, and sweeps for what became stale while nothing was watched. */
export const watchOriginals = (core: Core, options: WatchOptions): Watch => {
  const { originals, onError, onNotice } = options
  const times = { ...DEFAULT_TIMES, ...options.times }
  const controller = new AbortController()
  const { signal } = controller
  const { tree, sweeps, changes, events, later } = createParts(core, options, times, signal)
  const report = createReporter(tree, onNotice)

  const verify = async (): Promise<void> => {
    await findReplaced(tree, events.add, signal)
    await changes.sweepFolders(await tree.retry())
    if (!tree.has(originals)) events.add(originals)
    if (signal.aborted) return
    report()
    sweeps.runIfDue(describeTree(tree.state()) === undefined)
  }
  let working: Promise<void> | undefined
  const work = (task: () => Promise<unknown>): Promise<void> =>
    (working ??= task()
      .then(() => {}, onError)
      .finally(() => (working = undefined)))

  const ready = work(async () => {
    await tree.update(originals)
    if (signal.aborted) return
    report()
    void sweeps.run()
  })
  const timer = setInterval(() => void work(verify), times.verifyMs).unref()

  const settled = async (): Promise<void> => {
    await working
    await events.settled()
    await sweeps.settled()
  }
  return {
    ready,
    settled,
    state: () => {
      const { folders, watched } = tree.state()
      return { folders, watched, lastSweepMs: sweeps.lastMs(), problem: describeTree(tree.state()) }
    },
    close: async () => {
      controller.abort()
      clearInterval(timer)
      later.clear()
      tree.remove(originals)
      await settled()
      // A folder that was being added.
      tree.remove(originals)
    },
  }
}
