/** Tests of the gate: never more inside than its capacity, in order of arrival, and every waiting job is admitted or ends with an error. */
import { getEventListeners } from "node:events"
import { setImmediate as settled } from "node:timers/promises"

import * as fc from "fast-check"
import { describe, expect, it, onTestFinished, vi } from "vitest"

import { codeOf } from "./errors.ts"
import { createGate, type Gate } from "./gate.ts"

type State = "waiting" | "inside" | "left" | "refused" | "gave up"

/** A job at a gate, as a caller sees it. */
interface Visitor {
  readonly name: number
  readonly weight: number
  readonly controller: AbortController
  /** Time of its arrival. */
  readonly foundFullQueue: boolean
  state: State
  error?: unknown
  leave?: () => void
}

/** A gate with a record of its jobs and of the order in which they were admitted. */
const createSite = (
  gate: Gate,
  maxWaiting = Infinity,
): {
  readonly visitors: Visitor[]
  readonly admitted: number[]
  readonly come: (weight: number, yieldsMs?: number) => Visitor
} => {
  const visitors: Visitor[] = []
  const admitted: number[] = []
  const come = (weight: number, yieldsMs?: number): Visitor => {
    const visitor: Visitor = {
      name: visitors.length,
      weight,
      controller: new AbortController(),
      foundFullQueue: gate.waiting() >= maxWaiting,
      state: "waiting",
    }
    visitors.push(visitor)
    gate.acquire(weight, visitor.controller.signal, yieldsMs).then(
      (leave) => {
        admitted.push(visitor.name)
        visitor.state = "inside"
        visitor.leave = () => {
          visitor.state = "left"
          leave()
        }
      },
      (error: unknown) => {
        visitor.error = error
        visitor.state = codeOf(error) === "busy" ? "refused" : "gave up"
      },
    )
    return visitor
  }
  return { visitors, admitted, come }
}

const statesOf = (visitors: readonly Visitor[]): readonly State[] => visitors.map(({ state }) => state)

describe("createGate", () => {
  it("admits jobs that fit at once, and the others in order of arrival", async () => {
    const { come, visitors, admitted } = createSite(createGate({ capacity: 2, maxWaiting: 10 }))
    const first = come(1)
    come(1)
    const third = come(1)
    come(1)
    await settled()
    expect(statesOf(visitors)).toEqual(["inside", "inside", "waiting", "waiting"])
    first.leave?.()
    await settled()
    expect(statesOf(visitors)).toEqual(["left", "inside", "inside", "waiting"])
    third.leave?.()
    await settled()
    expect(admitted).toEqual([0, 1, 2, 3])
  })

  it("admits small jobs before big ones that arrived shortly before, and big ones before small ones that arrive later", async () => {
    vi.useFakeTimers({ toFake: ["performance"] })
    onTestFinished(() => void vi.useRealTimers())
    const { come, visitors, admitted } = createSite(createGate({ capacity: 1, maxWaiting: 10 }))
    come(1)
    come(1, 5000)
    come(1, 5000)
    vi.advanceTimersByTime(4000)
    come(1, 10)
    vi.advanceTimersByTime(2000)
    come(1, 10)
    await settled()
    for (const at of [0, 3, 1, 2]) {
      visitors[at]?.leave?.()
      await settled()
    }
    expect(admitted).toEqual([0, 3, 1, 2, 4])
  })

  it("admits no later job before one that needs more room", async () => {
    const { come, visitors } = createSite(createGate({ capacity: 10, maxWaiting: 10 }))
    const first = come(6)
    come(7)
    come(1)
    await settled()
    expect(statesOf(visitors)).toEqual(["inside", "waiting", "waiting"])
    first.leave?.()
    await settled()
    expect(statesOf(visitors)).toEqual(["left", "inside", "inside"])
  })

  it("admits several jobs when one large one ends", async () => {
    const { come, visitors } = createSite(createGate({ capacity: 10, maxWaiting: 10 }))
    const large = come(10)
    come(3)
    come(3)
    come(5)
    await settled()
    large.leave?.()
    await settled()
    expect(statesOf(visitors)).toEqual(["left", "inside", "inside", "waiting"])
  })

  it("admits a job that is larger than the capacity alone", async () => {
    const { come, visitors } = createSite(createGate({ capacity: 10, maxWaiting: 10 }))
    const small = come(1)
    const giant = come(1_000_000)
    come(1)
    await settled()
    expect(statesOf(visitors)).toEqual(["inside", "waiting", "waiting"])
    small.leave?.()
    await settled()
    expect(statesOf(visitors)).toEqual(["left", "inside", "waiting"])
    giant.leave?.()
    await settled()
    expect(statesOf(visitors)).toEqual(["left", "left", "inside"])
  })

  it("refuses a job with busy if the queue would become too long, and only then", async () => {
    const gate = createGate({ capacity: 1, maxWaiting: 2 })
    const { come, visitors } = createSite(gate)
    const first = come(1)
    come(1)
    come(1)
    const fourth = come(1)
    await settled()
    expect(statesOf(visitors)).toEqual(["inside", "waiting", "waiting", "refused"])
    expect(fourth.error).toMatchObject({ code: "busy", status: 503 })
    expect(gate.waiting()).toBe(2)
    first.leave?.()
    come(1)
    await settled()
    expect(statesOf(visitors)).toEqual(["left", "inside", "waiting", "refused", "waiting"])
  })

  it("admits or refuses at once without a queue", async () => {
    const { come, visitors } = createSite(createGate({ capacity: 1, maxWaiting: 0 }))
    const first = come(1)
    come(1)
    await settled()
    first.leave?.()
    come(1)
    await settled()
    expect(statesOf(visitors)).toEqual(["left", "refused", "inside"])
  })

  it("rejects the wait of an aborted job with the reason of its signal", async () => {
    const gate = createGate({ capacity: 1, maxWaiting: 10 })
    const { come, visitors } = createSite(gate)
    const first = come(1)
    const second = come(1)
    come(1)
    const reason = new Error("has left")
    second.controller.abort(reason)
    await settled()
    expect(second).toMatchObject({ state: "gave up", error: reason })
    expect(gate.waiting()).toBe(1)
    first.leave?.()
    await settled()
    expect(statesOf(visitors)).toEqual(["left", "gave up", "inside"])
  })

  it("admits jobs at once that waited only for a job that was aborted", async () => {
    const { come, visitors } = createSite(createGate({ capacity: 10, maxWaiting: 10 }))
    come(6)
    const large = come(7)
    come(2)
    come(2)
    come(2)
    large.controller.abort()
    await settled()
    expect(statesOf(visitors)).toEqual(["inside", "gave up", "inside", "inside", "waiting"])
  })

  it("frees a place in the queue when a waiting job is aborted", async () => {
    const { come, visitors } = createSite(createGate({ capacity: 1, maxWaiting: 1 }))
    come(1)
    const second = come(1)
    second.controller.abort()
    come(1)
    await settled()
    expect(statesOf(visitors)).toEqual(["inside", "gave up", "waiting"])
  })

  it("rejects a job whose signal has aborted before, even when there is room", async () => {
    const gate = createGate({ capacity: 1, maxWaiting: 1 })
    const reason = new Error("left before")
    await expect(gate.acquire(1, AbortSignal.abort(reason))).rejects.toBe(reason)
    await expect(gate.acquire(1)).resolves.toBeTypeOf("function")
  })

  it("loses no room when a job is admitted and aborted at the same moment", async () => {
    const { come, visitors } = createSite(createGate({ capacity: 1, maxWaiting: 10 }))
    const first = come(1)
    const second = come(1)
    come(1)
    await settled()
    first.leave?.()
    second.controller.abort()
    await settled()
    // It was admitted first, so it has the room and must release it.
    expect(statesOf(visitors)).toEqual(["left", "inside", "waiting"])
    second.leave?.()
    await settled()
    expect(statesOf(visitors)).toEqual(["left", "left", "inside"])
  })

  it("releases room once, however often release is called", async () => {
    const gate = createGate({ capacity: 2, maxWaiting: 10 })
    const leave = await gate.acquire(2)
    leave()
    leave()
    const { come, visitors } = createSite(gate)
    come(2)
    come(1)
    leave()
    await settled()
    expect(statesOf(visitors)).toEqual(["inside", "waiting"])
  })

  it("leaves no listeners on a signal that outlives the wait", async () => {
    const gate = createGate({ capacity: 1, maxWaiting: 10 })
    const { signal } = new AbortController()
    const leave = await gate.acquire(1, signal)
    const second = gate.acquire(1, signal)
    leave()
    const leaveToo = await second
    leaveToo()
    expect(getEventListeners(signal, "abort")).toHaveLength(0)
  })

  type Action =
    | { readonly kind: "come"; readonly weight: number }
    | { readonly kind: "leave" | "give up"; readonly pick: number }
    | { readonly kind: "pause" }
  const action: fc.Arbitrary<Action> = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ kind: fc.constant("come" as const), weight: fc.integer({ min: 1, max: 15 }) }),
    },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant("leave" as const), pick: fc.nat() }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("give up" as const), pick: fc.nat() }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant("pause" as const) }) },
  )

  it("holds its invariants for any order of arrivals, aborts and releases", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 10 }),
        fc.nat(5),
        fc.array(action, { maxLength: 40 }),
        async (capacity, maxWaiting, actions) => {
          const gate = createGate({ capacity, maxWaiting })
          const { visitors, admitted, come } = createSite(gate, maxWaiting)
          const which = (state: State): readonly Visitor[] => visitors.filter((visitor) => visitor.state === state)
          const room = (weight: number): number => Math.min(weight, capacity)
          const check = (): void => {
            const used = which("inside").reduce((sum, { weight }) => sum + room(weight), 0)
            const [next] = which("waiting")
            expect(used).toBeLessThanOrEqual(capacity)
            expect(gate.waiting()).toBe(which("waiting").length)
            expect(gate.waiting()).toBeLessThanOrEqual(maxWaiting)
            // No job waits without a reason.
            expect(next === undefined || used + room(next.weight) > capacity).toBe(true)
            // In order of arrival: no job waits that arrived before an admitted one.
            expect(Math.max(-1, ...admitted)).toBeLessThan(next?.name ?? Infinity)
          }
          const pick = (from: readonly Visitor[], at: number): Visitor | undefined =>
            from[at % Math.max(1, from.length)]
          for (const step of actions) {
            if (step.kind === "come") come(step.weight)
            else if (step.kind === "leave") pick(which("inside"), step.pick)?.leave?.()
            else if (step.kind === "give up") pick(which("waiting"), step.pick)?.controller.abort()
            else {
              await settled()
              check()
            }
          }
          await settled()
          check()
          while (which("inside").length > 0) {
            for (const visitor of which("inside")) visitor.leave?.()
            await settled()
            check()
          }
          // Every job was admitted, refused as busy, or aborted.
          expect(which("waiting")).toEqual([])
          expect(which("refused").filter(({ foundFullQueue }) => !foundFullQueue)).toEqual([])
          expect(which("gave up").filter(({ controller }) => !controller.signal.aborted)).toEqual([])
          // All room has been released.
          await expect(gate.acquire(capacity)).resolves.toBeTypeOf("function")
        },
      ),
      { numRuns: 300 },
    )
  })
})
