/** Responsible for stores whose code is loaded with the first call, so that a process loads only the stores that it uses. */
import type { KeyLimits, Originals, Renditions } from "./store.ts"

interface Lazy<S> {
  readonly use: <T>(act: (store: S) => T | Promise<T>) => T | Promise<T>
  /** The store, once it is loaded. */
  readonly loaded: () => S | undefined
}

/** Calls a store, which is loaded first where it is not yet. Once it is loaded, a call costs nothing more. */
const lazily = <S extends object>(load: () => Promise<S>): Lazy<S> => {
  let store: S | undefined
  let loading: Promise<S> | undefined
  return {
    loaded: () => store,
    use: (act) => {
      if (store) return act(store)
      loading ??= load().then((loaded) => (store = loaded))
      return loading.then(act)
    },
  }
}

/** Originals whose store is loaded with the first call. That call also reports wrong options. */
export const lazyOriginals = (name: string, load: () => Promise<Originals>): Originals => {
  const { use, loaded } = lazily(load)
  return {
    name,
    headSync: (key) => loaded()?.headSync?.(key),
    head: async (key, options) => use((store) => store.head(key, options)),
    get: async (key, options) => use((store) => store.get(key, options)),
    async *list(prefix, options) {
      yield* await use((store) => store.list(prefix, options))
    },
    isGone: async (key, options) => use((store) => store.isGone?.(key, options) ?? false),
    check: async (options) => use((store) => store.check?.(options)),
  }
}

/** Renditions whose store is loaded with the first call. That call also reports wrong options. */
export const lazyRenditions = (name: string, keyLimits: KeyLimits, load: () => Promise<Renditions>): Renditions => {
  const { use, loaded } = lazily(load)
  return {
    name,
    keyLimits,
    getSync: (key) => loaded()?.getSync?.(key),
    headSync: (key) => loaded()?.headSync?.(key),
    head: async (key, options) => use((store) => store.head(key, options)),
    get: async (key, options) => use((store) => store.get(key, options)),
    put: async (key, bytes, meta, options) => use((store) => store.put(key, bytes, meta, options)),
    delete: async (keys, options) => use((store) => store.delete(keys, options)),
    async *list(prefix, options) {
      yield* (await use((store) => store.list?.(prefix, options))) ?? []
    },
    tidy: async () => use((store) => store.tidy?.()),
    check: async (options) => use((store) => store.check?.(options)),
  }
}
