/** Responsible for facts about this machine and process that local checks judge. */
import { readFileSync } from "node:fs"
import { statfs } from "node:fs/promises"

import { machineMemory } from "../config/resolve.ts"
import { descriptorLimit } from "../server/descriptors.ts"

/** Free space of a file system. */
export interface FreeSpace {
  readonly bytes: number
  /** Files that can still be created. Undefined where the file system has no limit. */
  readonly files: number | undefined
  /** Share of the file system that is free, 0 to 1. */
  readonly share: number
}

/** Facts about the machine and the process. */
export interface System {
  /** As `process.platform`. */
  readonly platform: string
  /** As `process.arch`. */
  readonly arch: string
  /** Features of the processor in the names of Linux. Undefined where they are not known. */
  readonly processorFlags: () => ReadonlySet<string> | undefined
  /** Folders that one user may watch. Undefined where there is no limit, or another kind of watch. */
  readonly maxWatches: () => number | undefined
  /** Open files that this process may have. Undefined where they are not known. */
  readonly maxDescriptors: () => number | undefined
  /** Memory of the machine or the container, in bytes. */
  readonly memoryBytes: () => number
  readonly freeSpaceAt: (path: string) => Promise<FreeSpace>
  /** Environment variables. */
  readonly env: Readonly<Record<string, string | undefined>>
}

const readText = (path: string): string | undefined => {
  try {
    return readFileSync(path, "utf8")
  } catch {
    return undefined
  }
}

const processorFlags = (): ReadonlySet<string> | undefined => {
  const line = /^(?:flags|Features)\s*:\s*(.*)$/m.exec(readText("/proc/cpuinfo") ?? "")?.[1]
  return line === undefined ? undefined : new Set(line.split(/\s+/))
}

const maxWatches = (): number | undefined => {
  const text = readText("/proc/sys/fs/inotify/max_user_watches")
  return text === undefined ? undefined : Number(text)
}

const freeSpaceAt: System["freeSpaceAt"] = async (path) => {
  const { bavail, bsize, blocks, files, ffree } = await statfs(path)
  return { bytes: bavail * bsize, files: files === 0 ? undefined : ffree, share: blocks === 0 ? 1 : bavail / blocks }
}

/** This machine. @param env environment variables */
export const thisSystem = (env: System["env"]): System => ({
  platform: process.platform,
  arch: process.arch,
  processorFlags,
  maxWatches,
  maxDescriptors: descriptorLimit,
  memoryBytes: machineMemory,
  freeSpaceAt,
  env,
})
