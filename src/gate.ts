/**
 * Responsible for bounding concurrent work. A gate has a capacity and a bounded queue: one gate counts render slots, another counts the
 * memory that renders are expected to take.
 *
 * Invariants:
 * - Never more inside than the capacity, except through `acquireNow`.
 * - First come, first served; a small job may overtake a big one that came shortly before it, for a bounded time.
 * - A job that would make the queue too long is refused at once.
 */
import { busy } from "./errors.ts"

/** A bounded amount of concurrent work. */
export interface Gate {
  /**
   * Waits for room and takes it.
   * @param weight more than the capacity counts as the capacity: such a job runs alone
   * @param yieldsMs jobs that arrive within this many milliseconds and yield less go first
   * @returns gives the room back; may be called once
   * @throws {busy} the queue is full
   * @throws the signal's reason when it aborts during the wait
   */
  acquire(weight: number, signal?: AbortSignal, yieldsMs?: number): Promise<() => void>
  /**
   * Takes room without waiting, even where there is none: for work that must continue so that others can finish.
   * @returns gives the room back; may be called once
   */
  acquireNow(weight: number): () => void
  /**
   * Takes room if there is some now.
   * @returns gives the room back; may be called once. Undefined where the job would have to wait
   */
  tryAcquire(weight: number): (() => void) | undefined
  /** Number of waiting jobs. */
  readonly waiting: () => number
  /** Sum of the weights inside. */
  readonly used: () => number
}

interface Waiter {
  readonly weight: number
  /** Arrival plus the time for which it lets others go first, in milliseconds. */
  readonly due: number
  readonly admit: () => void
}

/** Bounds of a gate. */
export interface GateOptions {
  readonly capacity: number
  readonly maxWaiting: number
  /** Called when a job has to wait. */
  readonly onWait?: () => void
}

/** @returns an empty gate */
export const createGate = ({ capacity, maxWaiting, onWait }: GateOptions): Gate => {
  const queue: Waiter[] = []
  let used = 0

  const admitNext = (): void => {
    for (let next = queue[0]; next && used + next.weight <= capacity; next = queue[0]) {
      queue.shift()
      used += next.weight
      next.admit()
    }
  }

  const releaseOnce = (weight: number): (() => void) => {
    let isReleased = false
    return () => {
      if (isReleased) return
      isReleased = true
      used -= weight
      admitNext()
    }
  }

  const take = (weight: number): (() => void) => {
    used += weight
    return releaseOnce(weight)
  }

  const waitForRoom = (weight: number, signal: AbortSignal | undefined, yieldsMs: number): Promise<void> =>
    new Promise((resolve, reject) => {
      const stop = (): void => {
        queue.splice(queue.indexOf(waiter), 1)
        admitNext()
        reject(signal?.reason as Error)
      }
      const waiter: Waiter = {
        weight,
        due: performance.now() + yieldsMs,
        admit: () => {
          signal?.removeEventListener("abort", stop)
          resolve()
        },
      }
      // A job is only ever put in front of jobs that yield longer, so each one's turn comes.
      queue.splice(queue.findLastIndex(({ due }) => due <= waiter.due) + 1, 0, waiter)
      signal?.addEventListener("abort", stop, { once: true })
      onWait?.()
    })

  return {
    acquire: async (requested, signal, yieldsMs = 0) => {
      signal?.throwIfAborted()
      const weight = Math.min(requested, capacity)
      if (queue.length === 0 && used + weight <= capacity) used += weight
      else if (queue.length >= maxWaiting) throw busy("queue")
      else await waitForRoom(weight, signal, yieldsMs)
      return releaseOnce(weight)
    },
    acquireNow: take,
    tryAcquire: (requested) => {
      const weight = Math.min(requested, capacity)
      return queue.length > 0 || used + weight > capacity ? undefined : take(weight)
    },
    waiting: () => queue.length,
    used: () => used,
  }
}
