/**
 * One flight for all who want the same at one time. What is tried here is every order in which callers can come and go while the work
 * begins, is called off, succeeds, fails and lands; a mistake would be a visitor failing through no fault of its own.
 */
import { getEventListeners } from "node:events"
import { setImmediate as settled } from "node:timers/promises"

import * as fc from "fast-check"
import { afterEach, beforeEach, describe, expect, it } from "vitest"

import { createSingleFlight, type SingleFlight, type Start } from "./single-flight.ts"

/** What a signal says that aborts without a reason. */
const ABORTED = "This operation was aborted"

/** A promise that is settled from outside. */
interface Deferred<T> {
  readonly promise: Promise<T>
  readonly resolve: (value: T) => void
  readonly reject: (reason: unknown) => void
}

const defer = <T>(): Deferred<T> => {
  let resolve: Deferred<T>["resolve"] = () => {}
  let reject: Deferred<T>["reject"] = () => {}
  const promise = new Promise<T>((yes, no) => {
    resolve = yes
    reject = no
  })
  return { promise, resolve, reject }
}

/** Work under the test's control. */
interface Work {
  readonly signal: AbortSignal
  readonly previous: Promise<void> | undefined
  readonly value: Deferred<string>
  readonly landed: Deferred<void>
  isOpen: boolean
}

/** Flights, and the work that was begun for them. */
const createAirport = (): {
  readonly flights: SingleFlight<string>
  readonly begun: Work[]
  readonly start: Start<string>
  /** Somebody comes and leaves, so that the work is called off. */
  readonly callOff: (name: string) => Promise<void>
  /** Work that was called off ends, as it does in a queue. */
  readonly giveUp: (work: Work | undefined) => Promise<void>
} => {
  const flights: SingleFlight<string> = createSingleFlight()
  const begun: Work[] = []
  const start: Start<string> = (signal, previous) => {
    const work: Work = { signal, previous, value: defer(), landed: defer(), isOpen: true }
    begun.push(work)
    return { value: work.value.promise, landed: work.landed.promise, isOpen: () => work.isOpen }
  }
  const callOff = async (name: string): Promise<void> => {
    const leaver = new AbortController()
    const { value } = flights.share(name, start, leaver.signal)
    leaver.abort()
    await expect(value).rejects.toThrow(ABORTED)
    expect(begun.at(-1)?.signal.aborted).toBe(true)
  }
  const giveUp = async (work: Work | undefined): Promise<void> => {
    work?.value.reject(work.signal.reason)
    work?.landed.resolve()
    await settled()
  }
  return { flights, begun, start, callOff, giveUp }
}

const unhandled: unknown[] = []
const note = (reason: unknown): void => void unhandled.push(reason)

beforeEach(() => {
  unhandled.length = 0
  process.on("unhandledRejection", note)
})

afterEach(async () => {
  await settled()
  process.off("unhandledRejection", note)
  if (unhandled.length > 0) throw new Error("a rejection was left unhandled", { cause: unhandled[0] })
})

describe("createSingleFlight", () => {
  it("begins once for all who come before it has landed, and gives all of them its value", async () => {
    const { flights, begun, start } = createAirport()
    const shared = [flights.share("a", start), flights.share("a", start), flights.share("a", start)]
    expect(begun).toHaveLength(1)
    expect(shared.map(({ isFirst }) => isFirst)).toEqual([true, false, false])
    begun[0]?.value.resolve("made")
    expect(await Promise.all(shared.map(({ value }) => value))).toEqual(["made", "made", "made"])
    // The value is there, but it has not landed: one more is served by it.
    const late = flights.share("a", start)
    expect(late.isFirst).toBe(false)
    expect(await late.value).toBe("made")
    expect(begun).toHaveLength(1)
  })

  it("tells those who joined, and not who began, that the work is not what its name says", async () => {
    const { flights, begun, start } = createAirport()
    let isSound = true
    const [first, joined] = [0, 1].map(() =>
      flights.share("a", (...call) => ({ ...start(...call), matchesKey: () => isSound })),
    )
    isSound = false
    begun[0]?.value.resolve("something else")
    expect([await first?.value, await joined?.value]).toEqual(["something else", "something else"])
    expect([first?.matchesKey(), joined?.matchesKey()]).toEqual([true, false])
  })

  it("tells who joined work that was called off of the work that was begun in its place", async () => {
    const { flights, begun, start, callOff, giveUp } = createAirport()
    await callOff("a")
    const late = flights.share("a", (...call) => ({ ...start(...call), matchesKey: () => false }))
    const later = flights.share("a", start)
    await giveUp(begun[0])
    begun[1]?.value.resolve("made")
    expect([await late.value, await later.value]).toEqual(["made", "made"])
    // The first to begin it in its place has what it began; the other joined that.
    expect([late.matchesKey(), later.matchesKey()]).toEqual([true, false])
  })

  it("begins at once, before anything is awaited", () => {
    const { flights, begun, start } = createAirport()
    void flights.share("a", start)
    expect(begun).toHaveLength(1)
    expect(begun[0]?.previous).toBeUndefined()
  })

  it("keeps names apart", async () => {
    const { flights, begun, start } = createAirport()
    const shared = ["a", "b"].map((name) => flights.share(name, start))
    expect(begun).toHaveLength(2)
    begun[1]?.value.resolve("b's")
    begun[0]?.value.resolve("a's")
    expect(await Promise.all(shared.map(({ value }) => value))).toEqual(["a's", "b's"])
  })

  it("begins anew after landing, whatever the end was", async () => {
    const { flights, begun, start } = createAirport()
    const first = flights.share("a", start)
    begun[0]?.value.reject(new Error("failed"))
    await expect(first.value).rejects.toThrow("failed")
    begun[0]?.landed.resolve()
    await settled()
    const second = flights.share("a", start)
    expect(second.isFirst).toBe(true)
    expect(begun[1]?.previous).toBeUndefined()
    begun[1]?.value.resolve("made")
    expect(await second.value).toBe("made")
  })

  it("tells all who wait of a failure", async () => {
    const { flights, begun, start } = createAirport()
    const shared = [flights.share("a", start), flights.share("a", start)]
    const failure = new Error("failed")
    begun[0]?.value.reject(failure)
    expect(await Promise.allSettled(shared.map(({ value }) => value))).toEqual([
      { status: "rejected", reason: failure },
      { status: "rejected", reason: failure },
    ])
  })

  it("fails nobody else when one leaves, not even when it is the one who began", async () => {
    const { flights, begun, start } = createAirport()
    const [first, second] = [new AbortController(), new AbortController()]
    const shared = [flights.share("a", start, first.signal), flights.share("a", start, second.signal)]
    const reason = new Error("has left")
    first.abort(reason)
    await expect(shared[0]?.value).rejects.toBe(reason)
    expect(begun[0]?.signal.aborted).toBe(false)
    begun[0]?.value.resolve("made")
    expect(await shared[1]?.value).toBe("made")
  })

  it("tells the work when the last one has left, and not before", async () => {
    const { flights, begun, start } = createAirport()
    const leavers = [new AbortController(), new AbortController()]
    const shared = leavers.map(({ signal }) => flights.share("a", start, signal))
    const ends = Promise.allSettled(shared.map(({ value }) => value))
    leavers[1]?.abort()
    await settled()
    expect(begun[0]?.signal.aborted).toBe(false)
    leavers[0]?.abort()
    await ends
    expect(begun[0]?.signal.aborted).toBe(true)
  })

  it("does not call work off that somebody waits for without a signal", async () => {
    const { flights, begun, start } = createAirport()
    const leaver = new AbortController()
    const shared = [flights.share("a", start, leaver.signal), flights.share("a", start)]
    leaver.abort()
    await expect(shared[0]?.value).rejects.toThrow(ABORTED)
    expect(begun[0]?.signal.aborted).toBe(false)
    begun[0]?.value.resolve("made")
    expect(await shared[1]?.value).toBe("made")
  })

  it("calls nothing off once the value is there", async () => {
    const { flights, begun, start } = createAirport()
    const leaver = new AbortController()
    const { value } = flights.share("a", start, leaver.signal)
    begun[0]?.value.resolve("made")
    await value
    leaver.abort()
    await settled()
    expect(begun[0]?.signal.aborted).toBe(false)
  })

  it("begins anew for who joins work that has been called off and then gives up, once for all of them", async () => {
    const { flights, begun, start, callOff, giveUp } = createAirport()
    await callOff("a")
    const newcomers = [flights.share("a", start), flights.share("a", start)]
    expect(begun).toHaveLength(1)
    await giveUp(begun[0])
    const more = flights.share("a", start)
    expect(begun).toHaveLength(2)
    begun[1]?.value.resolve("made")
    expect(await Promise.all([...newcomers, more].map(({ value }) => value))).toEqual(["made", "made", "made"])
  })

  it("keeps the work for who joins in the moment between the last one's leaving and its being called off", async () => {
    const { flights, begun, start } = createAirport()
    const leaver = new AbortController()
    const left = flights.share("a", start, leaver.signal)
    leaver.abort()
    const newcomer = flights.share("a", start)
    await expect(left.value).rejects.toThrow(ABORTED)
    expect(begun[0]?.signal.aborted).toBe(false)
    begun[0]?.value.resolve("made")
    expect(await newcomer.value).toBe("made")
  })

  it("gives a newcomer the value of work that was called off and went on all the same", async () => {
    const { flights, begun, start, callOff } = createAirport()
    await callOff("a")
    const newcomer = flights.share("a", start)
    begun[0]?.value.resolve("made")
    expect(await newcomer.value).toBe("made")
    expect(begun).toHaveLength(1)
  })

  it("does not begin anew for a newcomer that has left as well", async () => {
    const { flights, begun, start, callOff, giveUp } = createAirport()
    await callOff("a")
    const leaver = new AbortController()
    const newcomer = flights.share("a", start, leaver.signal)
    leaver.abort()
    await expect(newcomer.value).rejects.toBe(leaver.signal.reason)
    await giveUp(begun[0])
    expect(begun).toHaveLength(1)
  })

  it("lets a flight that takes no more callers be followed by one that is told of its landing", async () => {
    const { flights, begun, start } = createAirport()
    const early = flights.share("a", start)
    const [first] = begun
    if (first) first.isOpen = false
    const late = flights.share("a", start)
    const later = flights.share("a", start)
    expect([early.isFirst, late.isFirst, later.isFirst]).toEqual([true, true, false])
    expect(begun).toHaveLength(2)

    let hasLanded = false
    void begun[1]?.previous?.then(() => (hasLanded = true))
    first?.value.resolve("old")
    expect(await early.value).toBe("old")
    await settled()
    expect(hasLanded).toBe(false)
    first?.landed.resolve()
    await settled()
    expect(hasLanded).toBe(true)
    begun[1]?.value.resolve("new")
    expect(await Promise.all([late.value, later.value])).toEqual(["new", "new"])
  })

  it("tells of a flight that has not landed also who begins anew after work that waited for it and gave up", async () => {
    const { flights, begun, start, callOff, giveUp } = createAirport()
    const early = flights.share("a", start)
    if (begun[0]) begun[0].isOpen = false
    await callOff("a")
    const newcomer = flights.share("a", start)
    await giveUp(begun[1])
    expect(begun).toHaveLength(3)

    let hasLanded = false
    void begun[2]?.previous?.then(() => (hasLanded = true))
    await settled()
    expect(hasLanded).toBe(false)
    begun[0]?.value.resolve("old")
    begun[0]?.landed.resolve()
    expect(await early.value).toBe("old")
    await settled()
    expect(hasLanded).toBe(true)
    begun[2]?.value.resolve("new")
    expect(await newcomer.value).toBe("new")
  })

  it("keeps the follower's flight when the one before it lands", async () => {
    const { flights, begun, start } = createAirport()
    void flights.share("a", start)
    if (begun[0]) begun[0].isOpen = false
    const follower = flights.share("a", start)
    begun[0]?.value.resolve("old")
    begun[0]?.landed.resolve()
    await settled()
    const joined = flights.share("a", start)
    expect(begun).toHaveLength(2)
    begun[1]?.value.resolve("new")
    expect(await Promise.all([follower.value, joined.value])).toEqual(["new", "new"])
  })

  it("fails who comes with a signal that has aborted, with its reason", async () => {
    const { flights, start } = createAirport()
    const reason = new Error("left before")
    await expect(flights.share("a", start, AbortSignal.abort(reason)).value).rejects.toBe(reason)
  })

  it("leaves no listeners on a signal that outlives the wait", async () => {
    const { flights, begun, start } = createAirport()
    const { signal } = new AbortController()
    const shared = [flights.share("a", start, signal), flights.share("a", start, signal)]
    begun[0]?.value.resolve("made")
    await Promise.all(shared.map(({ value }) => value))
    expect(getEventListeners(signal, "abort")).toHaveLength(0)
  })

  it("is idle when everything has landed, and not when only the values are there", async () => {
    const { flights, begun, start } = createAirport()
    await flights.idle()
    void flights.share("a", start)
    void flights.share("b", start)
    let isIdle = false
    const idle = flights.idle().then(() => (isIdle = true))
    for (const { value } of begun) value.resolve("made")
    begun[0]?.landed.resolve()
    await settled()
    expect(isIdle).toBe(false)
    begun[1]?.landed.resolve()
    await idle
    expect(isIdle).toBe(true)
  })

  it("is not idle before that has landed which began while it was waited for", async () => {
    const { flights, begun, start } = createAirport()
    void flights.share("a", start)
    let isIdle = false
    const idle = flights.idle().then(() => (isIdle = true))
    void flights.share("b", start)
    begun[0]?.landed.resolve()
    await settled()
    expect(isIdle).toBe(false)
    begun[1]?.landed.resolve()
    await idle
  })

  it("lets a failure go unnoticed that came when everybody had left", async () => {
    const { flights, begun, start } = createAirport()
    const leaver = new AbortController()
    const { value } = flights.share("a", start, leaver.signal)
    leaver.abort()
    await expect(value).rejects.toThrow(ABORTED)
    begun[0]?.value.reject(new Error("too late for anybody"))
    await settled()
    expect(unhandled).toEqual([])
  })
})

/** A flight as the model knows it. */
interface Plane {
  readonly name: string
  readonly signal: AbortSignal
  readonly value: Deferred<string>
  readonly landed: Deferred<void>
  readonly result: string
  isOpen: boolean
  hasLanded: boolean
  hasSettled: boolean
  hasFailed: boolean
}

interface Passenger {
  readonly name: string
  readonly controller: AbortController
  /** The flight that it joined or began. */
  plane: Plane | undefined
  hasLeft: boolean
  end: { readonly value: string } | { readonly error: unknown } | undefined
}

type Step =
  | { readonly kind: "come"; readonly name: string }
  | { readonly kind: "leave" | "close" | "succeed" | "fail" | "land"; readonly pick: number }
  | { readonly kind: "ask for idle" }

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("come" as const), name: fc.constantFrom("a", "a", "b") }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constantFrom("leave", "leave", "close", "succeed", "fail", "land"),
      pick: fc.nat(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("ask for idle" as const) }) },
)

class Failure extends Error {}

/** Steps played against real flights; a scheduler decides when anybody hears of anything. */
interface Model {
  readonly passengers: readonly Passenger[]
  /** What should never have happened. */
  readonly wrongs: readonly string[]
  readonly play: (some: Step) => void
  /** Lets everything end, and whatever begins because of it. */
  readonly finish: () => Promise<void>
}

/** @param givesUp whether work gives up when it is called off, or goes on */
const createModel = (scheduler: fc.Scheduler, givesUp: boolean): Model => {
  const flights: SingleFlight<string> = createSingleFlight()
  const planes: Plane[] = []
  const passengers: Passenger[] = []
  const wrongs: string[] = []

  const later = (label: string, act: () => void): void => void scheduler.schedule(Promise.resolve(), label).then(act)
  const pickFrom = <T>(from: readonly T[], pick: number): T | undefined => from[pick % Math.max(1, from.length)]

  /** Nothing lands before its value is there. */
  const land = ({ value, landed, result }: Plane): void => {
    value.resolve(result)
    landed.resolve()
  }

  const onCalledOff = (plane: Plane): void => {
    const waiting = passengers.filter((passenger) => passenger.plane === plane && !passenger.hasLeft && !passenger.end)
    if (waiting.length > 0) wrongs.push(`${plane.result} was called off although ${waiting.length} waited`)
    if (plane.hasSettled) wrongs.push(`${plane.result} was called off although it was there`)
    if (!givesUp) return
    later(`${plane.result} gives up`, () => {
      plane.value.reject(plane.signal.reason)
      plane.landed.resolve()
    })
  }

  const begin = (name: string, signal: AbortSignal, previous: Promise<void> | undefined): ReturnType<Start<string>> => {
    const before = planes.filter((plane) => plane.name === name && !plane.hasLanded)
    if (before.some(({ isOpen, hasFailed }) => isOpen && !hasFailed))
      wrongs.push(`${name} began although there was an open flight`)
    if (before.some(({ isOpen }) => !isOpen) && !previous) wrongs.push(`${name} was not told of the flight before`)
    const result = `${name} ${planes.length}`
    const state = { isOpen: true, hasLanded: false, hasSettled: false, hasFailed: false }
    const plane: Plane = { name, signal, value: defer(), landed: defer(), result, ...state }
    planes.push(plane)
    signal.addEventListener("abort", () => onCalledOff(plane))
    plane.value.promise.then(
      () => (plane.hasSettled = true),
      () => (plane.hasSettled = plane.hasFailed = true),
    )
    const landed = plane.landed.promise.then(() => void (plane.hasLanded = true))
    void previous?.then(() => {
      if (before.some(({ hasLanded }) => !hasLanded)) wrongs.push(`${result} was told too early of the flight before`)
    })
    return { value: plane.value.promise, landed, isOpen: () => plane.isOpen }
  }

  const come = (name: string): void => {
    const controller = new AbortController()
    const plane = planes.findLast((known) => known.name === name && known.isOpen && !known.hasLanded)
    const passenger: Passenger = { name, controller, plane, hasLeft: false, end: undefined }
    passengers.push(passenger)
    const count = planes.length
    const { value, isFirst } = flights.share(name, (...given) => begin(name, ...given), controller.signal)
    if (planes.length > count) passenger.plane = planes.at(-1)
    if (isFirst !== planes.length > count) wrongs.push(`${name}: isFirst is ${isFirst}`)
    value.then(
      (text) => (passenger.end = { value: text }),
      (error: unknown) => (passenger.end = { error }),
    )
  }

  const leave = (pick: number): void => {
    const passenger = pickFrom(
      passengers.filter(({ end, hasLeft }) => !end && !hasLeft),
      pick,
    )
    if (!passenger) return
    passenger.hasLeft = true
    passenger.controller.abort(new Error(`left ${passenger.name}`))
  }

  const askForIdle = (): void => {
    const before = [...planes]
    void flights.idle().then(() => {
      if (before.some(({ hasLanded }) => !hasLanded)) wrongs.push("idle before everything had landed")
    })
  }

  const play: Model["play"] = (some) => {
    if (some.kind === "come") return come(some.name)
    if (some.kind === "ask for idle") return askForIdle()
    if (some.kind === "leave") return leave(some.pick)
    const plane = pickFrom(planes, some.pick)
    if (!plane) return undefined
    if (some.kind === "close") plane.isOpen = false
    if (some.kind === "succeed") later(`${plane.result} succeeds`, () => plane.value.resolve(plane.result))
    if (some.kind === "fail") later(`${plane.result} fails`, () => plane.value.reject(new Failure(plane.result)))
    if (some.kind === "land") later(`${plane.result} lands`, () => land(plane))
  }

  const finish: Model["finish"] = async () => {
    for (let count = -1; count !== planes.length || planes.some(({ hasLanded }) => !hasLanded);) {
      count = planes.length
      for (const plane of planes) land(plane)
      await scheduler.waitIdle()
      await settled()
    }
    await flights.idle()
  }

  return { passengers, wrongs, play, finish }
}

describe("every order of coming, leaving, closing, ending and landing", () => {
  it("leaves nobody without what was asked for, and begins nothing twice", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.boolean(),
        fc.array(step, { maxLength: 30 }),
        async (scheduler, givesUp, steps) => {
          const model = createModel(scheduler, givesUp)
          scheduler.scheduleSequence(
            steps.map((some) => ({ label: JSON.stringify(some), builder: async () => model.play(some) })),
          )
          await scheduler.waitIdle()
          await model.finish()
          expect(model.wrongs).toEqual([])
          for (const { name, end, hasLeft, controller } of model.passengers) {
            const [value, error] = [
              end && "value" in end ? end.value : "",
              end && "error" in end ? end.error : undefined,
            ]
            const isOwnReason = hasLeft && error === controller.signal.reason
            const isRight = value.startsWith(`${name} `) || error instanceof Failure || isOwnReason
            expect(isRight, `wanted ${name}, got ${value || String(error)}`).toBe(true)
          }
        },
      ),
      { numRuns: 300 },
    )
  })
})
