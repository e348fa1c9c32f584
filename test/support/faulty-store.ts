/** Stores that are late, fail or never answer, on the calls that a test names; and stores that count. */
import { setTimeout as sleep } from "node:timers/promises"

import { storeUnavailable } from "../../src/errors.ts"
import type { Originals, Renditions } from "../../src/store/store.ts"

/** The calls that can be made to go wrong. */
export type Call = "head" | "get" | "put" | "delete"

/** Runs before a call reaches the store: it may wait, throw, or never end. */
export type Fault = (call: Call, key: string) => Promise<void>

/** The same store, with a fault before each call. */
export const faultyOriginals = (store: Originals, fault: Fault): Originals => ({
  ...store,
  head: async (key, options) => {
    await fault("head", key)
    return store.head(key, options)
  },
  get: async (key, options) => {
    await fault("get", key)
    return store.get(key, options)
  },
})

/** The same store, with a fault before each call. */
export const faultyRenditions = (store: Renditions, fault: Fault): Renditions => ({
  ...store,
  head: async (key, options) => {
    await fault("head", key)
    return store.head(key, options)
  },
  get: async (key, options) => {
    await fault("get", key)
    return store.get(key, options)
  },
  put: async (key, bytes, meta, options) => {
    await fault("put", key)
    return store.put(key, bytes, meta, options)
  },
  delete: async (keys, options) => {
    await fault("delete", keys.join("\n"))
    return store.delete(keys, options)
  },
})

/** A fault only of some calls. */
export const on =
  (calls: readonly Call[], fault: Fault): Fault =>
  async (call, key) => {
    if (calls.includes(call)) await fault(call, key)
  }

/** Answers after a while. */
export const late =
  (ms: number): Fault =>
  async () => {
    await sleep(ms)
  }

/** Fails as a store does that cannot be reached. */
export const failing: Fault = async (call, key) => {
  throw storeUnavailable("faulty", key, new Error(`${call} failed: connection reset, secret detail`))
}

/** Never answers. */
export const hanging: Fault = () => new Promise(() => {})

export interface Latch {
  /** A fault that holds calls until they are let go. */
  readonly hold: Fault
  /** Resolves when a call is held. */
  readonly reached: Promise<void>
  /** Lets the held calls go, and all later ones through. */
  readonly open: () => void
}

const createSignal = (): { readonly given: Promise<void>; readonly give: () => void } => {
  let give = (): void => {}
  const given = new Promise<void>((resolve) => (give = resolve))
  return { given, give: () => give() }
}

/** Holds calls until the test has seen what it wants to see. */
export const createLatch = (): Latch => {
  const reached = createSignal()
  const opened = createSignal()
  return {
    hold: () => {
      reached.give()
      return opened.given
    },
    reached: reached.given,
    open: opened.give,
  }
}

/** Counts calls and lets them through. */
export const createTally = (): { readonly fault: Fault; readonly counts: Readonly<Record<Call, number>> } => {
  const counts = { head: 0, get: 0, put: 0, delete: 0 }
  return {
    counts,
    fault: async (call) => {
      counts[call] += 1
    },
  }
}
