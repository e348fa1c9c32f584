/**
 * Responsible for reporting changed originals to a program or a webhook, so that it can purge a CDN.
 *
 * Invariants:
 * - Changes within a second are reported together, each original once.
 * - A report that fails fails no request. It is repeated, and then reported to the operator.
 * - Memory is bounded.
 */
import { describeError } from "./errors.ts"
import type { Notify, OriginalChange } from "./hooks.ts"
import { keysOf, originalsIn } from "./sizes/all-keys.ts"
import { encodeKey, type Grammar, toOriginalKey } from "./sizes/key.ts"
import { INFO } from "./sizes/list.ts"
import { cacheTagOf } from "./store/cache-tag.ts"
import type { Renditions } from "./store/store.ts"

/** Sends a report. */
export type SendChanges = (changes: readonly OriginalChange[]) => void | Promise<void>

/** Collects changed originals, and reports them. */
export interface Changes {
  /** Call for each original whose renditions changed. */
  readonly add: (original: string) => void
  /** Resolves when every change so far has been reported. */
  readonly settled: () => Promise<void>
}

export interface ChangesOptions {
  readonly grammar: Grammar
  readonly basePath: string
  readonly send: readonly SendChanges[]
  readonly notify: Notify
}

/** Changes within this time are reported together, in milliseconds. */
const COLLECT_MS = 1000

/** Originals in one report, and originals that wait for a report. */
const MAX_IN_REPORT = 100
const MAX_WAITING = 10_000

const toChange = (original: string, { grammar, basePath }: ChangesOptions): OriginalChange => {
  const key = toOriginalKey(original)
  const keys = key === undefined ? [] : keysOf(key, grammar)
  return { original, cacheTag: cacheTagOf(original), urls: keys.map((one) => `${basePath}/${encodeKey(one)}`) }
}

export const createChanges = (options: ChangesOptions): Changes => {
  const { send, notify } = options
  const waiting = new Set<string>()
  let isOverflowing = false
  let timer: NodeJS.Timeout | undefined
  let sending: Promise<void> = Promise.resolve()

  const report = async (originals: readonly string[]): Promise<void> => {
    const changes = originals.map((original) => toChange(original, options))
    for (const sendOne of send) {
      try {
        await sendOne(changes)
      } catch (error) {
        notify(`Could not report ${originals.length} changed originals: ${describeError(error)}`, "error")
      }
    }
  }

  const flush = async (): Promise<void> => {
    clearTimeout(timer)
    timer = undefined
    while (waiting.size > 0) {
      const originals = [...waiting].slice(0, MAX_IN_REPORT)
      for (const original of originals) waiting.delete(original)
      await report(originals)
    }
    isOverflowing = false
  }

  const onOverflow = (): void => {
    if (!isOverflowing)
      notify(
        `More than ${MAX_WAITING} originals changed faster than they can be reported, and some are not reported. Purge the whole CDN.`,
        "warn",
      )
    isOverflowing = true
  }

  const settled = (): Promise<void> => (sending = sending.then(flush))

  return {
    add: (original) => {
      if (waiting.size >= MAX_WAITING && !waiting.has(original)) return onOverflow()
      waiting.add(original)
      timer ??= setTimeout(() => void settled(), COLLECT_MS).unref()
    },
    settled,
  }
}

/** True for a marker of a function on AWS: it is beside the descriptions, and no rendition. */
const isMarker = (key: string): boolean => key.split("/").at(-2) === INFO && !key.endsWith(".json")

/**
 * The same renditions. Each original whose renditions are deleted is reported; of a key with two readings, both. So are all originals of a
 * deletion that fails: some of its keys may be gone, and the next attempt does not find them.
 */
export const reportDeletions = (store: Renditions, onDeleted: (original: string) => void): Renditions => ({
  ...store,
  delete: async (keys, options) => {
    let count: number | undefined
    try {
      count = await store.delete(keys, options)
      return count
    } finally {
      const deleted = count === 0 ? [] : keys.filter((key) => !isMarker(key))
      for (const original of new Set(deleted.flatMap((key): readonly string[] => originalsIn(key)))) onDeleted(original)
    }
  },
})
