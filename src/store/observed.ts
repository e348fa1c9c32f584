/**
 * Responsible for remembering when a store last worked and when it last failed, for health checks.
 *
 * Invariants:
 * - Results, errors and options of the store are passed on unchanged.
 */
import type { ErrorCode } from "../error-codes.ts"
import { codeOf, isAbort } from "../errors.ts"
import type { Originals, Renditions } from "./store.ts"

/** How often an operation succeeded and failed, and when it last did, in milliseconds since 1970. */
export interface OperationState {
  readonly lastSuccessMs: number | undefined
  readonly lastFailureMs: number | undefined
  /** Code of the latest failure. */
  readonly lastFailure: ErrorCode | undefined
  /** Calls since the process started. */
  readonly successes: number
  readonly failures: number
}

/** State of a store. Operations that it does not have are absent. */
export interface StoreState {
  /** The kind of store: "folder", "s3". */
  readonly name: string
  readonly read: OperationState
  readonly write?: OperationState
  readonly delete?: OperationState
}

/** A store that is observed, and its state. */
export interface Observed<T> {
  readonly store: T
  readonly state: () => StoreState
}

/** Records the outcome of calls. */
interface Recorder {
  readonly record: <T>(call: Promise<T>) => Promise<T>
  /** Records a lookup that did not wait. One without a result is repeated by a call, which is recorded then. */
  readonly recordSync: <T>(found: T) => T
  readonly state: () => OperationState
}

/** Errors of a request or of an original are no failures of the store. */
const isStoreFailure = (error: unknown): boolean => {
  const code = codeOf(error)
  return !isAbort(error) && (code === undefined || code === "store-unavailable" || code === "store-denied")
}

const createRecorder = (clock: () => number): Recorder => {
  let lastSuccessMs: number | undefined
  let lastFailureMs: number | undefined
  let lastFailure: ErrorCode | undefined
  let successes = 0
  let failures = 0
  const onSuccess = <T>(value: T): T => {
    lastSuccessMs = clock()
    successes += 1
    return value
  }
  const onFailure = (error: unknown): never => {
    if (isStoreFailure(error)) {
      lastFailureMs = clock()
      failures += 1
      lastFailure = codeOf(error) ?? "store-unavailable"
    }
    throw error
  }
  return {
    // A custom store may return a plain value.
    record: (call) => Promise.resolve(call).then(onSuccess, onFailure),
    recordSync: (found) => (found === undefined ? found : onSuccess(found)),
    state: () => ({ lastSuccessMs, lastFailureMs, lastFailure, successes, failures }),
  }
}

/** @param clock milliseconds since 1970 */
export const observeOriginals = (store: Originals, clock: () => number): Observed<Originals> => {
  const { record, recordSync, state } = createRecorder(clock)
  const headSync = store.headSync?.bind(store)
  return {
    store: {
      name: store.name,
      head: (key, options) => record(store.head(key, options)),
      ...(headSync && { headSync: (key) => recordSync(headSync(key)) }),
      get: (key, options) => record(store.get(key, options)),
      list: (prefix, options) => store.list(prefix, options),
      ...(store.isGone && { isGone: store.isGone.bind(store) }),
      ...(store.check && { check: store.check.bind(store) }),
    },
    state: () => ({ name: store.name, read: state() }),
  }
}

/** @param clock milliseconds since 1970 */
export const observeRenditions = (store: Renditions, clock: () => number): Observed<Renditions> => {
  const read = createRecorder(clock)
  const write = createRecorder(clock)
  const deletion = createRecorder(clock)
  const getSync = store.getSync?.bind(store)
  const headSync = store.headSync?.bind(store)
  return {
    store: {
      name: store.name,
      keyLimits: store.keyLimits,
      head: (key, options) => read.record(store.head(key, options)),
      get: (key, options) => read.record(store.get(key, options)),
      ...(getSync && { getSync: (key) => read.recordSync(getSync(key)) }),
      ...(headSync && { headSync: (key) => read.recordSync(headSync(key)) }),
      put: (key, bytes, meta, options) => write.record(store.put(key, bytes, meta, options)),
      delete: (keys, options) => deletion.record(store.delete(keys, options)),
      ...(store.list && { list: store.list.bind(store) }),
      ...(store.tidy && { tidy: store.tidy.bind(store) }),
      ...(store.check && { check: store.check.bind(store) }),
    },
    state: () => ({ name: store.name, read: read.state(), write: write.state(), delete: deletion.state() }),
  }
}
