/** Which memory is used again, and when it is freed. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"

import { createReusableMemory } from "./reusable-memory.ts"

const MB = 1_048_576

describe("reusable memory", () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it("is lent to one user at a time, and again once it was given back", () => {
    const memory = createReusableMemory({ maxKeptBytes: 8 * MB, idleMs: 1000 })
    const [first, second] = [memory.lend(2 * MB), memory.lend(2 * MB)]
    expect(first.bytes.buffer).not.toBe(second.bytes.buffer)
    first.release()
    const third = memory.lend(MB + 1)
    expect([third.bytes.length, third.bytes.buffer]).toEqual([MB + 1, first.bytes.buffer])
  })

  it("keeps at most a given amount, the largest parts of it, and frees the others", () => {
    const memory = createReusableMemory({ maxKeptBytes: 4 * MB, idleMs: 1000 })
    const [small, large] = [memory.lend(MB), memory.lend(3.5 * MB)]
    small.release()
    large.release()
    expect(memory.lend(MB).bytes.buffer).toBe(large.bytes.buffer)
    expect(memory.lend(MB).bytes.buffer).not.toBe(small.bytes.buffer)
    expect(small.bytes).toHaveLength(0)
  })

  it("is freed after a time without use", () => {
    const memory = createReusableMemory({ maxKeptBytes: 8 * MB, idleMs: 1000 })
    const first = memory.lend(2 * MB)
    first.release()
    vi.advanceTimersByTime(1001)
    expect(memory.lend(2 * MB).bytes.buffer).not.toBe(first.bytes.buffer)
    expect(first.bytes).toHaveLength(0)
  })

  it("is not kept for small parts, nor for one larger than the amount", () => {
    const memory = createReusableMemory({ maxKeptBytes: 2 * MB, idleMs: 1000 })
    for (const byteLength of [1000, 3 * MB]) {
      const lent = memory.lend(byteLength)
      lent.release()
      expect(memory.lend(byteLength).bytes.buffer).not.toBe(lent.bytes.buffer)
    }
  })

  it("is freed at once when one larger than the amount is given back", () => {
    const memory = createReusableMemory({ maxKeptBytes: MB, idleMs: 1000 })
    const before = process.memoryUsage().arrayBuffers
    for (let count = 0; count < 20; count++) {
      const { bytes, release } = memory.lend(20 * MB)
      release()
      expect(bytes).toHaveLength(0)
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(100 * MB)
  })
})
