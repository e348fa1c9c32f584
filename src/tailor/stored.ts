/**
 * Responsible for the renditions' store as requests use it. A rendition is a cache entry: a failure to read, write or delete one is
 * reported, and fails no request.
 *
 * Invariants:
 * - A rendition that cannot be read counts as not stored, so it is rendered again and written over.
 * - A store that hangs delays the requests that find out, and one request in ten seconds after that. The others are rendered without it, and
 *   one of them at a time tries to write. One read that hangs while others succeed does not count.
 * - A request deletes nothing without evidence: the originals' store states that every original that the key can mean was deleted, or the
 *   present bytes of the original were refused.
 */
import { orAbort } from "../abort.ts"
import { describeError, isAbort } from "../errors.ts"
import type { Reading, RenditionKey } from "../sizes/key.ts"
import {
  closeBody,
  type Originals,
  type PutOptions,
  readBody,
  type RenditionMeta,
  type RenditionObject,
  type Renditions,
} from "../store/store.ts"
import type { RequestScope } from "./deadline.ts"

/** A failure of the renditions' store that failed no request. */
export interface StoreFailure {
  readonly action: "read" | "delete"
  readonly key: string
  /** One line. */
  readonly reason: string
}

/** How a write ended. */
export interface WriteResult {
  /** The ETag under which the store has it, where that is not the record's. */
  readonly etag?: string
  /** Why it could not be written. */
  readonly failure?: string
}

/** A stored rendition in memory. */
export interface WholeRendition {
  readonly meta: RenditionMeta
  readonly bytes: Uint8Array
}

/** The renditions' store as requests use it. */
export interface Stored {
  /** True where the store has hung, and it is not time to try again: do not read from it. */
  readonly isBypassed: () => boolean
  /** False where the store has hung. Unlike `isBypassed`, it never starts another try. */
  readonly isResponding: () => boolean
  /** Number of reads that have succeeded. */
  readonly readCount: () => number
  /** To be called after a read. */
  readonly onRead: () => void
  /** To be called when a read failed. @throws the error, where the wait is over anyway */
  readonly onReadFailure: (key: string, scope: RequestScope, error: unknown) => void
  /** To be called when a read was still pending at the deadline. @param readCount from before the read */
  readonly onStalledRead: (readCount: number) => void
  /**
   * Reads a rendition whole, for a render that may not need to take place.
   * @returns undefined where nothing is stored, and where it cannot be read in time
   */
  readonly readWhole: (key: RenditionKey) => Promise<WholeRendition | undefined>
  /** Writes a rendition. Never rejects. */
  readonly put: (key: RenditionKey, bytes: Uint8Array, meta: RenditionMeta, options: PutOptions) => Promise<WriteResult>
  /** Deletes a rendition whose original is refused. Never rejects. */
  readonly delete: (key: RenditionKey) => Promise<void>
  /** Deletes a rendition if every original that its key can mean was deleted. Never rejects. */
  readonly deleteIfGone: (key: RenditionKey, readings: readonly Reading[]) => Promise<void>
}

/** Dependencies of {@link createStored}. */
export interface StoredParts {
  readonly originals: Originals
  readonly renditions: Renditions
  readonly onStoreFailure?: ((failure: StoreFailure) => void) | undefined
}

/** A render holds its slot during a read, so it does not wait longer. */
const READ_LIMIT_MS = 2000

/** A read that fails after this time has found a store that hangs, rather than one that refuses. */
const HANG_MS = 1000

/** How long a store that hung is not read from. */
const BYPASS_MS = 10_000

/** When a write is given up and its slot released, so that a store that hangs does not end all rendering. */
const WRITE_LIMIT_MS = 30_000

/** The same for the minute after a write that was given up. */
const SHORT_WRITE_LIMIT_MS = 2000
const SHORT_FOR_MS = 60_000

const ignore = (): void => {}

/** Waits for a rendition that is being opened. One that comes after the signal has aborted is closed. */
const openedInTime = async (
  opening: Promise<RenditionObject | undefined>,
  signal: AbortSignal,
): Promise<RenditionObject | undefined> => {
  try {
    return await orAbort(opening, signal)
  } catch (error) {
    void opening.then(closeBody).catch(ignore)
    throw error
  }
}

type Report = (action: StoreFailure["action"], key: string, error: unknown) => void

const createDeletions = (
  originals: Originals,
  renditions: Renditions,
  report: Report,
): Pick<Stored, "delete" | "deleteIfGone"> => {
  const remove: Stored["delete"] = async (key) => {
    try {
      await renditions.delete([key])
    } catch (error) {
      report("delete", key, error)
    }
  }
  const isGone = async ({ original }: Reading): Promise<boolean> => (await originals.isGone?.(original)) === true
  return {
    delete: remove,
    deleteIfGone: async (key, readings) => {
      try {
        for (const reading of readings) if (!(await isGone(reading))) return
      } catch {
        // A store that cannot be reached gives no evidence.
        return
      }
      await remove(key)
    },
  }
}

/** @param hangCount how often reads have hung, 0 while they succeed */
const createPut = (renditions: Renditions, hangCount: () => number): Stored["put"] => {
  let shortLimitUntilMs = 0
  let isProbing = false
  /** The hang after which a write has succeeded all the same. */
  let harmlessHang = 0
  return async (key, bytes, meta, options) => {
    const hang = hangCount()
    const isProbe = hang !== 0 && hang !== harmlessHang
    // One write at a time tries whether the store responds again.
    if (isProbe && isProbing) return { failure: "the store does not respond" }
    isProbing ||= isProbe
    const limit = new AbortController()
    const isShort = isProbe || performance.now() < shortLimitUntilMs
    const onLimit = (): void => {
      shortLimitUntilMs = performance.now() + SHORT_FOR_MS
      limit.abort(new Error("the store did not finish in time"))
    }
    const timer = setTimeout(onLimit, isShort ? SHORT_WRITE_LIMIT_MS : WRITE_LIMIT_MS)
    timer.unref()
    try {
      // A store that ignores the signal is not waited for either.
      const put = renditions.put(key, bytes, meta, { ...options, signal: limit.signal })
      const result = await orAbort(put, limit.signal)
      harmlessHang = hang
      return result ?? {}
    } catch (error) {
      return { failure: describeError(error) }
    } finally {
      clearTimeout(timer)
      if (isProbe) isProbing = false
    }
  }
}

/** Creates the access of requests to the renditions' store. */
export const createStored = ({ originals, renditions, onStoreFailure }: StoredParts): Stored => {
  /** Milliseconds of `performance.now()`; 0 while the store responds. */
  let bypassedUntilMs = 0
  let reads = 0
  let hangs = 0

  const report: Report = (action, key, error) => onStoreFailure?.({ action, key, reason: describeError(error) })

  const bypass = (): void => {
    bypassedUntilMs = performance.now() + BYPASS_MS
    hangs += 1
  }
  const onHang = (readCount: number | undefined): void => {
    if (readCount === reads) bypass()
  }

  return {
    isBypassed: () => {
      if (bypassedUntilMs === 0) return false
      if (performance.now() < bypassedUntilMs) return true
      // This request tries whether the store responds again.
      bypass()
      return false
    },
    isResponding: () => bypassedUntilMs === 0,
    readCount: () => reads,
    onRead: () => {
      reads += 1
      bypassedUntilMs = 0
    },
    onReadFailure: (key, scope, error) => {
      if (isAbort(error) || scope.isOver) throw error
      if (scope.elapsedMs() > HANG_MS) onHang(scope.storedReads)
      report("read", key, error)
    },
    onStalledRead: onHang,
    readWhole: async (key) => {
      if (bypassedUntilMs !== 0) return undefined
      const signal = AbortSignal.timeout(READ_LIMIT_MS)
      const before = reads
      try {
        const object = await openedInTime(renditions.get(key, { signal }), signal)
        return object && { meta: object.meta, bytes: await orAbort(readBody(object), signal) }
      } catch (error) {
        if (signal.aborted) onHang(before)
        report("read", key, error)
        return undefined
      }
    },
    put: createPut(renditions, () => (bypassedUntilMs === 0 ? 0 : hangs)),
    ...createDeletions(originals, renditions, report),
  }
}
