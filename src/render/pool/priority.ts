/** Responsible for the priority of processes. It can only be lowered: raising it again needs privileges. */
import { readdirSync } from "node:fs"
import { getPriority, setPriority } from "node:os"

/** Render processes give way to the server, which answers hits, and to other programs: their priority is this much lower. */
const RENDER_NICE = 5

/** Slow jobs run when nothing else needs the CPU. */
export const SLOW_NICE = 19

const threadsOf = (pid: number): readonly number[] => {
  try {
    return readdirSync(`/proc/${pid}/task`).map(Number)
  } catch {
    // Not Linux, or /proc is not mounted.
    return [pid]
  }
}

/**
 * Lowers the priority of a process. On Linux a priority belongs to a thread and a new thread inherits it, so all threads are set; without
 * /proc only the main thread is. Elsewhere it belongs to the process. A process that has ended and a denied permission are ignored.
 * @param nice 0 (normal) to 19 (lowest)
 */
export const lowerPriority = (pid: number, nice: number): void => {
  const done = new Set<number>()
  // A thread that was not lowered yet may have started another one meanwhile.
  for (let before = -1; before < done.size;) {
    before = done.size
    for (const thread of threadsOf(pid)) {
      if (done.has(thread)) continue
      done.add(thread)
      try {
        setPriority(thread, nice)
      } catch {
        // The thread has ended.
      }
    }
  }
}

/** Lowers the priority of this process below the one that it was started with. */
export const lowerOwnPriority = (): void => lowerPriority(process.pid, Math.min(SLOW_NICE, getPriority() + RENDER_NICE))
