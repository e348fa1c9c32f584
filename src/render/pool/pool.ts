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

import { badConfig, busy } from "../../errors.ts"
import { IDLE_MS, MAX_IDLE_RSS_BYTES, maxProcesses, type PoolLimits } from "./limits.ts"
import { type Ending, type RenderProcess, type StartOptions, startRenderProcess } from "./render-process.ts"

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
  readonly count: () => number
  /** Ends all processes and resolves when they have exited. */
  readonly close: () => Promise<void>
}

interface Waiter {
  readonly resolve: (lent: Lent) => void
  readonly reject: (error: Error) => void
}

const START_ATTEMPTS = 3
const FIRST_BACKOFF_MS = 100

const cannotStart = (detail: string): Error =>
  badConfig([
    `isolation: Expected to start a render process, but ${detail}. Set isolation to "none" to render in the server process.`,
  ])

const detailOf = (ending: Ending): string =>
  ending.reason === "died" ? ending.detail : `it was ended (${ending.reason})`

/** @param options how a process is started */
export const createPool = (limits: PoolLimits, options: StartOptions): Pool => {
  /** Processes that a server under load has, apart from slow jobs. */
  const wanted = Math.max(2, availableParallelism()) + 1
  const all = new Set<RenderProcess>()
  const idle: Lent[] = []
  const lent = new Set<RenderProcess>()
  const waiters: Waiter[] = []
  let starting = 0
  let failures = 0
  let hasEverStarted = false
  let isClosed = false
  let trimTimer: NodeJS.Timeout | undefined
  let backoff: NodeJS.Timeout | undefined

  const isActive = (): boolean => trimTimer !== undefined || lent.size > 0 || waiters.length > 0

  const trim = (): void => {
    trimTimer = undefined
    if (isActive()) return
    for (const { process } of idle.splice(1)) process.end({ reason: "surplus" })
  }

  const stayActive = (): void => {
    clearTimeout(trimTimer)
    trimTimer = setTimeout(trim, IDLE_MS)
    trimTimer.unref()
  }

  const handOut = (next: Lent): Lent => {
    lent.add(next.process)
    next.process.setBusy(true)
    return next
  }

  const offer = (next: Lent): void => {
    const waiter = waiters.shift()
    if (waiter) return waiter.resolve(handOut(next))
    idle.push(next)
    next.process.setBusy(false)
  }

  const rejectWaiters = (error: Error): void => {
    for (const { reject } of waiters.splice(0)) reject(error)
  }

  const onStartFailure = (ending: Ending): void => {
    if (isClosed) return
    failures += 1
    const detail = detailOf(ending)
    if (failures >= START_ATTEMPTS) {
      failures = 0
      return rejectWaiters(hasEverStarted ? busy("processes", new Error(detail)) : cannotStart(detail))
    }
    if (waiters.length === 0) return
    clearTimeout(backoff)
    backoff = setTimeout(fill, FIRST_BACKOFF_MS * 2 ** failures)
  }

  const onExit = (process: RenderProcess): void => {
    all.delete(process)
    lent.delete(process)
    const at = idle.findIndex((each) => each.process === process)
    if (at !== -1) idle.splice(at, 1)
    if (hasEverStarted && failures === 0) fill()
  }

  const start = (): void => {
    const process = startRenderProcess(options)
    all.add(process)
    starting += 1
    void process.ready.then((ending) => {
      starting -= 1
      if (ending) return onStartFailure(ending)
      failures = 0
      hasEverStarted = true
      offer({ process, rssBytes: process.initialRssBytes() })
      fill()
    })
    void process.exited.then(() => onExit(process))
  }

  /** Starts what waiters need at once, and spare processes one after the other. */
  const fill = (): void => {
    const needsMore = (): boolean =>
      starting < waiters.length || (starting === 0 && isActive() && (idle.length === 0 || all.size < wanted))
    while (!isClosed && all.size < maxProcesses(limits) && needsMore()) start()
  }

  const wait = (signal: AbortSignal): Promise<Lent> =>
    new Promise((resolve, reject) => {
      const stop = (): void => {
        const at = waiters.indexOf(waiter)
        if (at !== -1) waiters.splice(at, 1)
        reject(signal.reason as Error)
      }
      const settle =
        <T>(done: (value: T) => void) =>
        (value: T): void => {
          signal.removeEventListener("abort", stop)
          done(value)
        }
      const waiter: Waiter = { resolve: settle(resolve), reject: settle(reject) }
      waiters.push(waiter)
      signal.addEventListener("abort", stop, { once: true })
      fill()
    })

  const lend = async (signal: AbortSignal): Promise<Lent> => {
    signal.throwIfAborted()
    if (isClosed) throw busy("shutdown")
    stayActive()
    const next = idle.pop()
    if (next) {
      handOut(next)
      fill()
      return next
    }
    if (starting <= waiters.length && all.size >= maxProcesses(limits)) throw busy("queue")
    return wait(signal)
  }

  const giveBack = (process: RenderProcess, rssBytes: number): void => {
    lent.delete(process)
    stayActive()
    if (process.hasEnded()) return
    const isSurplus = waiters.length === 0 && idle.length >= wanted
    if (rssBytes > MAX_IDLE_RSS_BYTES || isSurplus) process.end({ reason: "surplus" })
    else offer({ process, rssBytes })
  }

  return {
    lend,
    giveBack,
    count: () => all.size,
    prepare: () => {
      if (isClosed) return
      stayActive()
      fill()
    },
    ready: async () => {
      const { process, rssBytes } = await lend(new AbortController().signal)
      giveBack(process, rssBytes)
    },
    close: async () => {
      isClosed = true
      clearTimeout(trimTimer)
      clearTimeout(backoff)
      rejectWaiters(busy("shutdown"))
      for (const process of all) {
        // The program may end only after them.
        process.setBusy(true)
        process.end({ reason: "shutdown" })
      }
      await Promise.all(Array.from(all, ({ exited }) => exited))
    },
  }
}
