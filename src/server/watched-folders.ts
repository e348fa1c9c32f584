/**
 * Responsible for the watches of single folders and for which folders belong below which.
 *
 * Invariants:
 * - Adding and removing a folder costs time for its own subtree only.
 * - A folder that cannot be watched or read is counted, and never ends the watch of others.
 */
import { type FSWatcher, watch } from "node:fs"
import { basename, dirname, join } from "node:path"

/** How many folders there are and how many of them are watched. */
export interface FoldersState {
  readonly folders: number
  readonly watched: number
  /** Why a folder is not watched. Undefined if all are. */
  readonly failure: Error | undefined
}

/** Folders with their watches. */
export interface WatchedFolders {
  /**
   * Watches a folder, unless it is watched already.
   * @param id device and inode of the folder; a watch of another folder under this path is replaced
   * @returns true where the watch is new
   */
  readonly add: (folder: string, id: string) => boolean
  /** Stops watching a folder and all below it. */
  readonly remove: (folder: string) => void
  /** A folder could not be read, or it could. */
  readonly setReadError: (folder: string, error: unknown) => void
  /** Device and inode of a folder, if it is known. */
  readonly idOf: (folder: string) => string | undefined
  /** Paths of the known folders in a folder. */
  readonly childrenOf: (folder: string) => readonly string[]
  /** All folders, parents first. */
  readonly all: () => readonly string[]
  /** Folders that are not watched or could not be read. */
  readonly failed: () => readonly string[]
  readonly state: () => FoldersState
}

interface Node {
  watcher: FSWatcher | undefined
  readonly id: string
  /** Names of the folders in it. Undefined for none: an empty set takes 150 bytes, and most folders contain photos only. */
  children: Set<string> | undefined
}

const toError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)))

/** @param onEvent called with the path of a child that was created, changed or removed, or of the folder itself */
export const createWatchedFolders = (onEvent: (path: string) => void): WatchedFolders => {
  const nodes = new Map<string, Node>()
  const failures = new Map<string, Error>()

  const startWatcher = (folder: string, node: Node): void => {
    try {
      const watcher = watch(folder, { persistent: false }, (_, name) => {
        // An event of the folder itself has its own name, as one of a child of that name would.
        if (name === null || name === basename(folder)) onEvent(folder)
        if (name !== null) onEvent(join(folder, name))
      })
      watcher.on("error", (error) => {
        watcher.close()
        node.watcher = undefined
        failures.set(folder, toError(error))
        onEvent(folder)
      })
      node.watcher = watcher
      failures.delete(folder)
    } catch (error) {
      failures.set(folder, toError(error))
    }
  }

  const remove = (folder: string): void => {
    const node = nodes.get(folder)
    if (!node) return
    node.watcher?.close()
    nodes.delete(folder)
    failures.delete(folder)
    nodes.get(dirname(folder))?.children?.delete(basename(folder))
    for (const name of node.children ?? []) remove(join(folder, name))
  }

  return {
    add: (folder, id) => {
      const known = nodes.get(folder)
      if (known?.watcher && known.id === id) return false
      if (known && known.id !== id) remove(folder)
      const node = nodes.get(folder) ?? { watcher: undefined, id, children: undefined }
      nodes.set(folder, node)
      const parent = nodes.get(dirname(folder))
      if (parent) (parent.children ??= new Set()).add(basename(folder))
      startWatcher(folder, node)
      return node.watcher !== undefined
    },
    remove,
    setReadError: (folder, error) => {
      if (error !== undefined) failures.set(folder, toError(error))
      else if (nodes.get(folder)?.watcher) failures.delete(folder)
    },
    idOf: (folder) => nodes.get(folder)?.id,
    childrenOf: (folder) => Array.from(nodes.get(folder)?.children ?? [], (name) => join(folder, name)),
    all: () => [...nodes.keys()],
    failed: () => [...failures.keys()],
    state: () => {
      const [failure] = failures.values()
      return { folders: nodes.size, watched: nodes.size - failures.size, failure }
    },
  }
}
