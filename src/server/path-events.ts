/**
 * Responsible for the order in which changed paths are handled: one after another, and each once for events that come close together.
 *
 * Invariants:
 * - Every path is handled after its last event.
 * - The cost of adding an event is constant.
 */
import { setImmediate as nextTurn } from "node:timers/promises"

export interface PathEventsOptions {
  /** Events of one path within this time are one. */
  readonly coalesceMs: number
  /** Called with one path at a time. Must not reject. */
  readonly handle: (path: string) => Promise<void>
  readonly signal: AbortSignal
}

/** Collects changed paths and handles them. */
export interface PathEvents {
  readonly add: (path: string) => void
  /** Resolves when every path added so far has been handled. */
  readonly settled: () => Promise<void>
}

export const createPathEvents = ({ coalesceMs, handle, signal }: PathEventsOptions): PathEvents => {
  let waiting = new Set<string>()
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> = Promise.resolve()

  const handleAll = async (paths: ReadonlySet<string>): Promise<void> => {
    for (const path of paths) {
      if (signal.aborted) return
      await handle(path)
      // Everything may have been in memory.
      await nextTurn()
    }
  }

  const flush = (): void => {
    clearTimeout(timer)
    timer = undefined
    const paths = waiting
    waiting = new Set()
    running = running.then(() => handleAll(paths))
  }

  return {
    add: (path) => {
      waiting.add(path)
      timer ??= setTimeout(flush, coalesceMs).unref()
    },
    settled: () => {
      flush()
      return running
    },
  }
}
