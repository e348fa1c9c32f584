/**
 * Responsible for one changed path: what it means for the watched folders and links, and which renditions it makes stale.
 *
 * Invariants:
 * - A removal counts only where the nearest existing parent folder is the one that was watched.
 */
import { dirname } from "node:path"

import type { OriginalKey } from "../sizes/key.ts"
import type { Core } from "../tailor/tailor.ts"
import { entryOf, identityOf } from "./folder-identity.ts"
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

/** Handles changed paths. */
export interface PathChanges {
  /** Handles a changed path. @returns whether to {@link PathChanges.repeat} it, and with what */
  readonly handle: (path: string) => Promise<{ readonly mayBeFolder: boolean } | undefined>
  /** Deletes what renders that ran at the time of the change have stored since. Waits for those that are running. */
  readonly repeat: (path: string, mayBeFolder: boolean) => Promise<void>
  /** Sweeps folders that are watched only from now on. */
  readonly sweepFolders: (folders: readonly string[]) => Promise<void>
}

export const createPathChanges = (options: PathChangesOptions): PathChanges => {
  const { core, originals, keyOf, tree, links, sweepAll, onError, onPurge, signal } = options

  const purge = async (path: string, mayBeFolder: boolean, isRemoved: boolean): Promise<void> => {
    const key = keyOf(path)
    if (key === undefined || signal.aborted) return
    try {
      // A photo may have become a folder, or a folder a photo.
      const purged = await core.purgeStale(key, { signal, isRemoved })
      const swept = mayBeFolder ? await core.sweep(`${key}/`, { signal, isRemoved }) : undefined
      const count = purged + (swept ?? 0)
      if (count > 0) onPurge?.(mayBeFolder ? `${key}/` : key, count)
    } catch (error) {
      if (!signal.aborted) onError(error)
    }
  }

  const purgeAliases = async (path: string, mayBeFolder: boolean, isRemoved: boolean): Promise<void> => {
    for (const alias of links.aliasesOf(path)) await purge(alias, mayBeFolder, isRemoved)
  }

  const isRemovedFromSameParent = async (path: string): Promise<boolean> => {
    if ((await entryOf(path)) !== "nothing") return false
    for (let folder = dirname(path); folder.length >= originals.length; folder = dirname(folder))
      if (await identityOf(folder)) return tree.isSame(folder)
    return false
  }

  const sweepFolders = async (folders: readonly string[]): Promise<void> => {
    for (const folder of folders) {
      if (folder === originals) sweepAll()
      else await purgeAliases(folder, true, false)
    }
  }

  return {
    handle: async (path) => {
      const entry = path === originals ? "folder" : await entryOf(path)
      if (entry === "folder") {
        await sweepFolders(await tree.update(path))
        return undefined
      }
      if (entry === "link") await links.add(path)
      else links.remove(path)
      const mayBeFolder = tree.has(path) || entry === "link"
      tree.remove(path)
      await purgeAliases(path, mayBeFolder, await isRemovedFromSameParent(path))
      return { mayBeFolder }
    },
    repeat: async (path, mayBeFolder) => {
      await core.settled()
      await purgeAliases(path, mayBeFolder, await isRemovedFromSameParent(path))
    },
    sweepFolders,
  }
}
