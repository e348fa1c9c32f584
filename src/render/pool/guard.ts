/**
 * Responsible for the limits of working processes: it reads their memory and CPU at short intervals and ends those that exceed a limit.
 *
 * Invariants:
 * - A process ends for its own memory cap or time limit before it ends for the memory of all.
 * - Above the memory of all, the process that is furthest above its estimate ends; a protected one only if there is no other.
 * - At most as many slow jobs run as may; another one is ended, to wait for its turn.
 */
import { createGate, type Gate } from "../../gate.ts"
import type { Ending } from "./ending.ts"
import { cpuLimitMs, GUARD_INTERVAL_MS, memoryCap, type PoolLimits, SLOW_CPU_MS, wallClockLimitMs } from "./limits.ts"
import { lowerPriority, SLOW_NICE } from "./priority.ts"
import type { RenderProcess } from "./render-process.ts"
import { readUsage, type Usage } from "./usage.ts"

/** Work of a process, as far as its limits are concerned. */
export interface JobLimits {
  /** Pixels decoded and written. */
  readonly pixels: number
  /** Expected peak memory of everything that runs in the process, in bytes. */
  readonly estimateBytes: number
  readonly onSlow?: (() => void) | undefined
  /** It will probably be slow, and gives way at once. */
  readonly isExpectedSlow?: boolean
}

interface Job extends JobLimits {
  readonly cpuLimitMs: number
  /** End of its time on the parent's clock, in milliseconds. */
  readonly dueMs: number
  cpuMs: number
}

/** A process that serves an original. */
export interface Watched {
  readonly process: RenderProcess
  /** Its resident memory before this original, in bytes. */
  readonly rssBefore: number
  readonly jobs: Set<Job>
  /** It is the second attempt of an original whose first was ended for the memory of all. */
  readonly isProtected: boolean
  /** Gives back its place among the slow ones. Undefined: it is not slow. */
  leaveSlow: (() => void) | undefined
  usage: Usage | undefined
}

/** Limits the work of processes. */
export interface Guard {
  readonly watch: (
    process: RenderProcess,
    options: { readonly rssBefore: number; readonly isProtected: boolean },
  ) => Watched
  /** The process has exited, or its original is closed. */
  readonly unwatch: (watched: Watched) => void
  /** Starts to count a job. @returns ends it */
  readonly start: (watched: Watched, limits: JobLimits) => () => void
  /** Places of slow jobs. */
  readonly slowPlaces: Gate
  /** Continues a process at the lowest priority. @param leaveSlow gives its place back */
  readonly makeSlow: (watched: Watched, leaveSlow: () => void) => void
  readonly slowCount: () => number
  /** Ends slow processes now and from now on. */
  readonly drain: () => void
  /** Whether the memory that is in use leaves this much, in bytes. */
  readonly hasRoom: (byteLength: number) => boolean
}

const estimateOf = ({ jobs }: Watched): number => Math.max(0, ...Array.from(jobs, ({ estimateBytes }) => estimateBytes))

/** Memory above that of a process that has just started, whose libraries are shared by all. */
const usedBytes = ({ process, usage }: Watched): number =>
  Math.max(0, (usage?.rssBytes ?? 0) - process.initialRssBytes())

const sumOf = (all: Iterable<Watched>): number => Array.from(all).reduce((sum, watched) => sum + usedBytes(watched), 0)

const grownBytes = ({ rssBefore, usage }: Watched): number => Math.max(0, (usage?.rssBytes ?? 0) - rssBefore)

/** Adds the CPU since the last look to the running jobs, in equal parts. */
const measure = (watched: Watched, latest: Usage | undefined): void => {
  const { usage, jobs } = watched
  if (!latest) return
  const elapsedMs = usage ? Math.max(0, latest.cpuMs - usage.cpuMs) : 0
  for (const job of jobs) job.cpuMs += elapsedMs / jobs.size
  watched.usage = latest
}

const exceeded = (watched: Watched, limits: PoolLimits, nowMs: number): Ending | undefined => {
  const estimateBytes = estimateOf(watched)
  const capBytes = memoryCap(limits, estimateBytes)
  const grown = grownBytes(watched)
  if (grown > capBytes) return { reason: "memory", usedBytes: grown, capBytes, estimateBytes }
  for (const { cpuMs, cpuLimitMs: limitMs, dueMs } of watched.jobs) {
    if (cpuMs > limitMs) return { reason: "cpu", limitMs }
    if (nowMs > dueMs) return { reason: "wallClock", limitMs: wallClockLimitMs(limits, limitMs) }
  }
  return undefined
}

const furthestAboveEstimate = (all: readonly Watched[]): Watched | undefined => {
  const others = all.filter(({ isProtected }) => !isProtected)
  const excess = (watched: Watched): number => usedBytes(watched) - estimateOf(watched)
  return (others.length > 0 ? others : all).toSorted((a, b) => excess(b) - excess(a))[0]
}

/** Ends the process that is furthest above its estimate when all together exceed the memory. */
const limitSum = (all: Iterable<Watched>, memoryBytes: number): void => {
  // The memory of a process that was ended is about to be free.
  const living = [...all].filter(({ process }) => !process.hasEnded())
  if (sumOf(living) <= memoryBytes) return
  const ended = furthestAboveEstimate(living)
  ended?.process.end({ reason: "sum", usedBytes: usedBytes(ended), estimateBytes: estimateOf(ended) })
}

const isSlow = ({ jobs }: Watched): boolean => Array.from(jobs).some(({ cpuMs }) => cpuMs > SLOW_CPU_MS)

const makeSlow: Guard["makeSlow"] = (watched, leaveSlow) => {
  watched.leaveSlow = leaveSlow
  if (watched.process.pid !== undefined) lowerPriority(watched.process.pid, SLOW_NICE)
  for (const { onSlow } of watched.jobs) onSlow?.()
}

/** Gives a slow process a place among the slow ones, or ends it so that it waits for one. */
const slowDown = (watched: Watched, slowPlaces: Gate): void => {
  if (watched.leaveSlow) return
  const leaveSlow = slowPlaces.tryAcquire(1)
  if (leaveSlow) return makeSlow(watched, leaveSlow)
  for (const { onSlow } of watched.jobs) onSlow?.()
  watched.process.end({ reason: "slow" })
}

/** @returns turns the interval on or off */
const createTicker = (look: () => void): ((isOn: boolean) => void) => {
  let timer: NodeJS.Timeout | undefined
  return (isOn) => {
    if (isOn) {
      timer ??= setInterval(look, GUARD_INTERVAL_MS)
    } else {
      clearInterval(timer)
      timer = undefined
    }
  }
}

/** Memory and CPU of a process; undefined if unknown. */
export type ReadUsage = (process: RenderProcess) => Usage | undefined

const readFromProc: ReadUsage = ({ pid }) => (pid === undefined ? undefined : readUsage(pid))

/** @returns a guard that watches no process yet */
export const createGuard = (limits: PoolLimits, read: ReadUsage = readFromProc): Guard => {
  const all = new Set<Watched>()
  const slowPlaces = createGate({ capacity: limits.renders, maxWaiting: 10 * limits.renders })
  let isDraining = false

  const look = (): void => {
    const nowMs = performance.now()
    for (const watched of all) {
      measure(watched, read(watched.process))
      const ending = exceeded(watched, limits, nowMs)
      if (ending) watched.process.end(ending)
      else if (isSlow(watched) && isDraining) watched.process.end({ reason: "shutdown" })
      else if (isSlow(watched)) slowDown(watched, slowPlaces)
    }
    limitSum(all, limits.memoryBytes)
  }

  const setTicking = createTicker(look)
  /** Looks only while there is work. */
  const schedule = (): void => setTicking(Array.from(all).some(({ jobs }) => jobs.size > 0))

  return {
    slowPlaces,
    makeSlow,
    slowCount: () => [...all].filter(({ leaveSlow }) => leaveSlow !== undefined).length,
    hasRoom: (byteLength) => sumOf(all) + byteLength <= limits.memoryBytes,
    drain: () => {
      isDraining = true
      for (const { process, leaveSlow } of all) if (leaveSlow) process.end({ reason: "shutdown" })
    },
    watch: (process, options) => {
      const watched: Watched = { process, ...options, jobs: new Set(), leaveSlow: undefined, usage: undefined }
      all.add(watched)
      return watched
    },
    unwatch: (watched) => {
      all.delete(watched)
      watched.leaveSlow?.()
      schedule()
    },
    start: (watched, job) => {
      const cpuLimit = cpuLimitMs(limits, job.pixels)
      const started: Job = {
        ...job,
        cpuMs: 0,
        cpuLimitMs: cpuLimit,
        dueMs: performance.now() + wallClockLimitMs(limits, cpuLimit),
      }
      watched.jobs.add(started)
      if (watched.leaveSlow) job.onSlow?.()
      else if (job.isExpectedSlow && !isDraining) slowDown(watched, slowPlaces)
      schedule()
      return () => {
        watched.jobs.delete(started)
        schedule()
      }
    },
  }
}
