/**
 * Responsible for originals in a storage of unstorage. They are only read.
 *
 * Invariants:
 * - The version is the digest of the bytes. Times of a driver decide only whether the bytes have to be read again.
 */
import { createHash } from "node:crypto"

import { originalTooLarge } from "../../errors.ts"
import { createLru } from "../../lru.ts"
import { compareKeys, isListed } from "../key-order.ts"
import { isSafeKey, type OriginalObject, type Originals, type OriginalStat } from "../store.ts"
import { keysUnder, toItem } from "./names.ts"
import { readItem, type UnstorageLike, useStorage } from "./storage.ts"

/** An original that was read. */
interface Known {
  readonly stat: OriginalStat
  /** Times, length and ETag that the driver reported before the read; undefined if it reports none. */
  readonly fingerprint: string | undefined
  readonly readMs: number
  /** True once the same fingerprint was read a tick later: from then on, equal fingerprints mean equal bytes. */
  readonly isSettled: boolean
}

/** The coarsest resolution of a driver's times. */
const TICK_MS = 2000

const MAX_KNOWN = 50_000

const fingerprintOf = async (storage: UnstorageLike, key: string): Promise<string | undefined> => {
  const meta = (await useStorage(key, () => storage.getMeta(toItem(key), { nativeOnly: true }))) as
    | Readonly<Record<string, unknown>>
    | null
    | undefined
  const { etag, mtime, ctime, size } = meta ?? {}
  return etag === undefined && (mtime === undefined || size === undefined)
    ? undefined
    : JSON.stringify([etag, mtime, ctime, size])
}

const statOf = (bytes: Uint8Array): OriginalStat => ({
  version: createHash("sha256").update(bytes).digest("base64url"),
  byteLength: bytes.length,
  isStable: true,
})

/** @param clock milliseconds, of a clock that is never set back */
export const createOriginals = (storage: UnstorageLike, clock: () => number = () => performance.now()): Originals => {
  const known = createLru<Known>(MAX_KNOWN)

  const read = async (key: string): Promise<OriginalObject | undefined> => {
    const fingerprint = await fingerprintOf(storage, key)
    const bytes = await readItem(storage, key)
    if (!bytes) {
      known.delete(key)
      return undefined
    }
    const stat = statOf(bytes)
    const before = known.get(key)
    const readMs = clock()
    const isSame = before?.fingerprint === fingerprint && before?.stat.version === stat.version
    const isSettled = isSame && before.readMs + TICK_MS <= readMs
    known.set(key, { stat, fingerprint, readMs: isSame ? before.readMs : readMs, isSettled })
    return { stat, bytes }
  }

  return {
    name: "unstorage",
    head: async (key) => {
      if (!isSafeKey(key)) return undefined
      const before = known.get(key)
      if (before?.isSettled && before.fingerprint !== undefined) {
        if ((await fingerprintOf(storage, key)) === before.fingerprint) return before.stat
      }
      return (await read(key))?.stat
    },
    get: async (key, { maxBytes = Infinity } = {}) => {
      const object = isSafeKey(key) ? await read(key) : undefined
      if (object && object.bytes.length > maxBytes)
        throw originalTooLarge(`${object.bytes.length} bytes`, `${maxBytes} bytes`)
      return object
    },
    async *list(prefix, { after } = {}) {
      const items = await useStorage(prefix, () => storage.getKeys())
      const keys = keysUnder(items, prefix).filter((key) => isSafeKey(key) && isListed(key, prefix, after))
      yield* keys.toSorted(compareKeys)
    },
  }
}
