/**
 * Responsible for originals in a folder, which is never written.
 *
 * On a local disk, the lookup of each request is synchronous: a hit needs a single one, and the thread pool that an asynchronous call
 * would wait for may be busy. On a network file system, a lookup may never end, so there it is asynchronous and bounded.
 *
 * Invariants:
 * - No response comes from a file outside the folder, whatever links lead there and whatever changes during the read.
 * - A FIFO or a device counts as absent, and opening it does not block.
 * - A file that cannot be read counts as absent, and the operator is told so. A folder that cannot be used as a whole is unavailable.
 * - An original has one key: the spelling of its path on disk.
 */
import { type BigIntStats, statSync } from "node:fs"
import { type FileHandle, lstat, stat } from "node:fs/promises"
import { resolve } from "node:path"

import { orAbort } from "../abort.ts"
import { codeOf } from "../errors.ts"
import { createGate } from "../gate.ts"
import { createLru } from "../lru.ts"
import { checkOriginalsFolder } from "./folder-check.ts"
import { inodeOf, isInside, openFile, readWhole, toOriginalStat } from "./folder-file.ts"
import { listFolder } from "./folder-list.ts"
import { networkFileSystemOf } from "./folder-network.ts"
import { createNotices, type NotifyOnce } from "./folder-notices.ts"
import { absentOr, filePath, isForbidden, systemCode, unavailable } from "./folder-paths.ts"
import { createFolderRoot, type FolderRoot } from "./folder-root.ts"
import { createSpelling } from "./folder-spelling.ts"
import type { CallOptions, GetOptions, ListOptions, OriginalObject, Originals, OriginalStat } from "./store.ts"

/** Files that were verified lately; about 200 bytes each. */
const MAX_VERIFIED = 100_000

/** Concurrent lookups on a network file system. If its server does not respond, each holds a thread of the pool. */
const NETWORK_LOOKUPS = 2

/** Options for originals in a folder. */
export interface FolderOriginalsOptions {
  /** Receives sentences for the operator about files and folders that cannot be used. */
  readonly onNotice?: ((text: string) => void) | undefined
}

/** The state of one folder. */
interface Folder {
  /** Absolute. */
  readonly path: string
  readonly root: FolderRoot
  /** Inodes of files that were found to lie inside, by path. A path that still leads to the same file is not checked again. */
  readonly verified: Map<string, string> | ReturnType<typeof createLru<string>>
  readonly isExactlySpelled: (key: string) => Promise<boolean>
  readonly notifyOnce: NotifyOnce
  /** Looks a path up; undefined if nothing is there. @throws system errors */
  readonly lookUp: (path: string, signal: AbortSignal | undefined) => BigIntStats | undefined | Promise<BigIntStats | undefined>
}

/** An error that means absence is reported if the operator can repair it. @throws {store-unavailable} for any other error */
const toAbsent = async ({ path: root, root: state, notifyOnce }: Folder, error: unknown, key: string): Promise<undefined> => {
  absentOr(error, key)
  await state.requireUsable(key)
  if (isForbidden(error)) notifyOnce("forbidden", `${root}/${key} is not readable (${systemCode(error)}): it counts as absent.`)
}
