/** Responsible for stores whose calls are delayed, fail or never end, as a test decides, and for counting calls. */
import { setTimeout as sleep } from "node:timers/promises"

import { storeUnavailable } from "../../src/errors.ts"
import type { Originals, Renditions } from "../../src/store/store.ts"

/** The calls that can fail. */
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

/** A fault of some calls only. */
export const on =
  (calls: readonly Call[], fault: Fault): Fault =>
  async (call, key) => {
    if (calls.includes(call)) await fault(call, key)
  }

/** Delays a call. */
export const late =
  (ms: number): Fault =>
  async () => {
    await sleep(ms)
  }

/** Fails like a store that cannot be reached. */
export const failing: Fault = async (call, key) => {
  throw storeUnavailable("faulty", key, new Error(`${call} failed: connection reset, secret detail`))
}

/** Never ends. */
export const hanging: Fault = () => new Promise(() => {})

export interface Latch {
  /** A fault that holds calls until the latch opens. */
  readonly hold: Fault
  /** Resolves when a call is held. */
  readonly reached: Promise<void>
  /** Lets the held calls and all later ones continue. */
  readonly open: () => void
}

const createSignal = (): { readonly promise: Promise<void>; readonly resolve: () => void } => {
  let onResolve = (): void => {}
  const promise = new Promise<void>((resolve) => (onResolve = resolve))
  return { promise, resolve: () => onResolve() }
}

/** Holds calls until the test opens the latch. */
export const createLatch = (): Latch => {
  const reached = createSignal()
  const opened = createSignal()
  return {
    hold: () => {
      reached.resolve()
      return opened.promise
    },
    reached: reached.promise,
    open: opened.resolve,
  }
}

/** Counts calls and passes them on. */
export const createTally = (): { readonly fault: Fault; readonly counts: Readonly<Record<Call, number>> } => {
  const counts = { head: 0, get: 0, put: 0, delete: 0 }
  return {
    counts,
    fault: async (call) => {
      counts[call] += 1
    },
  }
}
