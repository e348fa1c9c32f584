/**
 * Renditions kept in memory in front of any store, bounded by bytes. A rendition is a pure function of what its record names, so a copy
 * that is in step is right whatever has happened to the stored one.
 */
import { LRUCache } from "lru-cache"

import type { RenditionObject, Renditions } from "./store.ts"

/** Renditions above this are not kept: one of them would push out many small ones. */
const MAX_OBJECT_BYTES = 1_048_576

/** After this an entry is read from the store anew: who empties the store from outside finds it filled again. */
const KEPT_MS = 60_000

/** What an entry costs beside its bytes. */
const ENTRY_BYTES = 1024

/** @param maxBytes of memory for renditions; 0 keeps none */
export const cachedRenditions = (store: Renditions, maxBytes: number): Renditions => {
  if (maxBytes <= 0) return store
  const memory = new LRUCache<string, RenditionObject>({
    maxSize: maxBytes,
    ttl: KEPT_MS,
    // As exact as that need be: finer, it sets a timer every millisecond.
    ttlResolution: 1000,
    maxEntrySize: Math.min(maxBytes, MAX_OBJECT_BYTES + ENTRY_BYTES),
    sizeCalculation: ({ byteLength }) => byteLength + ENTRY_BYTES,
  })
  /** What is being read: who reads across a write or a deletion may not have what is stored now. */
  const reading = new Map<string, { readers: number; isChanged: boolean }>()
  const change = (key: string): void => {
    const read = reading.get(key)
    if (read) read.isChanged = true
  }
  const keep = (key: string, object: RenditionObject): void => {
    if (object.body instanceof Uint8Array) memory.set(key, object)
  }
  return {
    name: store.name,
    keyLimits: store.keyLimits,
    ...(store.list && { list: store.list.bind(store) }),
    ...(store.tidy && { tidy: store.tidy.bind(store) }),
    // What is asked by it is what lies in the store, whoever wrote it; what is in memory is right in any case.
    head: (key, options) => store.head(key, options),
    get: async (key, options) => {
      const kept = memory.get(key)
      if (kept) return kept
      const read = reading.get(key) ?? { readers: 0, isChanged: false }
      read.readers += 1
      reading.set(key, read)
      try {
        const object = await store.get(key, options)
        if (object && !read.isChanged) keep(key, object)
        return object
      } finally {
        read.readers -= 1
        if (read.readers === 0) reading.delete(key)
      }
    },
    put: async (key, bytes, meta, options) => {
      change(key)
      memory.delete(key)
      keep(key, { meta, byteLength: bytes.length, body: bytes })
      const result = await store.put(key, bytes, meta, options)
      change(key)
      // Of two that are written at one time, nobody knows here which the store has in the end.
      if (memory.peek(key)?.meta !== meta) memory.delete(key)
      else if (result) keep(key, { meta: { ...meta, etag: result.etag }, byteLength: bytes.length, body: bytes })
      return result
    },
    delete: async (keys, options) => {
      for (const key of keys) {
        change(key)
        memory.delete(key)
      }
      return store.delete(keys, options)
    },
  }
}
