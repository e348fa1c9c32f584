/**
 * Responsible for renditions by an older recipe: they are sent unchanged, and rendered again in the background, most requested first.
 *
 * Invariants:
 * - At most one of them is rendered at a time, and only while no request waits for a render or has one.
 * - A render for a request never waits for one of these.
 * - Memory is bounded. A rendition that finds no place is noted at its next request.
 */
import { setTimeout as sleep } from "node:timers/promises"

import type { MissRequest } from "./product.ts"
import type { RenderSlots } from "./render-slots.ts"

/** Renditions to render again. */
export interface Renewals {
  /** Notes a rendition that was requested. */
  readonly add: (request: MissRequest) => void
  /** Number of renditions that wait. */
  readonly waiting: () => number
  /** Forgets those that wait, when a server ends. */
  readonly clear: () => void
}

/** Dependencies of {@link createRenewals}. */
export interface RenewalParts {
  readonly slots: Pick<RenderSlots, "state">
  /** Renders and stores without a slot, and resolves when that has ended. */
  readonly renew: (request: MissRequest) => Promise<unknown>
}

/** Each takes about 1 kB. */
const MAX_WAITING = 10_000
/** Time between two looks whether the slots are free. No timer runs while nothing waits. */
const IDLE_CHECK_MS = 50

interface Waiting {
  readonly request: MissRequest
  count: number
}

/** The key with the most requests; the first of equal ones. */
const mostRequested = (waiting: ReadonlyMap<string, Waiting>): string | undefined => {
  let most: string | undefined
  let count = 0
  for (const [key, entry] of waiting) {
    if (entry.count <= count) continue
    most = key
    count = entry.count
  }
  return most
}

/** Creates the list of renditions to render again. */
export const createRenewals = ({ slots, renew }: RenewalParts): Renewals => {
  const waiting = new Map<string, Waiting>()
  let isRunning = false

  const isBusy = (): boolean => {
    const { running, waiting: queued } = slots.state()
    return running + queued > 0
  }

  const run = async (): Promise<void> => {
    for (;;) {
      while (waiting.size > 0 && isBusy()) await sleep(IDLE_CHECK_MS, undefined, { ref: false })
      const key = mostRequested(waiting)
      const next = key === undefined ? undefined : waiting.get(key)
      if (key === undefined || !next) {
        isRunning = false
        return
      }
      waiting.delete(key)
      // The next request notes it again.
      await renew(next.request).catch(() => {})
    }
  }

  return {
    waiting: () => waiting.size,
    clear: () => waiting.clear(),
    add: (request) => {
      const known = waiting.get(request.key)
      if (known) known.count += 1
      else if (waiting.size < MAX_WAITING) waiting.set(request.key, { request, count: 1 })
      if (isRunning) return
      isRunning = true
      void run()
    },
  }
}
