/** Work that several callers wait for: every order in which they come and leave while it runs, succeeds and fails. */
import { getEventListeners } from "node:events"
import { setImmediate as nextTurn } from "node:timers/promises"

import * as fc from "fast-check"
import { afterEach, beforeEach, describe, expect, it } from "vitest"

import { orAbort, type SharedWork, shareWork } from "./abort.ts"

interface Work {
  readonly work: SharedWork<string>
  readonly signal: AbortSignal
  readonly resolve: (value: string) => void
  readonly reject: (reason: unknown) => void
}

const begin = (): Work => {
  let parts: Omit<Work, "work"> | undefined
  const work = shareWork((signal) => new Promise<string>((resolve, reject) => (parts = { signal, resolve, reject })))
  if (!parts) throw new Error("Expected the work to start at once.")
  return { work, ...parts }
}

const unhandled: unknown[] = []
const note = (reason: unknown): void => void unhandled.push(reason)

beforeEach(() => {
  unhandled.length = 0
  process.on("unhandledRejection", note)
})

afterEach(async () => {
  await nextTurn()
  process.off("unhandledRejection", note)
  if (unhandled.length > 0) throw new Error("A rejection was left unhandled.", { cause: unhandled[0] })
})

describe("shareWork", () => {
  it("starts the work at once and gives every caller its value, late ones included", async () => {
    const { work, resolve } = begin()
    const waits = [work.wait(), work.wait()]
    resolve("made")
    expect(await Promise.all(waits)).toEqual(["made", "made"])
    expect(await work.wait()).toBe("made")
  })

  it("rejects for every caller when the work fails", async () => {
    const { work, reject } = begin()
    const failure = new Error("failed")
    const waits = Promise.allSettled([work.wait(), work.wait()])
    reject(failure)
    expect(await waits).toEqual([
      { status: "rejected", reason: failure },
      { status: "rejected", reason: failure },
    ])
  })

  it("fails no other caller when one leaves, not even the first", async () => {
    const { work, signal, resolve } = begin()
    const [first, second] = [new AbortController(), new AbortController()]
    const waits = [work.wait(first.signal), work.wait(second.signal)]
    const reason = new Error("left")
    first.abort(reason)
    await expect(waits[0]).rejects.toBe(reason)
    expect([signal.aborted, work.isCancelled()]).toEqual([false, false])
    resolve("made")
    expect(await waits[1]).toBe("made")
  })

  it("aborts the work when the last caller leaves, and not before", async () => {
    const { work, signal } = begin()
    const callers = [new AbortController(), new AbortController()]
    const ends = Promise.allSettled(callers.map((caller) => work.wait(caller.signal)))
    callers[1]?.abort()
    await nextTurn()
    expect(signal.aborted).toBe(false)
    callers[0]?.abort()
    await ends
    expect([signal.aborted, work.isCancelled()]).toEqual([true, true])
  })

  it("does not abort work that a caller without a signal waits for", async () => {
    const { work, signal, resolve } = begin()
    const caller = new AbortController()
    const left = work.wait(caller.signal)
    const stays = work.wait()
    caller.abort()
    await expect(left).rejects.toThrow("aborted")
    expect(signal.aborted).toBe(false)
    resolve("made")
    expect(await stays).toBe("made")
  })

  it("aborts nothing once the value is there", async () => {
    const { work, signal, resolve } = begin()
    const caller = new AbortController()
    const wait = work.wait(caller.signal)
    resolve("made")
    await wait
    caller.abort()
    await nextTurn()
    expect([signal.aborted, work.isCancelled()]).toEqual([false, false])
  })

  it("keeps the work for a caller that joins between the last one's abort and its leaving", async () => {
    const { work, signal, resolve } = begin()
    const caller = new AbortController()
    const left = work.wait(caller.signal)
    caller.abort()
    const stays = work.wait()
    await expect(left).rejects.toThrow("aborted")
    expect(signal.aborted).toBe(false)
    resolve("made")
    expect(await stays).toBe("made")
  })

  it("gives a late caller the value of cancelled work that could not be stopped", async () => {
    const { work, resolve } = begin()
    const caller = new AbortController()
    const left = work.wait(caller.signal)
    caller.abort()
    await expect(left).rejects.toThrow("aborted")
    const late = work.wait()
    resolve("made")
    expect(await late).toBe("made")
    expect(work.isCancelled()).toBe(true)
  })

  it("leaves no rejection unhandled when the work fails after every caller has left", async () => {
    const { work, reject } = begin()
    const caller = new AbortController()
    const wait = work.wait(caller.signal)
    caller.abort()
    await expect(wait).rejects.toThrow("aborted")
    reject(new Error("nobody waits for it"))
  })

  it("stays cancelled if and only if there was a moment without callers, in any order of coming and leaving", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.option(fc.nat(5)), { maxLength: 20 }), async (steps) => {
        const { work, resolve } = begin()
        const callers: AbortController[] = []
        let hadNone = false
        for (const leaver of steps) {
          if (leaver === null) {
            const caller = new AbortController()
            callers.push(caller)
            work.wait(caller.signal).catch(() => {})
          } else {
            const [caller] = callers.splice(leaver % Math.max(1, callers.length), 1)
            caller?.abort()
            hadNone ||= caller !== undefined && callers.length === 0
          }
          await nextTurn()
          expect(work.isCancelled()).toBe(hadNone)
        }
        const late = work.wait()
        resolve("made")
        expect(await late).toBe("made")
      }),
      { numRuns: 100 },
    )
  })
})

describe("orAbort", () => {
  it("rejects with the reason of a signal that has aborted before", async () => {
    const reason = new Error("left before")
    await expect(orAbort(Promise.resolve("made"), AbortSignal.abort(reason))).rejects.toBe(reason)
  })

  it("leaves no listeners on a signal that outlives the wait", async () => {
    const { signal } = new AbortController()
    await Promise.all([orAbort(Promise.resolve(1), signal), orAbort(Promise.resolve(2), signal)])
    expect(getEventListeners(signal, "abort")).toHaveLength(0)
  })
})
