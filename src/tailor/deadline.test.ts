/** Waits that end once, by the result, the deadline or the client, and results that come too late. */
import { setTimeout as sleep } from "node:timers/promises"

import { expect, it, vi } from "vitest"

import { onAbort } from "../abort.ts"
import { type RequestScope, withDeadline } from "./deadline.ts"

const nothing = (): void => {}

it("a result in time is returned, and the signal then aborts work that still runs for the request", async () => {
  const dispose = vi.fn<() => void>()
  let signal: AbortSignal | undefined
  const result = withDeadline({ deadlineMs: 1000, onDisconnect: undefined, dispose }, (scope) => {
    signal = scope.signal
    return Promise.resolve("found")
  })
  expect(await result).toBe("found")
  expect([signal?.aborted, dispose.mock.calls]).toEqual([true, []])
})

it("a result after the deadline is released, once", async () => {
  const dispose = vi.fn<(result: string) => void>()
  let resolve: (result: string) => void = nothing
  const late = new Promise<string>((done) => (resolve = done))
  const result = withDeadline({ deadlineMs: 5, onDisconnect: undefined, dispose }, () => late)
  await expect(result).rejects.toMatchObject({ code: "busy" })
  resolve("late")
  await late
  await sleep(0)
  expect(dispose.mock.calls).toEqual([["late"]])
})

it("a signal that is first read after the deadline has aborted", async () => {
  let late: RequestScope | undefined
  const result = withDeadline({ deadlineMs: 5, onDisconnect: undefined, dispose: nothing }, (scope) => {
    late = scope
    return new Promise(nothing)
  })
  await expect(result).rejects.toMatchObject({ code: "busy" })
  expect(late?.signal.reason).toMatchObject({ code: "busy" })
})

it("a client that disconnects ends the wait before the deadline", async () => {
  const client = new AbortController()
  const result = withDeadline(
    { deadlineMs: 60_000, onDisconnect: onAbort(client.signal), dispose: nothing },
    ({ signal }) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error))),
  )
  client.abort()
  await expect(result).rejects.toMatchObject({ name: "AbortError" })
})

it("no timer is left when no request waits", async () => {
  vi.resetModules()
  const { withDeadline: wait } = await import("./deadline.ts")
  vi.useFakeTimers()
  try {
    const all = [10, 20, 30].map((deadlineMs) =>
      wait({ deadlineMs, onDisconnect: undefined, dispose: nothing }, () => Promise.resolve()),
    )
    await Promise.all(all)
    expect(vi.getTimerCount()).toBe(1)
    vi.advanceTimersByTime(100)
    expect(vi.getTimerCount()).toBe(0)
  } finally {
    vi.useRealTimers()
  }
})
