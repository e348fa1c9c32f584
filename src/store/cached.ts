/**
 * Responsible for a memory cache in front of any store of renditions, bounded in bytes. A rendition is a pure function of the original
 * and the recipe in its record, so a copy with a fresh record is correct even if the stored object changes.
 *
 * Invariants:
 * - Once no write is in progress, the cache contains no other rendition than the store, except one whose write failed.
 * - After a minute an entry is read from the store again, so that a store that was emptied is filled again.
 */
import { LRUCache } from "lru-cache"

import { type HeldRendition, isOpenBody, type RenditionObject, type Renditions } from "./store.ts"

/** Larger renditions are not cached: each would displace many small ones. */
const MAX_OBJECT_BYTES = 1_048_576

const MAX_AGE_MS = 60_000

/** Memory of an entry besides the bytes of the rendition. */
const ENTRY_BYTES = 1024

const createCache = (maxBytes: number): LRUCache<string, HeldRendition> =>
  new LRUCache<string, HeldRendition>({
    maxSize: maxBytes,
    ttl: MAX_AGE_MS,
    // A finer resolution sets a timer every millisecond.
    ttlResolution: 1000,
    maxEntrySize: Math.min(maxBytes, MAX_OBJECT_BYTES + ENTRY_BYTES),
    sizeCalculation: ({ byteLength }, key) => byteLength + ENTRY_BYTES + 2 * key.length,
  })

/** Notices writes and deletions of keys while they are read: the object that was read may be an old one then. */
interface ReadTracker {
  /** Calls back with true if the key did not change during the read. */
  readonly read: <T>(
    key: string,
    work: () => Promise<T>,
    onResult: (result: T, isCurrent: boolean) => void,
  ) => Promise<T>
  readonly onChange: (key: string) => void
}

const createReadTracker = (): ReadTracker => {
  const reading = new Map<string, { readers: number; isChanged: boolean }>()
  return {
    read: async (key, work, onResult) => {
      const entry = reading.get(key) ?? { readers: 0, isChanged: false }
      entry.readers += 1
      reading.set(key, entry)
      try {
        const result = await work()
        onResult(result, !entry.isChanged)
        return result
      } finally {
        entry.readers -= 1
        if (entry.readers === 0) reading.delete(key)
      }
    },
    onChange: (key) => {
      const entry = reading.get(key)
      if (entry) entry.isChanged = true
    },
  }
}

/** The same renditions with a cache in front. @param maxBytes size of the cache; 0 for none */
export const cachedRenditions = (store: Renditions, maxBytes: number): Renditions => {
  if (maxBytes <= 0) return store
  const cache = createCache(maxBytes)
  const { read, onChange } = createReadTracker()
  const keep = (key: string, { meta, byteLength, body }: RenditionObject): void => {
    if (!isOpenBody(body)) cache.set(key, { meta, byteLength, body })
  }
  return {
    name: store.name,
    keyLimits: store.keyLimits,
    ...(store.list && { list: store.list.bind(store) }),
    ...(store.tidy && { tidy: store.tidy.bind(store) }),
    ...(store.check && { check: store.check.bind(store) }),
    // Head reports the stored rendition, which another process may have written.
    head: (key, options) => store.head(key, options),
    // Not from the store: `get` also fills the cache.
    getSync: (key) => cache.get(key),
    get: async (key, options) =>
      cache.get(key) ??
      read(
        key,
        () => store.get(key, options),
        (object, isCurrent) => {
          if (object && isCurrent) keep(key, object)
        },
      ),
    put: async (key, bytes, meta, options) => {
      onChange(key)
      cache.delete(key)
      keep(key, { meta, byteLength: bytes.length, body: bytes })
      const result = await store.put(key, bytes, meta, options)
      onChange(key)
      // After two concurrent writes, either rendition may be the stored one.
      if (cache.peek(key)?.meta !== meta) cache.delete(key)
      else if (result) keep(key, { meta: { ...meta, etag: result.etag }, byteLength: bytes.length, body: bytes })
      return result
    },
    delete: async (keys, options) => {
      for (const key of keys) {
        onChange(key)
        cache.delete(key)
      }
      return store.delete(keys, options)
    },
  }
}
