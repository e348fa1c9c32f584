/**
 * Responsible for the render processes of one server: how many there are, who has one, and when they are replaced.
 *
 * Invariants:
 * - A process is lent to one original at a time.
 * - While there is work, one started process more than needed waits for the next original.
 * - After a minute without work one process is left.
 * - No request waits for ever: where no process can be started, it fails.
 */
import { availableParallelism } from "node:os"

import { busy } from "../../errors.ts"
import type { StartOptions } from "./child-connection.ts"
import { IDLE_MS, MAX_IDLE_RSS_BYTES, maxProcesses, type PoolLimits } from "./limits.ts"
import type { RenderProcess } from "./render-process.ts"
import { createStarter } from "./starter.ts"
import { createWaitingLine } from "./waiting-line.ts"

/** A process and its resident memory before the work, in bytes. */
export interface Lent {
  readonly process: RenderProcess
  readonly rssBytes: number
}

/** Render processes. */
export interface Pool {
  /** Starts the first processes in the background. */
  readonly prepare: () => void
  /** Resolves when a process has started. @throws {bad-config} none can be started */
  readonly ready: () => Promise<void>
  /**
   * @throws {busy} too many processes work, or none can be started at present
   * @throws {bad-config} none could ever be started
   * @throws the signal's reason when it aborts during the wait
   */
  readonly lend: (signal: AbortSignal) => Promise<Lent>
  /** Takes a process back. @param rssBytes its resident memory after the work */
  readonly giveBack: (process: RenderProcess, rssBytes: number) => void
  /** Number of processes. */
  readonly count: () => number
  /** Ends all processes and resolves when they have exited. */
  readonly close: () => Promise<void>
}

/** A switch that turns itself off after a minute in which it was not touched. */
const createActivity = (
  onIdle: () => void,
): { readonly touch: () => void; readonly isOn: () => boolean; readonly end: () => void } => {
  let timer: NodeJS.Timeout | undefined
  return {
    touch: () => {
      clearTimeout(timer)
      timer = setTimeout(() => {
        timer = undefined
        onIdle()
      }, IDLE_MS)
      timer.unref()
    },
    isOn: () => timer !== undefined,
    end: () => clearTimeout(timer),
  }
}

/** Processes that wait for an original, the latest used one first. */
const createIdle = () => {
  const idle: Lent[] = []
  return {
    push: (lent: Lent): void => void idle.push(lent),
    pop: (): Lent | undefined => idle.pop(),
    length: (): number => idle.length,
    remove: (process: RenderProcess): void => {
      const at = idle.findIndex((each) => each.process === process)
      if (at !== -1) idle.splice(at, 1)
    },
    /** Ends all but one. */
    trim: (): void => {
      for (const { process } of idle.splice(1)) process.end({ reason: "surplus" })
    },
  }
}

const endAll = async (all: Iterable<RenderProcess>): Promise<void> => {
  const exits = Array.from(all, (process) => {
    // The program may end only after its processes.
    process.setBusy(true)
    process.end({ reason: "shutdown" })
    return process.exited
  })
  await Promise.all(exits)
}

/** Waits until a process has started. */
const borrow = async (lend: Pool["lend"], giveBack: Pool["giveBack"]): Promise<void> => {
  const { process, rssBytes } = await lend(new AbortController().signal)
  giveBack(process, rssBytes)
}

/** Processes that are lent and idle, and callers that wait for one. */
const createStock = () => {
  const idle = createIdle()
  const lent = new Set<RenderProcess>()
  const line = createWaitingLine<Lent>()

  const handOut = (next: Lent): Lent => {
    lent.add(next.process)
    next.process.setBusy(true)
    return next
  }

  return {
    idle,
    line,
    lentCount: (): number => lent.size,
    take: (): Lent | undefined => {
      const next = idle.pop()
      return next && handOut(next)
    },
    offer: (next: Lent): void => {
      if (line.length() > 0) return void line.offer(handOut(next))
      idle.push(next)
      next.process.setBusy(false)
    },
    takeBack: (process: RenderProcess): void => void lent.delete(process),
    remove: (process: RenderProcess): void => {
      lent.delete(process)
      idle.remove(process)
    },
  }
}

/** @param options how a process is started */
export const createPool = (limits: PoolLimits, options: StartOptions): Pool => {
  /** Processes of a server under load, apart from slow jobs: one for each core, and a spare one. */
  const wanted = Math.max(2, availableParallelism()) + 1
  const stock = createStock()
  const { idle, line } = stock
  const activity = createActivity(() => {
    if (stock.lentCount() === 0) idle.trim()
  })
  let isClosed = false

  const fill = (): void => {
    while (isMoreNeeded()) starter.start()
  }
  const starter = createStarter(options, {
    onStarted: (process) => {
      if (!isClosed) stock.offer({ process, rssBytes: process.initialRssBytes() })
      fill()
    },
    onExited: (process) => {
      stock.remove(process)
      fill()
    },
    onRetry: fill,
    onFailed: line.rejectAll,
  })
  const isFull = (): boolean => starter.all.size >= maxProcesses(limits)
  const isMoreNeeded = (): boolean => {
    if (isClosed || starter.isFailing() || isFull()) return false
    if (starter.starting() < line.length()) return true
    // Spare processes start one after the other, so that they do not delay the first original.
    return starter.starting() === 0 && activity.isOn() && (idle.length() === 0 || starter.all.size < wanted)
  }

  const lend = async (signal: AbortSignal): Promise<Lent> => {
    signal.throwIfAborted()
    if (isClosed) throw busy("shutdown")
    activity.touch()
    const next = stock.take()
    if (!next && isFull() && starter.starting() <= line.length()) throw busy("queue")
    const lending = next ?? line.wait(signal)
    fill()
    return lending
  }
  const giveBack = (process: RenderProcess, rssBytes: number): void => {
    stock.takeBack(process)
    activity.touch()
    if (process.hasEnded()) return
    const isSurplus = line.length() === 0 && idle.length() >= wanted
    if (rssBytes > MAX_IDLE_RSS_BYTES || isSurplus) process.end({ reason: "surplus" })
    else stock.offer({ process, rssBytes })
  }
  const prepare = (): void => {
    activity.touch()
    fill()
  }
  const close = async (): Promise<void> => {
    isClosed = true
    activity.end()
    starter.close()
    line.rejectAll(busy("shutdown"))
    await endAll(starter.all)
  }
  return { lend, giveBack, prepare, close, ready: () => borrow(lend, giveBack), count: () => starter.all.size }
}
