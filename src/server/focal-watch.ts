/**
 * Responsible for deleting the renditions that a changed focal point makes stale, for proxies that serve the stored files without asking
 * imgtailor. The file is looked at regularly, since editors replace it in different ways.
 */
import { type OriginalKey, toOriginalKey } from "../sizes/key.ts"
import type { FocalPoints } from "../store/focal-points.ts"
import type { Core } from "../tailor/tailor.ts"

/** Options of {@link watchFocalPoints}. */
export interface FocalWatchOptions {
  /** The present points. */
  readonly points: () => FocalPoints
  readonly onError: (error: unknown) => void
  readonly onPurge?: (original: string, count: number) => void
  /** Between two looks. @default 500 */
  readonly intervalMs?: number
}

/** A watch that is running. */
export interface FocalWatch {
  /** Resolves when every change noticed so far has been handled. */
  readonly settled: () => Promise<void>
  readonly close: () => Promise<void>
}

/** Keys whose points differ. */
export const changedKeys = (before: FocalPoints, after: FocalPoints): readonly OriginalKey[] => {
  const keys = new Set([...before.keys(), ...after.keys()])
  return [...keys].flatMap((key) => {
    const isSame = before.get(key)?.join() === after.get(key)?.join()
    return isSame ? [] : (toOriginalKey(key) ?? [])
  })
}

/** Starts to watch. */
export const watchFocalPoints = (
  core: Pick<Core, "purgeStale">,
  { points, onError, onPurge, intervalMs = 500 }: FocalWatchOptions,
): FocalWatch => {
  let known = points()
  let handling: Promise<void> = Promise.resolve()
  const closing = new AbortController()

  const handle = async (keys: readonly OriginalKey[]): Promise<void> => {
    for (const key of keys) {
      if (closing.signal.aborted) return
      try {
        const count = await core.purgeStale(key, { signal: closing.signal })
        if (count > 0) onPurge?.(key, count)
      } catch (error) {
        onError(error)
      }
    }
  }

  const look = (): void => {
    const now = points()
    if (now === known) return
    const keys = changedKeys(known, now)
    known = now
    handling = handling.then(() => handle(keys))
  }

  const timer = setInterval(look, intervalMs)
  timer.unref()
  return {
    settled: () => {
      look()
      return handling
    },
    close: async () => {
      clearInterval(timer)
      closing.abort()
      await handling
    },
  }
}
