/**
 * How much is done at one time. A gate has a capacity and a bounded queue in order of arrival, where small jobs may overtake big ones that
 * came shortly before: who does not fit waits, who would make the queue too long is refused at once. One gate counts jobs; another counts the memory that they are expected to take.
 */
import { busy } from "../errors.ts"

/** Room for a bounded amount of work at one time. */
export interface Gate {
  /**
   * Waits for room, and takes it.
   * @param weight more than the capacity counts as all of it: such a job runs alone
   * @param yieldsMs whoever comes within this many milliseconds and yields less goes first
   * @returns gives the room back; may be called once
   * @throws {busy} the queue is full; the signal's reason when it aborts while waiting
   */
  acquire(weight: number, signal?: AbortSignal, yieldsMs?: number): Promise<() => void>
  /**
   * Takes room without waiting, even where there is none: for what must go on so that others can leave.
   * @returns gives the room back; may be called once
   */
  acquireNow(weight: number): () => void
  /** How many wait. */
  readonly waiting: () => number
}

interface Waiter {
  readonly weight: number
  /** When it came, and how long it lets others go first, in milliseconds. */
  readonly due: number
  readonly admit: () => void
}

interface GateOptions {
  readonly capacity: number
  readonly maxWaiting: number
  /** Called when somebody has to wait. */
  readonly onWait?: () => void
}

export const createGate = ({ capacity, maxWaiting, onWait }: GateOptions): Gate => {
  const queue: Waiter[] = []
  let used = 0

  const admitWhoFits = (): void => {
    for (let next = queue[0]; next && used + next.weight <= capacity; next = queue[0]) {
      queue.shift()
      used += next.weight
      next.admit()
    }
  }

  const leaveOnce = (weight: number): (() => void) => {
    let left = false
    return () => {
      if (left) return
      left = true
      used -= weight
      admitWhoFits()
    }
  }

  const waitForRoom = (weight: number, signal: AbortSignal | undefined, yieldsMs: number): Promise<void> =>
    new Promise((resolve, reject) => {
      const stop = (): void => {
        queue.splice(queue.indexOf(waiter), 1)
        admitWhoFits()
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
      // Nobody is put behind somebody who came later and yields as much, so everyone's turn comes.
      queue.splice(queue.findLastIndex(({ due }) => due <= waiter.due) + 1, 0, waiter)
      signal?.addEventListener("abort", stop, { once: true })
      onWait?.()
    })

  return {
    acquire: async (asked, signal, yieldsMs = 0) => {
      signal?.throwIfAborted()
      const weight = Math.min(asked, capacity)
      if (queue.length === 0 && used + weight <= capacity) used += weight
      else if (queue.length >= maxWaiting) throw busy("queue")
      else await waitForRoom(weight, signal, yieldsMs)
      return leaveOnce(weight)
    },
    acquireNow: (weight) => {
      used += weight
      return leaveOnce(weight)
    },
    waiting: () => queue.length,
  }
}
