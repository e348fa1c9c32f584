/** Tests of createProgress: its line on a terminal and elsewhere. */
import { describe, expect, it } from "vitest"

import { createProgress, type ProgressStream } from "./progress.ts"

const start = (isTTY: boolean, options: { readonly isSilent?: boolean } = {}) => {
  let now = 0
  const written: string[] = []
  const stream: ProgressStream = { isTTY, columns: 200, write: (text) => written.push(text) }
  const progress = createProgress({ noun: "originals", stream, clock: () => now, ...options })
  return { progress, written, wait: (ms: number) => (now += ms) }
}

describe("createProgress", () => {
  it("createProgress draws one line again on a terminal, with a bar, rate, remaining time and bytes", () => {
    const { progress, written, wait } = start(true)
    progress.setTotal(100)
    for (let done = 10; done <= 50; done += 10) {
      wait(1000)
      progress.update({ done, others: { rendered: 2 * done, failed: 1 }, byteLength: 1_500_000 })
    }
    progress.end()
    expect(written).toHaveLength(6)
    expect(written[4]).toBe(
      "\r\x1b[2K[##########----------]  50 %  50 of 100 originals  10/s  5.0 s left  100 rendered  1 failed  1.5 MB",
    )
    expect(written[5]).toBe("\r\x1b[2K")
  })

  it("createProgress prints a line a second elsewhere, and none in the first second", () => {
    const { progress, written, wait } = start(false)
    for (let done = 1; done <= 25; done++) {
      wait(100)
      progress.update({ done, others: {} })
    }
    progress.end()
    expect(written).toEqual(["10 originals  10/s\n", "20 originals  10/s\n"])
  })

  it("createProgress draws no more often than ten times a second, and nothing if it is silent", () => {
    const { progress, written, wait } = start(true)
    for (let done = 1; done <= 100; done++) {
      wait(10)
      progress.update({ done, others: {} })
    }
    expect(written).toHaveLength(10)
    const silent = start(true, { isSilent: true })
    silent.wait(5000)
    silent.progress.update({ done: 1, others: {} })
    silent.progress.end()
    expect(silent.written).toEqual([])
  })
})
