/**
 * Responsible for how the system is called for files: on a local disk at once, since a trip through the thread pool costs more CPU than
 * these calls; on a network file system in the thread pool, since a call may take long or never end.
 */
import {
  type BigIntStats,
  close,
  closeSync,
  fstat,
  fstatSync,
  lstatSync,
  open,
  openSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  statSync,
} from "node:fs"
import { lstat, readdir, readlink, realpath, stat } from "node:fs/promises"
import { promisify } from "node:util"

type Later<T> = T | Promise<T>

/** Calls for files that take microseconds on a local disk. All throw system errors. */
export interface FileCalls {
  readonly open: (path: string, flags: number) => Later<number>
  readonly fstat: (fd: number) => Later<BigIntStats>
  readonly stat: (path: string) => Later<BigIntStats | undefined>
  readonly lstat: (path: string) => Later<BigIntStats | undefined>
  readonly readlink: (path: string) => Later<string>
  readonly realpath: (path: string) => Later<string>
  readonly readdir: (path: string) => Later<readonly string[]>
  readonly close: (fd: number) => Later<void>
}

/** Without creating an error for an absent file. */
const NOW = { bigint: true, throwIfNoEntry: false } as const
const LATER = { bigint: true } as const

/** For local disks. */
export const CALLS_NOW: FileCalls = {
  open: (path, flags) => openSync(path, flags),
  fstat: (fd) => fstatSync(fd, LATER),
  stat: (path) => statSync(path, NOW),
  lstat: (path) => lstatSync(path, NOW),
  readlink: (path) => readlinkSync(path),
  realpath: (path) => realpathSync.native(path),
  readdir: (path) => readdirSync(path),
  close: closeSync,
}

const openLater = promisify(open)
const fstatLater = promisify<number, { readonly bigint: true }, BigIntStats>(fstat)
const closeLater = promisify(close)

/** For network file systems. */
export const CALLS_LATER: FileCalls = {
  open: (path, flags) => openLater(path, flags),
  fstat: (fd) => fstatLater(fd, LATER),
  stat: (path) => stat(path, LATER),
  lstat: (path) => lstat(path, LATER),
  readlink: (path) => readlink(path),
  realpath: (path) => realpath(path),
  readdir: (path) => readdir(path),
  close: closeLater,
}
