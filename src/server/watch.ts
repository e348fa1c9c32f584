/**
 * Deletes what a changed original makes stale, for proxies that serve the stored files without asking us: at once, and once more when
 * every render that was running at the time has ended, since it may have stored the old picture in between.
 */
import { relative, sep } from "node:path"

import { canBeOriginal, toOriginalKey } from "../sizes/key.ts"
import type { Core } from "../tailor/tailor.ts"

export interface WatchOptions {
  /** Absolute. */
  readonly originals: string
  /** Absolute; never watched, wherever it lies. */
  readonly renditions: string | undefined
  /** When the second pass comes: no render outlasts it. */
  readonly longestRenderMs: number
  /** Told of what could not be watched or deleted. */
  readonly onError: (error: unknown) => void
  /** Told of what was deleted. */
  readonly onPurge?: (original: string, count: number) => void
}

export interface Watch {
  /** Stops watching; second passes that are due later are dropped. */
  readonly close: () => Promise<void>
}

/** Starts watching, and deletes what became stale while nobody watched. Resolves when every change from now on is noticed. */
export const watchOriginals = async (core: Core, options: WatchOptions): Promise<Watch> => {
  const { originals, renditions, longestRenderMs, onError, onPurge } = options
  const { watch } = await import("chokidar")
  const later = new Map<string, NodeJS.Timeout>()

  const purgeStale = async (path: string): Promise<void> => {
    const key = toOriginalKey(relative(originals, path).split(sep).join("/"))
    if (key === undefined || !canBeOriginal(key, core.grammar)) return
    try {
      const count = await core.purgeStale(key)
      if (count > 0) onPurge?.(key, count)
    } catch (error) {
      onError(error)
    }
  }

  const onChange = (path: string): void => {
    void purgeStale(path)
    clearTimeout(later.get(path))
    const timer = setTimeout(() => {
      later.delete(path)
      void core.idle().then(() => purgeStale(path))
    }, longestRenderMs)
    later.set(path, timer)
  }

  const isOurs = (path: string): boolean =>
    renditions !== undefined && (path === renditions || path.startsWith(renditions + sep))
  const watcher = watch(originals, { ignoreInitial: true, ignored: isOurs, atomic: false })
  watcher.on("add", onChange).on("change", onChange).on("unlink", onChange).on("error", onError)
  await new Promise<void>((resolve) => watcher.once("ready", resolve))
  await core.sweep().catch(onError)

  return {
    close: async () => {
      for (const timer of later.values()) clearTimeout(timer)
      await watcher.close()
    },
  }
}
