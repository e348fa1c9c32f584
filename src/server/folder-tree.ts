/**
 * Responsible for watching a folder and all folders below it. Folders are watched rather than files, since the system reports changes of
 * a folder's children: 300 000 photos in 40 000 folders cost 40 000 watches. (Libraries that watch every file need gigabytes for that,
 * and more watches than Linux allows by default.)
 *
 * Invariants:
 * - A watch belongs to the folder that its path leads to: device and inode are compared at every update.
 * - A folder that could not be watched is tried again.
 */
import { readdir } from "node:fs/promises"
import { join } from "node:path"
import { setImmediate as nextTurn } from "node:timers/promises"

import { identityOf } from "./folder-identity.ts"
import { createWatchedFolders, type FoldersState } from "./watched-folders.ts"

export interface FolderTreeOptions {
  /** Folders that are left out, with everything below them. */
  readonly isLeftOut: (path: string) => boolean
  /** Called with the path of a child that was created, changed or removed. */
  readonly onEvent: (path: string) => void
  /** Called with each symbolic link that is found. */
  readonly onLink: (path: string) => Promise<void>
  readonly signal: AbortSignal
}

/** A tree of watched folders. */
export interface FolderTree {
  /** Brings the watches of a folder and all below it in line with the disk. @returns the topmost folders whose watch is new */
  readonly update: (folder: string) => Promise<readonly string[]>
  /** Tries again to watch the folders that are not watched. @returns like {@link FolderTree.update} */
  readonly retry: () => Promise<readonly string[]>
  /** Stops watching a folder and all below it. */
  readonly remove: (folder: string) => void
  readonly has: (folder: string) => boolean
  /** True where a path leads to the folder that is known under it. */
  readonly isSame: (folder: string) => Promise<boolean>
  /** All folders, parents first. */
  readonly folders: () => readonly string[]
  readonly state: () => FoldersState
}

/** Folders that are updated before other work gets a turn. */
const FOLDERS_PER_TURN = 50

export const createFolderTree = ({ isLeftOut, onEvent, onLink, signal }: FolderTreeOptions): FolderTree => {
  const folders = createWatchedFolders(onEvent)

  /** @returns true where the watch is new, undefined where there is no such folder */
  const watchFolder = async (folder: string): Promise<boolean | undefined> => {
    const identity = await identityOf(folder)
    if (!identity?.isFolder || signal.aborted) {
      folders.remove(folder)
      return undefined
    }
    const isNew = folders.add(folder, identity.id)
    if ((await identityOf(folder))?.id === identity.id) return isNew
    // The folder was replaced meanwhile, so the watch may be of either.
    folders.remove(folder)
    return watchFolder(folder)
  }

  /** @returns the folders in a folder */
  const readFolder = async (folder: string): Promise<readonly string[]> => {
    const children = new Set<string>()
    try {
      for (const entry of await readdir(folder, { withFileTypes: true })) {
        if (entry.isDirectory()) children.add(join(folder, entry.name))
        else if (entry.isSymbolicLink()) await onLink(join(folder, entry.name))
      }
    } catch (error) {
      folders.setReadError(folder, error)
      return []
    }
    folders.setReadError(folder, undefined)
    // A folder that is not listed may have been created since.
    for (const child of folders.childrenOf(folder))
      if (!children.has(child) && !(await identityOf(child))?.isFolder) folders.remove(child)
    return [...children]
  }

  const update = async (top: string): Promise<readonly string[]> => {
    const fresh: string[] = []
    const stack = [{ folder: top, isBelowFresh: false }]
    for (let count = 1; ; count++) {
      const next = stack.pop()
      if (!next || signal.aborted) return fresh
      const { folder, isBelowFresh } = next
      const isNew = isLeftOut(folder) ? undefined : await watchFolder(folder)
      if (isNew === undefined) continue
      if (isNew && !isBelowFresh) fresh.push(folder)
      for (const child of await readFolder(folder)) stack.push({ folder: child, isBelowFresh: isNew || isBelowFresh })
      if (count % FOLDERS_PER_TURN === 0) await nextTurn()
    }
  }

  return {
    update,
    retry: async () => {
      const fresh: string[] = []
      for (const folder of folders.failed()) fresh.push(...(await update(folder)))
      return fresh
    },
    remove: folders.remove,
    has: (folder) => folders.idOf(folder) !== undefined,
    isSame: async (folder) => {
      const id = folders.idOf(folder)
      return id !== undefined && (await identityOf(folder))?.id === id
    },
    folders: folders.all,
    state: folders.state,
  }
}
