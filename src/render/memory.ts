/**
 * Responsible for admitting renders by their estimated memory.
 *
 * Invariants:
 * - The estimates of admitted renders stay within the limit. A render that needs more runs alone among the large ones.
 * - Small renders (thumbnails of ordinary photos) have a separate share: large pictures never delay them.
 * - A large render that waits gives up its slot, as long as not too many do.
 */
import { createGate, type Gate } from "../gate.ts"

/** Part of the memory that only small renders use. */
const SMALL_SHARE = 1 / 4

/** A render is small up to this part of the memory: four of the largest small ones fit into their share. */
const SMALL_RENDER = 1 / 16

/** Options for a wait. */
export interface WaitOptions {
  readonly signal?: AbortSignal | undefined
  /** Called when the render has to wait and may give up its slot. */
  readonly onWait?: (() => void) | undefined
}

/** Memory of one renderer. */
export interface Memory {
  /**
   * Waits for memory.
   * @param byteLength expected peak
   * @returns gives the memory back; may be called once
   * @throws the signal's reason when it aborts during the wait
   */
  readonly acquire: (byteLength: number, options?: WaitOptions) => Promise<() => void>
  /** Takes memory without waiting, even where there is none: for work that must continue so that other work can end. */
  readonly acquireNow: (byteLength: number) => () => void
  /** Number of waiting renders. */
  readonly waiting: () => number
  /** Memory that admitted renders are expected to take, in bytes. */
  readonly reserved: () => number
}

/** Limits of {@link createMemory}. */
export interface MemoryOptions {
  readonly memoryBytes: number
  /** Waiting renders that may give up their slot: each of them has an opened original. */
  readonly maxSlotless: number
  /** Called when a render has to wait. */
  readonly onWait: () => void
}

/** @returns the memory of one renderer, all of it free */
export const createMemory = ({ memoryBytes, maxSlotless, onWait }: MemoryOptions): Memory => {
  const small = createGate({ capacity: memoryBytes * SMALL_SHARE, maxWaiting: Infinity, onWait })
  const large = createGate({ capacity: memoryBytes * (1 - SMALL_SHARE), maxWaiting: Infinity, onWait })
  const gateFor = (byteLength: number): Gate => (byteLength <= memoryBytes * SMALL_RENDER ? small : large)
  let slotless = 0

  return {
    acquire: async (byteLength, { signal, onWait: onOwnWait } = {}) => {
      const gate = gateFor(byteLength)
      const waitingBefore = gate.waiting()
      const acquiring = gate.acquire(byteLength, signal)
      if (gate.waiting() === waitingBefore || slotless >= maxSlotless) return acquiring
      slotless += 1
      onOwnWait?.()
      try {
        return await acquiring
      } finally {
        slotless -= 1
      }
    },
    acquireNow: (byteLength) => gateFor(byteLength).acquireNow(byteLength),
    waiting: () => small.waiting() + large.waiting(),
    reserved: () => small.used() + large.used(),
  }
}
