/** Responsible for a memory limit on a server and its render processes: a cgroup, where root may create one. */
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"

import { onTestFinished } from "vitest"

/** A group of processes with a memory limit. */
export interface MemoryGroup {
  /** Program and arguments that run a command in the group. */
  readonly wrapper: readonly string[]
  /** The most memory that the group has used since the last reset, in bytes, with the files that it read first. */
  readonly peakBytes: () => number
}

/** Files of the first and the second version of the interface. */
const VERSIONS = [
  { root: "/sys/fs/cgroup/memory", limit: "memory.limit_in_bytes", peak: "memory.max_usage_in_bytes" },
  { root: "/sys/fs/cgroup", limit: "memory.max", peak: "memory.peak" },
] as const

const enableMemory = (root: string): void => {
  const control = join(root, "cgroup.subtree_control")
  if (existsSync(control)) writeFileSync(control, "+memory")
}

/** Creates a group; removed at the end of the test. @returns why it cannot be created, as text */
export const createMemoryGroup = (limitBytes: number): MemoryGroup | string => {
  const version = VERSIONS.find(
    ({ root, limit }) => existsSync(join(root, limit)) || existsSync(join(root, "cgroup.controllers")),
  )
  if (!version) return "this system has no cgroups"
  const { root, limit, peak } = version
  const folder = join(root, `imgtailor-stress-${process.pid}`)
  try {
    enableMemory(root)
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, limit), String(limitBytes))
  } catch (error) {
    return `no cgroup can be created: ${String(error)}`
  }
  onTestFinished(() => {
    try {
      rmdirSync(folder)
    } catch {
      // A process in it has not ended yet.
    }
  })
  return {
    wrapper: ["sh", "-c", `echo $$ > ${join(folder, "cgroup.procs")} && exec "$@"`, "sh"],
    peakBytes: () => Number(readFileSync(join(folder, peak), "utf8")),
  }
}
