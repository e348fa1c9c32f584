/** Responsible for originals with focal points from a file or a function, which take precedence over those of the store. */
import type { FocalPoint } from "../sizes/focal-point.ts"
import type { Originals, OriginalStat } from "./store.ts"

/** Returns the focal point of an original. */
export type FindFocalPoint = (key: string) => FocalPoint | undefined | Promise<FocalPoint | undefined>

/** The same originals, with focal points in their stats. */
export const focalOriginals = (store: Originals, find: FindFocalPoint | undefined): Originals => {
  if (!find) return store
  const withPoint = async (key: string, stat: OriginalStat): Promise<OriginalStat> => {
    const focalPoint = await find(key)
    return focalPoint ? { ...stat, focalPoint } : stat
  }
  /** @returns undefined where the point is not known at once: `head` waits for it */
  const withPointNow = (key: string, stat: OriginalStat): OriginalStat | undefined => {
    const focalPoint = find(key)
    if (focalPoint instanceof Promise) return undefined
    return focalPoint ? { ...stat, focalPoint } : stat
  }
  const headSync = store.headSync?.bind(store)
  return {
    name: store.name,
    ...(headSync && {
      headSync: (key) => {
        const stat = headSync(key)
        return stat && withPointNow(key, stat)
      },
    }),
    list: (prefix, options) => store.list(prefix, options),
    isGone: async (key, options) => store.isGone?.(key, options) ?? false,
    check: async (options) => store.check?.(options),
    head: async (key, options) => {
      const stat = await store.head(key, options)
      return stat && withPoint(key, stat)
    },
    get: async (key, options) => {
      const object = await store.get(key, options)
      return object && { ...object, stat: await withPoint(key, object.stat) }
    },
  }
}
