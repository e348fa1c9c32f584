/** Responsible for the number of connections that the process may hold, derived from its limit of open files. */
import { readFileSync } from "node:fs"

/** Open files besides connections and the renditions sent on them: the log, watches, render processes, connections to S3. */
const RESERVE = 64
/** Below this many open files a busy server refuses connections. */
const RECOMMENDED = 1024

/** The limit of open files of this process. Undefined where the system does not say (macOS, Windows). */
export const descriptorLimit = (): number | undefined => {
  try {
    const limit = /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1]
    return limit === undefined ? undefined : Number(limit)
  } catch {
    return undefined
  }
}

/** The number of connections for which there are descriptors, each with one open file. */
export const connectionLimit = (limit: number = descriptorLimit() ?? Infinity): number =>
  Math.max(1, Math.floor((limit - Math.min(RESERVE, limit / 2)) / 2))

/** A notice where the limit of open files is low, otherwise undefined. */
export const descriptorNotice = (limit: number | undefined = descriptorLimit()): string | undefined =>
  limit === undefined || limit >= RECOMMENDED
    ? undefined
    : `The limit of open files is ${limit}, so at most ${connectionLimit(limit)} connections are accepted. Raise it with ulimit -n or LimitNOFILE=.`
