/** Responsible for reading memory and CPU of another process on Linux. Elsewhere render processes report their own. */
import { closeSync, openSync, readSync } from "node:fs"

/** Memory and CPU of a process. */
export interface Usage {
  /** Resident memory in bytes. */
  readonly rssBytes: number
  /** CPU of all threads since the process started, in milliseconds. */
  readonly cpuMs: number
}

/** Clock ticks of /proc are hundredths of a second on every architecture: proc(5), `USER_HZ`. */
const MS_PER_TICK = 10

/** Longer than /proc/PID/stat, and than the first entry of /proc/PID/smaps. */
const MAX_BYTES = 4096

const buffer = Buffer.allocUnsafeSlow(MAX_BYTES)

/** The beginning of a file of /proc. Working processes are looked at 40 times a second, so this makes three system calls. */
const readStart = (path: string): string | undefined => {
  let fd
  try {
    fd = openSync(path, "r")
    return buffer.toString("latin1", 0, readSync(fd, buffer, 0, MAX_BYTES, 0))
  } catch {
    return undefined
  } finally {
    if (fd !== undefined) closeSync(fd)
  }
}

/** Bytes of a page, 4 to 64 kB; undefined without /proc. */
const findPageBytes = (): number | undefined => {
  const [, kilobytes] = /KernelPageSize:\s*(\d+) kB/.exec(readStart("/proc/self/smaps") ?? "") ?? []
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024
}

let pageBytes: number | undefined

/** Whether {@link readUsage} works here. */
export const canReadUsage = (): boolean => {
  pageBytes ??= findPageBytes()
  return pageBytes !== undefined && readStart("/proc/self/stat") !== undefined
}

/** @returns undefined if the process has ended, or without /proc */
export const readUsage = (pid: number): Usage | undefined => {
  pageBytes ??= findPageBytes()
  const stat = readStart(`/proc/${pid}/stat`)
  if (stat === undefined || pageBytes === undefined) return undefined
  // proc(5): the second field, the name, may contain spaces and ends with the last parenthesis. utime, stime and rss are 14, 15 and 24.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ", 22)
  return {
    cpuMs: (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK,
    rssBytes: Number(fields[21]) * pageBytes,
  }
}
