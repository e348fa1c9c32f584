/**
 * Responsible for the render processes of one server: their number, their assignment to originals, and their replacement.
 *
 * Invariants:
 * - A process is lent to one original at a time.
 * - While there is work, one started process more than needed waits for the next original. One that is missing for a moment only, since a
 *   process has not been given back yet, is not started.
 * - After a minute without work one process is left.
 * - No request waits for ever: where no process can be started, it fails.
 */
import { availableParallelism } from "node:os"

import { busy } from "../../errors.ts"
import type { StartOptions } from "./child-connection.ts"
import { MAX_IDLE_RSS_BYTES, maxProcesses, type PoolLimits, SPARE_DELAY_MS } from "./limits.ts"
import type { RenderProcess } from "./render-process.ts"
import { createStarter } from "./starter.ts"
import { createActivity, createStock, type Lent } from "./stock.ts"

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
  /** Whether none can be started at present, as a sentence. */
  readonly problem: () => string | undefined
  /** Ends all processes and resolves when they have exited. */
  readonly close: () => Promise<void>
}

/** A sentence for health checks. */
const PROBLEM = "No render process can be started."

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

/** Processes of a server under load, apart from slow jobs: one for each core, and a spare one. */
const WANTED = Math.max(2, availableParallelism()) + 1

/** @param options how a process is started */
export const createPool = (limits: PoolLimits, options: StartOptions): Pool => {
  const stock = createStock()
  const { line } = stock
  const activity = createActivity(() => {
    if (stock.lentCount() === 0 && stock.trim() && !isClosed && !isFull()) starter.start()
  })
  let isClosed = false

  const isFull = (): boolean => starter.all.size >= maxProcesses(limits)
  const canStart = (): boolean => !isClosed && !starter.isFailing() && !isFull()
  // Spare processes start one after the other, so that they do not delay the first original.
  const canStartSpare = (): boolean => canStart() && starter.starting() === 0 && activity.isOn()
  const isMoreNeeded = (): boolean =>
    (canStart() && starter.starting() < line.length()) || (canStartSpare() && starter.all.size < WANTED)
  let spareTimer: NodeJS.Timeout | undefined
  const startMissingSpare = (): void => {
    spareTimer = undefined
    if (canStartSpare() && stock.idleCount() === 0) starter.start()
  }
  const fill = (): void => {
    while (isMoreNeeded()) starter.start()
    if (stock.idleCount() === 0) spareTimer ??= setTimeout(startMissingSpare, SPARE_DELAY_MS).unref()
  }
  const starter = createStarter(options, {
    onStarted: (process) => stock.offer({ process, rssBytes: process.initialRssBytes() }),
    onExited: stock.remove,
    onChange: fill,
    // Processes that are starting will serve the first callers.
    onFailed: (error) => line.rejectAll(error, starter.starting()),
  })

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
    const isSurplus = line.length() === 0 && stock.idleCount() >= WANTED
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
    clearTimeout(spareTimer)
    starter.close()
    line.rejectAll(busy("shutdown"))
    await endAll(starter.all)
  }
  const problem = (): string | undefined => (starter.hasFailed() ? PROBLEM : undefined)
  return { lend, giveBack, prepare, close, ready: () => borrow(lend, giveBack), count: () => starter.all.size, problem }
}
