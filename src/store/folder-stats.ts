/**
 * Responsible for the stats of originals in a folder that were looked up lately: while a file does not change, its stat is the same object,
 * and a lookup computes nothing.
 *
 * Invariants:
 * - Only stable stats are remembered: any later change shows in the times of the file.
 */
import { type BigIntStats, statSync } from "node:fs"

import { createLru } from "../lru.ts"
import { toOriginalStat } from "./folder-file.ts"
import type { OriginalStat } from "./store.ts"

/** About 500 bytes each. */
const MAX_REMEMBERED = 10_000

/** The stat of a file, and the values that it follows from. */
interface Known extends Pick<BigIntStats, "dev" | "ino" | "mtimeNs" | "ctimeNs" | "size"> {
  readonly stat: OriginalStat
}

/** Remembers stats by path. */
export interface FolderStats {
  /**
   * The stat of a file that was verified to be an original.
   * @param beforeMs time before the file was looked at, in milliseconds since 1970
   */
  readonly statOf: (path: string, stats: BigIntStats, beforeMs: number) => OriginalStat
  /** Looks at a file now. Undefined where it has changed or was not looked up lately. */
  readonly lookUp: (path: string) => OriginalStat | undefined
}

const isUnchanged = (known: Known, { dev, ino, mtimeNs, ctimeNs, size }: BigIntStats): boolean =>
  known.mtimeNs === mtimeNs &&
  known.ctimeNs === ctimeNs &&
  known.size === size &&
  known.ino === ino &&
  known.dev === dev

/** @returns stats of one folder */
export const createFolderStats = (): FolderStats => {
  const latest = createLru<Known>(MAX_REMEMBERED)
  return {
    statOf: (path, stats, beforeMs) => {
      const known = latest.get(path)
      if (known && isUnchanged(known, stats)) return known.stat
      const stat = toOriginalStat(stats, beforeMs)
      const { dev, ino, mtimeNs, ctimeNs, size } = stats
      if (stat.isStable) latest.set(path, { dev, ino, mtimeNs, ctimeNs, size, stat })
      return stat
    },
    lookUp: (path) => {
      const known = latest.get(path)
      if (!known) return undefined
      try {
        const stats = statSync(path, { bigint: true, throwIfNoEntry: false })
        return stats && isUnchanged(known, stats) ? known.stat : undefined
      } catch {
        return undefined
      }
    },
  }
}
