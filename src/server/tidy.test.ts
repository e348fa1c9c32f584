/** Temporary files are removed for as long as a process runs. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"

import { keepTidy } from "./tidy.ts"

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

describe("keepTidy", () => {
  it("keepTidy removes temporary files at the start and once an hour, also after a failure", async () => {
    const errors: unknown[] = []
    let times = 0
    keepTidy(
      async () => {
        times += 1
        throw new Error(`attempt ${times}`)
      },
      (error) => errors.push(error),
    )
    await vi.advanceTimersByTimeAsync(1)
    expect(times).toBe(1)
    await vi.advanceTimersByTimeAsync(2 * 3_600_000)
    expect(times).toBe(3)
    expect(errors.map(String)).toEqual(["Error: attempt 1", "Error: attempt 2", "Error: attempt 3"])
  })
})
