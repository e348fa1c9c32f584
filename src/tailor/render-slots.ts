/**
 * Responsible for the number of concurrent renders.
 *
 * Invariants:
 * - At most `renders` renders hold a slot. A slow one gives its slot to the next render and continues without; the renderer bounds the
 *   number of those.
 * - Renders of small originals may overtake those of large ones that came shortly before them, for a bounded time.
 * - A render that would make the queue too long is refused at once.
 */
import { createGate } from "../gate.ts"
import type { WorkLimits } from "./limits.ts"

/** A render of a 5 MB original lets smaller ones go first for five seconds, so that thumbnails do not wait for a few large photos. */
const YIELD_MS_PER_BYTE = 0.001

/** The slots of a process. */
export interface RenderSlots {
  /**
   * Waits for a slot.
   * @param byteLength length of the original
   * @returns gives the slot back. Only the first call counts, so that a slow render can call it early.
   * @throws {busy} the queue is full
   * @throws the signal's reason when it aborts during the wait
   */
  readonly acquire: (byteLength: number, signal: AbortSignal) => Promise<() => void>
  /** Renders that hold a slot, and renders that wait for one. */
  readonly state: () => SlotState
}

/** See {@link RenderSlots.state}. */
export interface SlotState {
  readonly running: number
  readonly waiting: number
}

/** Creates the slots of a process. */
export const createRenderSlots = ({ renders, queue }: Pick<WorkLimits, "renders" | "queue">): RenderSlots => {
  const slots = createGate({ capacity: renders, maxWaiting: queue })
  return {
    acquire: (byteLength, signal) => slots.acquire(1, signal, byteLength * YIELD_MS_PER_BYTE),
    state: () => ({ running: slots.used(), waiting: slots.waiting() }),
  }
}
