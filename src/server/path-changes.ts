/**
 * Responsible for handling one changed path: updating the watched folders and links, and deleting the renditions that became stale.
 *
 * Invariants:
 * - A removal counts only where the nearest existing parent folder is the one that was watched.
 */
import { dirname } from "node:path"

import type { OriginalKey } from "../sizes/key.ts"
import type { Core } from "../tailor/tailor.ts"
import { type Entry, entryOf, identityOf } from "./folder-identity.ts"
import type { FolderTree } from "./folder-tree.ts"
import type { Links } from "./links.ts"

export interface PathChangesOptions {
  readonly core: Pick<Core, "purgeStale" | "sweep" | "settled">
  /** Folder of the originals. */
  readonly originals: string
  /** The key of a path. Undefined where it cannot be an original. */
  readonly keyOf: (path: string) => OriginalKey | undefined
  readonly tree: FolderTree
  readonly links: Links
  /** Sweeps everything. */
  readonly sweepAll: () => void
  /** Called with errors of deletions. */
  readonly onError: (error: unknown) => void
  /** Called after a deletion, with an original or a folder with a trailing slash. */
  readonly onPurge: ((original: string, count: number) => void) | undefined
  readonly signal: AbortSignal
}

/** The entries that disappeared while they were watched. */
interface Removal {
  /** A file is no longer there. */
  readonly isFileRemoved: boolean
  /** A folder is no longer there, with all that was in it. */
  readonly isFolderRemoved: boolean
}

const NOTHING_REMOVED: Removal = { isFileRemoved: false, isFolderRemoved: false }

/** Handles changed paths. */
export interface PathChanges {
  /** Handles a changed path. @returns the argument of {@link PathChanges.repeat}, undefined where it need not be repeated */
  readonly handle: (path: string) => Promise<{ readonly mayBeFolder: boolean } | undefined>
  /** Deletes stale renditions again, after the renders that are running: they may have stored the old original since. */
  readonly repeat: (path: string, mayBeFolder: boolean) => Promise<void>
  /** Sweeps folders that are watched only from now on. */
  readonly sweepFolders: (folders: readonly string[]) => Promise<void>
}

export const createPathChanges = (options: PathChangesOptions): PathChanges => {
  const { core, originals, keyOf, tree, links, sweepAll, onError, onPurge, signal } = options

  const purge = async (
    path: string,
    mayBeFolder: boolean,
    { isFileRemoved, isFolderRemoved }: Removal,
  ): Promise<void> => {
    const key = keyOf(path)
    if (key === undefined || signal.aborted) return
    try {
      // A photo may have become a folder, or a folder a photo.
      const purged = await core.purgeStale(key, { signal, isRemoved: isFileRemoved })
      const swept = mayBeFolder ? await core.sweep(`${key}/`, { signal, isRemoved: isFolderRemoved }) : undefined
      const count = purged + (swept ?? 0)
      if (count > 0) onPurge?.(mayBeFolder ? `${key}/` : key, count)
    } catch (error) {
      if (!signal.aborted) onError(error)
    }
  }

  const purgeAliases = async (path: string, mayBeFolder: boolean, removal: Removal): Promise<void> => {
    for (const alias of links.aliasesOf(path)) await purge(alias, mayBeFolder, removal)
  }

  const isInWatchedParent = async (path: string): Promise<boolean> => {
    for (let folder = dirname(path); folder.length >= originals.length; folder = dirname(folder))
      if (await identityOf(folder)) return tree.isSame(folder)
    return false
  }

  /** The removals that the present entry at a path proves. */
  const findRemoval = async (path: string, entry: Entry): Promise<Removal> => {
    if (entry === "link" || entry === "hidden" || !(await isInWatchedParent(path))) return NOTHING_REMOVED
    return { isFileRemoved: entry !== "other", isFolderRemoved: entry !== "folder" }
  }

  const sweepFolders = async (folders: readonly string[]): Promise<void> => {
    for (const folder of folders) {
      if (folder === originals) sweepAll()
      else await purgeAliases(folder, true, await findRemoval(folder, "folder"))
    }
  }

  return {
    handle: async (path) => {
      const entry = path === originals ? "folder" : await entryOf(path)
      if (entry === "folder") {
        await sweepFolders(await tree.update(path))
        return undefined
      }
      if (entry === "hidden") return undefined
      if (entry === "link") await links.add(path)
      else links.remove(path)
      const mayBeFolder = tree.has(path) || entry === "link"
      tree.remove(path)
      await purgeAliases(path, mayBeFolder, await findRemoval(path, entry))
      return { mayBeFolder }
    },
    repeat: async (path, mayBeFolder) => {
      await core.settled()
      await purgeAliases(path, mayBeFolder, await findRemoval(path, await entryOf(path)))
    },
    sweepFolders,
  }
}
