/**
 * Responsible for lending a process to one original: under the guard's eyes, with a place among the slow ones where it is slow, and alone
 * where it is tried again because all processes together took too much memory.
 */
import { setTimeout as sleep } from "node:timers/promises"

import { busy } from "../../errors.ts"
import { createGate } from "../../gate.ts"
import type { Ending } from "./ending.ts"
import type { Guard, JobLimits, Watched } from "./guard.ts"
import { CALM_INTERVAL_MS, CALM_LIMIT_MS, CLOSE_LIMIT_MS, memoryCap, type PoolLimits } from "./limits.ts"
import type { Pool } from "./pool.ts"
import type { Request } from "./protocol.ts"
import type { Outcome } from "./render-process.ts"
import { parseRss } from "./replies.ts"

/** Work for a lent process. */
export interface Job extends JobLimits {
  readonly request: Request
}

/** A process lent to one original. */
export interface Lease {
  /** @param body bytes of the original or of overlays @param onSent called when the body is not needed any more */
  readonly run: (job: Job, body?: Uint8Array, onSent?: () => void) => Promise<Outcome>
  readonly dropPixels: () => void
  /** Ends the process as one that died. @returns its ending, once it has exited */
  readonly fail: (detail: string) => Promise<Ending>
  /** Gives the process back. */
  readonly close: () => void
}

/** Options for lending a process. */
export interface LeaseOptions {
  /** The original has proved slow: its process runs at the lowest priority, once fewer slow ones do. */
  readonly isSlow: boolean
  /** Its first process was ended for the memory of all: this one runs when the others leave it room, and others are ended before it. */
  readonly isProtected: boolean
  readonly estimateBytes: number
  readonly signal: AbortSignal
}

/** Lends processes. */
export interface Leases {
  /** @throws {busy} no process, or no memory in time @throws {bad-config} @throws the signal's reason */
  readonly lend: (options: LeaseOptions) => Promise<Lease>
  /** Ends slow processes, and waits for a place among them, now and from now on. */
  readonly drain: () => void
}

const noop = (): void => {}

/** @returns waits until the other processes leave room for a second attempt; second attempts run one after the other */
const createSecondAttempts = (guard: Guard, limits: PoolLimits) => {
  const turns = createGate({ capacity: 1, maxWaiting: limits.renders })
  return async (byteLength: number, signal: AbortSignal): Promise<() => void> => {
    const release = await turns.acquire(1, signal)
    const dueMs = performance.now() + CALM_LIMIT_MS
    try {
      while (!guard.hasRoom(byteLength)) {
        if (performance.now() > dueMs) throw busy("memory", new Error("sum: no room for a second attempt"))
        await sleep(CALM_INTERVAL_MS, undefined, { signal })
      }
      return release
    } catch (error) {
      release()
      throw error
    }
  }
}

interface LeaseParts {
  readonly pool: Pool
  readonly guard: Guard
  readonly watched: Watched
  /** Stops watching the process. May be called twice. */
  readonly leave: () => void
}

const createLease = ({ pool, guard, watched, leave }: LeaseParts): Lease => {
  const { process } = watched
  const giveBack = async (): Promise<void> => {
    const timer = setTimeout(() => process.end({ reason: "surplus" }), CLOSE_LIMIT_MS)
    const outcome = await process.request({ type: "close" })
    clearTimeout(timer)
    leave()
    pool.giveBack(process, "value" in outcome ? parseRss(outcome.value) : Infinity)
  }
  return {
    run: async (job, body, onSent) => {
      const finish = guard.start(watched, job)
      try {
        return await process.request(job.request, body, onSent)
      } finally {
        finish()
      }
    },
    dropPixels: process.dropPixels,
    fail: (detail) => {
      process.end({ reason: "died", detail })
      return process.exited
    },
    close: () => {
      // A lowered priority cannot be raised again.
      if (watched.leaveSlow || watched.jobs.size > 0) process.end({ reason: "surplus" })
      else void giveBack()
    },
  }
}

/** @returns lends the processes of a pool */
export const createLeases = (pool: Pool, guard: Guard, limits: PoolLimits): Leases => {
  const waitForRoom = createSecondAttempts(guard, limits)
  const draining = new AbortController()

  return {
    drain: () => {
      draining.abort(busy("shutdown"))
      guard.drain()
    },
    lend: async ({ isSlow, isProtected, estimateBytes, signal: ownSignal }) => {
      const signal = isSlow || isProtected ? AbortSignal.any([ownSignal, draining.signal]) : ownSignal
      const leaveSlow = isSlow ? await guard.slowPlaces.acquire(1, signal) : undefined
      let leaveRoom = noop
      try {
        if (isProtected) leaveRoom = await waitForRoom(memoryCap(limits, estimateBytes), signal)
        const { process, rssBytes } = await pool.lend(signal)
        const watched = guard.watch(process, { rssBefore: rssBytes, isProtected })
        if (leaveSlow) guard.makeSlow(watched, leaveSlow)
        const leave = (): void => {
          removeCallback()
          guard.unwatch(watched)
          leaveRoom()
        }
        const removeCallback = process.onExit(leave)
        return createLease({ pool, guard, watched, leave })
      } catch (error) {
        leaveSlow?.()
        leaveRoom()
        throw error
      }
    },
  }
}
