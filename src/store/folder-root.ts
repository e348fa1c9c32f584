/**
 * Responsible for the state of a folder of originals as a whole: whether it can be used, and whether it is still the one that the process
 * started with.
 *
 * Invariants:
 * - A root that is not mounted, may not be entered or became empty is never taken for one whose originals were deleted.
 * - Requests for missing originals look at the root once a second at most.
 */
import { opendir, stat } from "node:fs/promises"
import { dirname, sep } from "node:path"

import { isForbidden, unavailable } from "./folder-paths.ts"

const LOOK_INTERVAL_MS = 1000

/** The state of a folder of originals. */
export interface FolderRoot {
  /** Looks at the folder for the first time. Returns true if it can be used, and never throws. */
  readonly begin: () => Promise<boolean>
  /** Call with the device of each original that was found. */
  readonly onFound: (device: bigint) => void
  /** True for the device of the root when it contained something for the first time. */
  readonly isStartDevice: (device: bigint) => boolean
  /** @throws {store-unavailable} if the folder as a whole cannot be used */
  readonly requireUsable: (key: string) => Promise<void>
  /**
   * True if the folder around a path can be listed, contains something, and is on the device that the root had at the start.
   * @param inode of the original when it existed, if known: it may have been on a mounted device
   * @throws system errors
   */
  readonly isEvidence: (path: string, inode: string | undefined) => Promise<boolean>
}

/** Undefined for a folder that may be entered but not listed. */
const isEmptyFolder = async (path: string): Promise<boolean | undefined> => {
  try {
    const directory = await opendir(path, { bufferSize: 1 })
    const first = await directory.read()
    await directory.close()
    return first === null
  } catch (error) {
    if (isForbidden(error)) return undefined
    throw error
  }
}

interface Look {
  readonly device: bigint
  readonly isEmpty: boolean | undefined
}

/** The dot needs the permission to enter the folder, which `stat(root)` does not. */
const lookAt = async (root: string): Promise<Look> => {
  const { dev } = await stat(`${root}${sep}.`, { bigint: true })
  return { device: dev, isEmpty: await isEmptyFolder(root) }
}

/** @param root absolute */
export const createFolderRoot = (root: string): FolderRoot => {
  /** The device of the root when it contained something for the first time. */
  let startDevice: bigint | undefined
  /** The device on which the root is known to be the right one. */
  let device: bigint | undefined
  /** Devices on which originals were found. */
  const found = new Set<bigint>()
  let latest: { readonly look: Promise<Look>; readonly atMs: number } | undefined

  const lookNow = async (): Promise<Look> => {
    const now = await lookAt(root)
    if (now.isEmpty !== true) startDevice ??= device ??= now.device
    return now
  }

  const look = (): Promise<Look> => {
    if (!latest || performance.now() - latest.atMs >= LOOK_INTERVAL_MS)
      latest = { look: lookNow(), atMs: performance.now() }
    return latest.look.catch((error: unknown) => {
      // A root that can be used again is noticed at once.
      latest = undefined
      throw error
    })
  }

  return {
    begin: () =>
      look().then(
        () => true,
        () => false,
      ),
    onFound: (foundOn) => void found.add(foundOn),
    isStartDevice: (asked) => asked === startDevice,
    requireUsable: async (key) => {
      const now = await look().catch((error: unknown) => {
        throw unavailable(error, key)
      })
      if (device === undefined) return
      if (now.isEmpty) throw unavailable(`${root} is empty, but contained files before. Is its disk mounted?`, key)
      if (now.device === device) return
      if (!found.has(now.device))
        throw unavailable(`${root} is on another device than before. Is its disk mounted?`, key)
      device = now.device
    },
    isEvidence: async (path, inode) => {
      const folder = dirname(path)
      const [inFolder, inRoot] = await Promise.all([stat(folder, { bigint: true }), lookNow()])
      if (inode !== undefined && !inode.startsWith(`${startDevice}:`)) return false
      const isOnStartDevice = inFolder.dev === startDevice && inRoot.device === startDevice
      return isOnStartDevice && inFolder.isDirectory() && (await isEmptyFolder(folder)) === false
    },
  }
}
