/**
 * Responsible for the number of concurrent renders.
 *
 * Invariants:
 * - At most `renders` ordinary and `renders` slow renders hold a slot. A render that becomes slow while all slow slots are taken keeps its
 *   ordinary slot until one is free.
 * - Renders of small originals may overtake those of large ones that came shortly before them, for a bounded time.
 * - A render that would make the queue too long is refused at once.
 */
import { createGate, type Gate } from "../gate.ts"
import type { WorkLimits } from "./limits.ts"

/** A render of a 5 MB original lets smaller ones go first for five seconds, so that thumbnails do not wait for a few large photos. */
const YIELD_MS_PER_BYTE = 0.001

/** The right to render. */
export interface RenderSlot {
  /** Gives an ordinary slot to the next render, as soon as this one can have a slow slot. For a render that takes long. */
  readonly giveWay: () => void
  /** Gives the slot back. Only the first call counts. */
  readonly release: () => void
}

/** The slots of a process. */
export interface RenderSlots {
  /**
   * Waits for a slot.
   * @param byteLength length of the original
   * @throws {busy} the queue is full
   * @throws the signal's reason when it aborts during the wait
   */
  readonly acquire: (byteLength: number, signal: AbortSignal) => Promise<RenderSlot>
}

const createSlot = (releaseOrdinary: () => void, slowSlots: Gate): RenderSlot => {
  const ended = new AbortController()
  let isGivingWay = false
  let releaseSlow: (() => void) | undefined
  return {
    giveWay: () => {
      if (isGivingWay || ended.signal.aborted) return
      isGivingWay = true
      const moved = slowSlots.acquire(1, ended.signal).then((release) => {
        releaseSlow = release
        releaseOrdinary()
        if (ended.signal.aborted) release()
      })
      // The render ended during the wait.
      moved.catch(() => {})
    },
    release: () => {
      ended.abort()
      releaseOrdinary()
      releaseSlow?.()
    },
  }
}

export const createRenderSlots = ({ renders, queue }: Pick<WorkLimits, "renders" | "queue">): RenderSlots => {
  const ordinarySlots = createGate({ capacity: renders, maxWaiting: queue })
  const slowSlots = createGate({ capacity: renders, maxWaiting: Infinity })
  return {
    acquire: async (byteLength, signal) =>
      createSlot(await ordinarySlots.acquire(1, signal, byteLength * YIELD_MS_PER_BYTE), slowSlots),
  }
}
