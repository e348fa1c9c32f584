/**
 * A store that forgets: for tests, and for originals that a program makes itself.
 * Holds copies, so a caller who changes its buffer afterwards changes nothing here.
 */
import { originalTooLarge } from "../errors.ts"
import { compareKeys, isListed } from "./key-order.ts"
import type { OriginalObject, Originals, RenditionMeta, Renditions } from "./store.ts"

const UNLIMITED = { segment: 1024, key: 1024 }

/** Originals that a program puts in itself. */
export interface MemoryOriginals extends Originals {
  readonly set: (key: string, bytes: Uint8Array) => void
  readonly remove: (key: string) => void
}

/** Originals in memory; every `set` is a new version. */
export const memoryOriginals = (): MemoryOriginals => {
  const objects = new Map<string, OriginalObject>()
  let version = 0
  return {
    name: "memory",
    set: (key, bytes) => {
      version += 1
      objects.set(key, {
        bytes: bytes.slice(),
        stat: { version: String(version), byteLength: bytes.length, isStable: true },
      })
    },
    remove: (key) => void objects.delete(key),
    head: async (key) => objects.get(key)?.stat,
    get: async (key, { maxBytes = Infinity } = {}) => {
      const object = objects.get(key)
      if (object && object.bytes.length > maxBytes)
        throw originalTooLarge(`${object.bytes.length} bytes`, `${maxBytes} bytes`)
      return object
    },
    isGone: async (key) => !objects.has(key),
    async *list(prefix, { after } = {}) {
      yield* [...objects.keys()].filter((key) => isListed(key, prefix, after)).toSorted(compareKeys)
    },
  }
}

/** Renditions in memory, without a bound. */
export const memoryRenditions = (): Renditions => {
  const objects = new Map<string, { readonly meta: RenditionMeta; readonly body: Uint8Array }>()
  return {
    name: "memory",
    keyLimits: UNLIMITED,
    head: async (key) => objects.get(key)?.meta,
    get: async (key) => {
      const object = objects.get(key)
      return object && { ...object, byteLength: object.body.length }
    },
    put: async (key, bytes, meta) => void objects.set(key, { meta, body: bytes.slice() }),
    delete: async (keys) => keys.filter((key) => objects.delete(key)).length,
    async *list(prefix) {
      for (const key of objects.keys()) if (key.startsWith(prefix)) yield key
    },
  }
}
