/**
 * Responsible for the public entry `imgtailor/stores/memory`: stores in memory, for tests, and for originals that a program generates.
 * They copy the bytes that they are given.
 */
import { originalTooLarge } from "../errors.ts"
import { compareKeys, isListed } from "./key-order.ts"
import type { KeyLimits, OriginalObject, Originals, RenditionMeta, Renditions } from "./store.ts"

const KEY_LIMITS: KeyLimits = { segment: 1024, key: 1024 }

/** Originals that a program adds and removes. */
export interface MemoryOriginals extends Originals {
  /** Adds or replaces an original. Every call creates a new version. */
  readonly set: (key: string, bytes: Uint8Array) => void
  readonly remove: (key: string) => void
}

/**
 * Originals in memory.
 * @example
 * const originals = memoryOriginals()
 * originals.set("chart.png", await renderChart())
 * const tailor = createTailor({ originals, sizes: ["320w"] })
 */
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
    headSync: (key) => objects.get(key)?.stat,
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

/**
 * Renditions in memory. Their number is not limited, and they are lost when the process ends.
 * @example
 * createTailor({ originals: "photos", renditions: memoryRenditions(), sizes: ["320w"] })
 */
export const memoryRenditions = (): Renditions => {
  const objects = new Map<string, { readonly meta: RenditionMeta; readonly body: Uint8Array }>()
  return {
    name: "memory",
    keyLimits: KEY_LIMITS,
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
