/** That a wait ends once, by whatever comes first, and that nothing which was found too late stays open. */
import { setTimeout as sleep } from "node:timers/promises"

import { expect, it, vi } from "vitest"

import { type RequestScope, withDeadline } from "./deadline.ts"

const nothing = (): void => {}

it("gives what is found in time, and ends what still goes on for it", async () => {
  const letGo = vi.fn<() => void>()
  let signal: AbortSignal | undefined
  const found = withDeadline({ deadlineMs: 1000, getClientSignal: undefined, dispose: letGo }, (patience) => {
    signal = patience.signal
    return Promise.resolve("found")
  })
  expect(await found).toBe("found")
  expect([signal?.aborted, letGo.mock.calls]).toEqual([true, []])
})

it("releases what is found after the deadline, once", async () => {
  const letGo = vi.fn<(found: string) => void>()
  let find: (found: string) => void = nothing
  const late = new Promise<string>((resolve) => (find = resolve))
  const found = withDeadline({ deadlineMs: 5, getClientSignal: undefined, dispose: letGo }, () => late)
  await expect(found).rejects.toMatchObject({ code: "busy" })
  find("late")
  await late
  await sleep(0)
  expect(letGo.mock.calls).toEqual([["late"]])
})

it("tells who asks for the signal when all is over that it is", async () => {
  let kept: RequestScope | undefined
  const found = withDeadline({ deadlineMs: 5, getClientSignal: undefined, dispose: nothing }, (patience) => {
    kept = patience
    return new Promise(nothing)
  })
  await expect(found).rejects.toMatchObject({ code: "busy" })
  expect(kept?.signal.reason).toMatchObject({ code: "busy" })
})

it("passes a client's leaving on, and is not made to by a deadline that is not due", async () => {
  const client = new AbortController()
  const found = withDeadline(
    { deadlineMs: 60_000, getClientSignal: () => client.signal, dispose: nothing },
    ({ signal }) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error))),
  )
  client.abort()
  await expect(found).rejects.toMatchObject({ name: "AbortError" })
})

it("keeps no timer when nobody waits", async () => {
  vi.resetModules()
  const { withDeadline: wait } = await import("./deadline.ts")
  vi.useFakeTimers()
  try {
    const all = [10, 20, 30].map((deadlineMs) =>
      wait({ deadlineMs, getClientSignal: undefined, dispose: nothing }, () => Promise.resolve()),
    )
    await Promise.all(all)
    expect(vi.getTimerCount()).toBe(1)
    vi.advanceTimersByTime(100)
    expect(vi.getTimerCount()).toBe(0)
  } finally {
    vi.useRealTimers()
  }
})
