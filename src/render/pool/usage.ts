/** Responsible for reading memory and CPU of another process on Linux. Elsewhere render processes report their own. */
import { existsSync, readFileSync } from "node:fs"

/** Memory and CPU of a process. */
export interface Usage {
  /** Resident memory in bytes. */
  readonly rssBytes: number
  /** CPU of all threads since the process started, in milliseconds. */
  readonly cpuMs: number
}

/** Clock ticks of /proc are hundredths of a second on every architecture: proc(5), `USER_HZ`. */
const MS_PER_TICK = 10

/** utime and stime are fields 14 and 15: proc(5). The second field, the name, may contain spaces and ends with the last parenthesis. */
const cpuOf = (stat: string): number => {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ", 13)
  return (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK
}

/** In kB, unlike /proc/PID/statm, whose pages are 4 to 64 kB. */
const rssOf = (status: string): number => Number(/^VmRSS:\s*(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024

/** Whether {@link readUsage} works here. */
export const canReadUsage = (): boolean => existsSync("/proc/self/stat") && existsSync("/proc/self/status")

/** @returns undefined if the process has ended */
export const readUsage = (pid: number): Usage | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1")
    return { cpuMs: cpuOf(stat), rssBytes: rssOf(readFileSync(`/proc/${pid}/status`, "latin1")) }
  } catch {
    return undefined
  }
}
