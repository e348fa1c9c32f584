/** Which process is lent next, and which one is left after a minute without work. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"

import { IDLE_MS } from "./limits.ts"
import type { RenderProcess } from "./render-process.ts"
import { createActivity, createStock, type Lent } from "./stock.ts"

interface Process extends Lent {
  readonly ended: () => boolean
  readonly isBusy: () => boolean
  /** Ends it without telling the stock, which learns of it later. */
  readonly die: () => void
}

const start = (rssBytes: number): Process => {
  let ended = false
  let isBusy = true
  const process: RenderProcess = {
    pid: undefined,
    initialRssBytes: () => 0,
    reported: () => undefined,
    ready: Promise.resolve(undefined),
    exited: new Promise(() => {}),
    onExit: () => () => {},
    request: () => new Promise(() => {}),
    dropPixels: () => {},
    end: () => {
      ended = true
    },
    hasEnded: () => ended,
    setBusy: (busy) => {
      isBusy = busy
    },
  }
  return { process, rssBytes, ended: () => ended, isBusy: () => isBusy, die: () => (ended = true) }
}

describe("the stock of processes", () => {
  it("lends the process that was used latest, so that the others can stay swapped out", () => {
    const stock = createStock()
    const [first, second] = [start(1), start(2)]
    stock.offer(first)
    stock.offer(second)
    expect(stock.take()).toBe(second)
    expect([first.isBusy(), second.isBusy()]).toEqual([false, true])
    expect([stock.idleCount(), stock.lentCount()]).toEqual([1, 1])
  })

  it("gives a process to the caller that has waited longest, unless it has left", async () => {
    const stock = createStock()
    const abort = new AbortController()
    const left = stock.line.wait(abort.signal)
    const next = stock.line.wait(new AbortController().signal)
    abort.abort(new Error("left"))
    const process = start(1)
    stock.offer(process)
    await expect(left).rejects.toThrow("left")
    expect(await next).toBe(process)
    expect(stock.idleCount()).toBe(0)
  })

  it("lends no process that has exited", () => {
    const stock = createStock()
    const [living, dead] = [start(1), start(2)]
    stock.offer(living)
    stock.offer(dead)
    dead.die()
    expect(stock.take()).toBe(living)
    expect(stock.take()).toBeUndefined()
  })

  it("keeps the smallest idle process when it trims, and no process that has exited", () => {
    const stock = createStock()
    const [large, small, dead] = [start(90), start(20), start(10)]
    for (const process of [large, small, dead]) stock.offer(process)
    stock.remove(dead.process)
    stock.trim()
    expect([large, small, dead].map(({ ended }) => ended())).toEqual([true, false, false])
    expect(stock.take()).toBe(small)
    expect(stock.take()).toBeUndefined()
  })
})

describe("the process that is left after a minute without work", () => {
  it.each([
    ["stays if it has hardly grown", 10_000_000, false],
    ["is ended, to be replaced, if it has grown", 40_000_000, true],
  ])("%s", (_, rssBytes, isReplaced) => {
    const stock = createStock()
    const process = start(rssBytes)
    stock.offer(process)
    expect([stock.trim(), process.ended()]).toEqual([isReplaced, isReplaced])
    expect(stock.take()).toBe(isReplaced ? undefined : process)
  })
})

describe("activity", () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it("ends a minute after it was touched last", () => {
    const onIdle = vi.fn<() => void>()
    const activity = createActivity(onIdle)
    activity.touch()
    vi.advanceTimersByTime(IDLE_MS - 1)
    activity.touch()
    vi.advanceTimersByTime(IDLE_MS - 1)
    expect([activity.isOn(), onIdle.mock.calls.length]).toEqual([true, 0])
    vi.advanceTimersByTime(1)
    expect([activity.isOn(), onIdle.mock.calls.length]).toEqual([false, 1])
  })
})
