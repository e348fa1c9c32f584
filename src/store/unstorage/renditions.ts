/** Responsible for renditions in a storage of unstorage: each is one item, with its record. */
import { storeUnavailable } from "../../errors.ts"
import { removeEach } from "../remove-each.ts"
import { isSafeKey, type KeyLimits, type Renditions } from "../store.ts"
import { type Envelope, open, seal } from "./envelope.ts"
import { keysUnder, toItem } from "./names.ts"
import { readItem, type UnstorageLike, useStorage } from "./storage.ts"

/** Drivers on file systems have names of at most 255 bytes, and escapes lengthen a name. */
const KEY_LIMITS: KeyLimits = { segment: 200, key: 1000 }

/** Runs the work on one key after the other: drivers on file systems would mix two values that are written at once. */
const createTurns = (): ((key: string, work: () => Promise<void>) => Promise<void>) => {
  const last = new Map<string, Promise<void>>()
  return async (key, work) => {
    const turn = (last.get(key) ?? Promise.resolve()).then(work)
    const settled = turn.catch(() => {})
    last.set(key, settled)
    try {
      await turn
    } finally {
      if (last.get(key) === settled) last.delete(key)
    }
  }
}

export const createRenditions = (storage: UnstorageLike): Renditions => {
  const inTurn = createTurns()
  const find = async (key: string): Promise<Envelope | undefined> => {
    const value = isSafeKey(key) ? await readItem(storage, key) : undefined
    return value && open(value)
  }
  return {
    name: "unstorage",
    keyLimits: KEY_LIMITS,
    head: async (key) => (await find(key))?.meta,
    get: async (key) => {
      const found = await find(key)
      return found && { meta: found.meta, byteLength: found.bytes.length, body: found.bytes }
    },
    put: async (key, bytes, meta) => {
      if (!isSafeKey(key)) throw storeUnavailable("unstorage", key, "not a valid key")
      const value = seal({ meta, bytes })
      await inTurn(key, () => useStorage(key, () => storage.setItemRaw(toItem(key), value)))
    },
    delete: (keys) =>
      removeEach(keys, async (key) => {
        if (!isSafeKey(key) || !(await useStorage(key, () => storage.hasItem(toItem(key))))) return false
        await useStorage(key, () => storage.removeItem(toItem(key)))
        return true
      }),
    async *list(prefix) {
      yield* keysUnder(await useStorage(prefix, () => storage.getKeys()), prefix)
    },
  }
}
