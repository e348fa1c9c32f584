/**
 * Responsible for memory that is used again for one original after the other. New memory costs a page fault for each 4 kB, and its garbage
 * a collection of the whole heap for each few dozen originals.
 *
 * Invariants:
 * - Memory is lent to one user at a time.
 * - It is bounded, and freed when no original is read any more. Memory that is too large to be kept is freed when it is given back.
 */

import { MessageChannel, type MessagePort } from "node:worker_threads"

/** Memory for some bytes. */
export interface LentMemory {
  /** Uninitialised. */
  readonly bytes: Buffer
  /** Gives the memory back: the bytes may change from now on. To be called once at most; memory that is not given back is collected. */
  readonly release: () => void
}

/** Lends memory. */
export interface ReusableMemory {
  readonly lend: (byteLength: number) => LentMemory
}

/** Options of {@link createReusableMemory}. */
export interface ReusableMemoryOptions {
  /** Memory that is kept while it is not lent, in bytes. */
  readonly maxKeptBytes: number
  /** Time without use after which it is freed, in milliseconds. */
  readonly idleMs: number
}

/** Sizes are multiples of this, so that memory suits the next original, too. */
const STEP_BYTES = 1_048_576

let closedPort: MessagePort | undefined

/** A message to a closed port is discarded, with the memory that is moved into it. */
const discard = (): MessagePort => {
  if (closedPort) return closedPort
  closedPort = new MessageChannel().port1
  closedPort.close()
  return closedPort
}

/** Frees memory at once. The garbage collector leaves some hundred megabytes of large buffers, since it sees their small handles only. */
const free = ({ buffer }: Buffer): void => {
  if (buffer instanceof ArrayBuffer) discard().postMessage(undefined, [buffer])
}

/** Smaller parts cost little. */
const MIN_BYTES = 131_072

const noop = (): void => {}

/** @returns memory of which nothing is kept yet */
export const createReusableMemory = ({ maxKeptBytes, idleMs }: ReusableMemoryOptions): ReusableMemory => {
  let kept: Buffer[] = []
  let idle: NodeJS.Timeout | undefined

  const freeAll = (): void => {
    for (const memory of kept) free(memory)
    kept = []
  }

  const keep = (memory: Buffer): void => {
    // The largest suit most originals.
    kept = [...kept, memory].toSorted((a, b) => b.length - a.length)
    let sum = kept.reduce((total, { length }) => total + length, 0)
    while (sum > maxKeptBytes) {
      const smallest = kept.pop()
      if (!smallest) break
      sum -= smallest.length
      free(smallest)
    }
    if (idle) idle.refresh()
    else idle = setTimeout(freeAll, idleMs).unref()
  }

  const take = (byteLength: number): Buffer => {
    const at = kept.findLastIndex(({ length }) => length >= byteLength)
    const [found] = at === -1 ? [] : kept.splice(at, 1)
    return found ?? Buffer.allocUnsafeSlow(Math.ceil(byteLength / STEP_BYTES) * STEP_BYTES)
  }

  return {
    lend: (byteLength) => {
      if (byteLength < MIN_BYTES) return { bytes: Buffer.allocUnsafeSlow(byteLength), release: noop }
      if (byteLength > maxKeptBytes) {
        const bytes = Buffer.allocUnsafeSlow(byteLength)
        return { bytes, release: () => free(bytes) }
      }
      const memory = take(byteLength)
      return { bytes: memory.subarray(0, byteLength), release: () => keep(memory) }
    },
  }
}
