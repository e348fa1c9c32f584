/**
 * Responsible for originals that are looked up at most every so many seconds, for stores where each lookup costs a trip over a network.
 * Until then, a server serves the renditions of the version that it knows.
 *
 * Invariants:
 * - A remembered result was true when it was requested, and the latest request counts.
 * - A caller that demands a fresh result gets one.
 * - Concurrent callers share one lookup.
 * - Memory is bounded. Absent originals, whose keys clients can invent, do not displace present ones.
 */
import type { LRUCache } from "lru-cache"

import { orAbort } from "../abort.ts"
import { createLru } from "../lru.ts"
import type { HeadOptions, Originals, OriginalStat } from "./store.ts"

/** An absent original is looked up sooner: editors upload a photo and look at it. */
const ABSENT_MS = 5000
/** Some hundred bytes each. */
const MAX_PRESENT = 50_000
const MAX_ABSENT = 2000

interface Known {
  /** Undefined for an absent original. */
  readonly stat: OriginalStat | undefined
  /** Start of the lookup: the original may have changed since. */
  readonly requestedMs: number
}

/** The latest results, by key. */
interface Memory {
  readonly set: (key: string, known: Known) => void
  /** A result that is not too old. */
  readonly get: (key: string) => Known | undefined
}

const createMemory = (presentMs: number, clock: () => number): Memory => {
  const present = createLru<Known>(MAX_PRESENT)
  const absent = createLru<Known>(MAX_ABSENT)
  const absentMs = Math.min(ABSENT_MS, presentMs)
  const find = (cache: LRUCache<string, Known>, key: string, maxAgeMs: number): Known | undefined => {
    const known = cache.get(key)
    return known && clock() - known.requestedMs < maxAgeMs ? known : undefined
  }
  return {
    get: (key) => find(present, key, presentMs) ?? find(absent, key, absentMs),
    set: (key, known) => {
      const before = present.peek(key) ?? absent.peek(key)
      if (before && before.requestedMs > known.requestedMs) return
      const [cache, other] = known.stat ? [present, absent] : [absent, present]
      cache.set(key, known)
      other.delete(key)
    },
  }
}

/**
 * The same originals, with lookups that are reused.
 * @param seconds for which a lookup is reused; 0 to look up each time
 * @param clock milliseconds, of a clock that is never set back
 */
export const recheckedOriginals = (
  store: Originals,
  seconds: number,
  clock: () => number = () => performance.now(),
): Originals => {
  if (seconds <= 0) return store
  const memory = createMemory(seconds * 1000, clock)
  const lookups = new Map<string, Promise<OriginalStat | undefined>>()

  const lookUp = (key: string): Promise<OriginalStat | undefined> => {
    const requestedMs = clock()
    const result = store.head(key).then((stat) => {
      memory.set(key, { stat, requestedMs })
      return stat
    })
    lookups.set(key, result)
    const forget = (): void => {
      if (lookups.get(key) === result) lookups.delete(key)
    }
    result.then(forget, forget)
    return result
  }

  const head = async (key: string, { fresh = false, signal }: HeadOptions): Promise<OriginalStat | undefined> => {
    // A lookup that was started before is not fresh: it may have been answered before the change.
    const result = (fresh ? undefined : lookups.get(key)) ?? lookUp(key)
    return orAbort(result, signal)
  }

  return {
    name: store.name,
    list: (prefix, options) => store.list(prefix, options),
    isGone: async (key, options) => store.isGone?.(key, options) ?? false,
    check: async (options) => store.check?.(options),
    headSync: (key) => memory.get(key)?.stat,
    head: async (key, options = {}) => {
      const known = options.fresh ? undefined : memory.get(key)
      return known ? known.stat : head(key, options)
    },
    get: async (key, options) => {
      const requestedMs = clock()
      const object = await store.get(key, options)
      memory.set(key, { stat: object?.stat, requestedMs })
      return object
    },
  }
}
