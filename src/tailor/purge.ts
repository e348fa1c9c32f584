/**
 * Responsible for deleting renditions. Every key that an original can have is known, so purging one original lists nothing. A prefix needs
 * a store that can list.
 *
 * Invariants:
 * - Only renditions are deleted, of present and retired sizes. Originals are never touched, in a shared store either.
 * - A rendition counts as stale only where that is proved: its size, format or recipe is no longer listed, its original has other bytes, or
 *   its original was deleted. An original that cannot be found proves nothing.
 * - Other work gets its turn after 50 keys. One key that fails does not keep the others.
 */
import { setImmediate as nextTurn } from "node:timers/promises"

import { isPermanent } from "../errors.ts"
import { createGate } from "../gate.ts"
import { keysOf, originalsIn } from "../sizes/all-keys.ts"
import { type Grammar, isRenditionKey, type OriginalKey } from "../sizes/key.ts"
import type { CallOptions, Originals, RenditionMeta, Renditions } from "../store/store.ts"
import { digestInPieces } from "./digest.ts"
import { createFailureRun } from "./failure-run.ts"
import { type Existing, findExisting, type Freshness, type FreshnessState } from "./freshness.ts"
import type { MissRequest } from "./product.ts"
import { parseStoredKey } from "./stored-key.ts"

/** Options of deletions. The signal ends one between two keys. */
export interface PurgeOptions extends CallOptions {
  /** Called after each batch, with the number of keys that were looked at and of renditions that were deleted. */
  readonly onProgress?: ((seen: number, deleted: number) => void) | undefined
  /** The originals that cannot be found were seen to disappear, which proves that they were deleted. @default false */
  readonly isRemoved?: boolean
}

/** Deletions. Each resolves with the number of renditions that were deleted. */
export interface Purge {
  /** Deletes every rendition that an original can have. */
  readonly purge: (original: OriginalKey, options?: PurgeOptions) => Promise<number>
  /** The same for all originals under a prefix (`shop/`; empty for all). Undefined where the store cannot list. */
  readonly purgePrefix: (prefix: string, options?: PurgeOptions) => Promise<number | undefined>
  /**
   * Deletes the renditions of one size under a prefix (empty for all), whether the size is listed or not. Under an unlisted size, files
   * without a record of imgtailor are kept. Undefined where the store cannot list.
   */
  readonly purgeSize: (size: string, prefix: string, options?: PurgeOptions) => Promise<number | undefined>
  /**
   * Deletes the stale renditions of an original, after a change of it was noticed. Reads it unless its version shows that they are fresh.
   * @throws the first error, after the other keys
   */
  readonly purgeStale: (original: OriginalKey, options?: PurgeOptions) => Promise<number>
  /**
   * Deletes the stale renditions under a prefix (empty for all). Reads no original: a rendition whose original agrees in modification time
   * and length is kept. Undefined where the store cannot list.
   * @throws the first error, after the other keys
   */
  readonly sweep: (prefix: string, options?: PurgeOptions) => Promise<number | undefined>
}

/** Dependencies of {@link createPurge}. */
export interface PurgeParts {
  readonly originals: Originals
  readonly renditions: Renditions
  readonly grammar: Grammar
  readonly freshness: Freshness
  /** Largest original, in bytes. */
  readonly maxBytes: number
  /** Receives renditions by an older recipe, which are kept then. @default they are deleted */
  readonly onOutdated?: ((request: MissRequest) => void) | undefined
}

/** Keys between two turns of the event loop. */
const BATCH = 50

/** A store that fails for so many keys, or batches of deletions, in a row fails for all. */
const MAX_FAILURES_IN_A_ROW = 10

type Keys = Iterable<string> | AsyncIterable<string>

/** Whether the original of a rendition that is not fresh still has the same bytes. */
type IsSame = (meta: RenditionMeta, existing: Existing, state: FreshnessState) => Promise<boolean>

/** Believes weak versions. Reads nothing. */
const isWeaklySame: IsSame = async (_meta, _existing, state) => state === "unverified"

/**
 * Deletes the keys that are to be deleted, in batches.
 * @throws the first error, after the other keys
 */
const deleteWhere = async (
  renditions: Renditions,
  keys: Keys,
  isToDelete: (key: string) => boolean | Promise<boolean>,
  { signal, onProgress }: PurgeOptions,
): Promise<number> => {
  let [deleted, seen] = [0, 0]
  let batch: string[] = []
  const looks = createFailureRun(MAX_FAILURES_IN_A_ROW)
  const deletions = createFailureRun(MAX_FAILURES_IN_A_ROW)
  const flush = async (): Promise<void> => {
    const keysOfBatch = batch
    batch = []
    if (keysOfBatch.length > 0)
      deleted += (await deletions.attempt(() => renditions.delete(keysOfBatch, { signal }))) ?? 0
    onProgress?.(seen, deleted)
    await nextTurn()
  }
  for await (const key of keys) {
    if (signal?.aborted || looks.areTooMany() || deletions.areTooMany()) break
    if (await looks.attempt(() => isToDelete(key))) batch.push(key)
    seen += 1
    if (seen % BATCH === 0) await flush()
  }
  await flush()
  looks.rethrow()
  deletions.rethrow()
  return deleted
}

/** Compares bytes. Reads each original once. */
const createComparison = (
  { originals, freshness, maxBytes }: PurgeParts,
  acquire: () => Promise<() => void>,
): IsSame => {
  const digests = new Map<string, Promise<string | undefined>>()
  const read = async (original: string): Promise<string | undefined> => {
    const release = await acquire()
    try {
      const object = await originals.get(original, { maxBytes })
      if (!object) return undefined
      const digest = await digestInPieces(object.bytes)
      if (object.stat.isStable) freshness.remember(original, object.stat.version, digest)
      return digest
    } catch (error) {
      if (isPermanent(error)) return undefined
      throw error
    } finally {
      release()
    }
  }
  return async (meta, { reading: { original } }) => {
    const known = digests.get(original) ?? read(original)
    digests.set(original, known)
    return meta.digest !== undefined && meta.digest === (await known)
  }
}

const areGone = async (originals: Originals, keys: readonly string[]): Promise<boolean> => {
  for (const key of keys) if ((await originals.isGone?.(key)) !== true) return false
  return true
}

/** Whether a stored rendition is proved to be stale. */
const isStale = async (
  { originals, renditions, grammar, freshness, onOutdated }: PurgeParts,
  key: string,
  isSame: IsSame,
  isRemoved: boolean,
): Promise<boolean> => {
  const parsed = parseStoredKey(key, grammar)
  if (!parsed) return true
  const meta = await renditions.head(key)
  // A file without its record was left by a killed writer.
  if (!meta) return true
  const existing = await findExisting(originals, parsed.readings, { fresh: true })
  // The original of a foreign object is not known.
  const sources = meta.isForeign ? parsed.readings.map(({ original }) => original) : [meta.original]
  if (!existing) return isRemoved || areGone(originals, sources)
  const { reading, stat } = existing
  const state = freshness.freshnessOf(meta, reading, stat)
  if (state === "fresh") return false
  if (onOutdated && freshness.isOutdated(meta, reading, stat)) {
    onOutdated({ key: parsed.key, reading, readings: parsed.readings, stat, stored: meta })
    return false
  }
  return !freshness.matches(meta, reading, stat) || !(await isSame(meta, existing, state))
}

/** Creates the deletions of a tailor. */
export const createPurge = (parts: PurgeParts): Purge => {
  const { renditions, grammar } = parts
  /** A change of many originals at once must not read many of them at once. */
  const reads = createGate({ capacity: 1, maxWaiting: Infinity })

  async function* listRenditions(list: NonNullable<Renditions["list"]>, prefix: string): AsyncIterable<string> {
    for await (const key of list(prefix)) if (isRenditionKey(key, grammar)) yield key
  }

  const deleteListed = async (
    prefix: string,
    isToDelete: (key: string) => boolean | Promise<boolean>,
    options: PurgeOptions,
  ): Promise<number | undefined> => {
    const list = renditions.list?.bind(renditions)
    return list && deleteWhere(renditions, listRenditions(list, prefix), isToDelete, options)
  }

  /** A key of an unlisted size can also be the path of another program's file. */
  const isOfSize = async (key: string, size: string): Promise<boolean> => {
    if (key.split("/").at(-2) !== size) return false
    if (isRenditionKey(key, grammar)) return true
    const meta = grammar.sharedStore ? undefined : await renditions.head(key)
    return meta !== undefined && !meta.isForeign && originalsIn(key).includes(meta.original)
  }

  return {
    purge: (original, { signal } = {}) => renditions.delete(keysOf(original, grammar), { signal }),
    purgePrefix: (prefix, options = {}) => deleteListed(prefix, () => true, options),
    purgeSize: async (size, prefix, options = {}) => {
      const list = renditions.list?.bind(renditions)
      return list && deleteWhere(renditions, list(prefix), (key) => isOfSize(key, size), options)
    },
    purgeStale: (original, { signal, isRemoved = false } = {}) => {
      const isSame = createComparison(parts, () => reads.acquire(1, signal ?? undefined))
      const isToDelete = (key: string): Promise<boolean> => isStale(parts, key, isSame, isRemoved)
      return deleteWhere(renditions, keysOf(original, grammar), isToDelete, { signal })
    },
    sweep: (prefix, { signal, isRemoved = false } = {}) =>
      deleteListed(prefix, (key) => isStale(parts, key, isWeaklySame, isRemoved), { signal }),
  }
}
