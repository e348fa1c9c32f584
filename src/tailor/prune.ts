/**
 * Responsible for deleting stored renditions that no request can get any more: of sizes and formats that are not listed, of originals
 * that are gone or were replaced, and by older recipes.
 *
 * Invariants:
 * - Nothing that is fresh is deleted, and nothing without evidence: an original that cannot be found proves nothing.
 * - Nothing is deleted that imgtailor did not store: a rendition has a record that belongs to its key. Originals are never touched, in a
 *   shared store either.
 * - Nothing is deleted while the originals are away: they are looked for before each batch that is deleted.
 * - Memory does not depend on the number of keys, and a run that ends early loses nothing: each batch is complete.
 */
import { setImmediate as nextTurn } from "node:timers/promises"

import { TailorError } from "../errors.ts"
import { originalsIn } from "../sizes/all-keys.ts"
import { type Grammar, isRenditionKey, type Reading } from "../sizes/key.ts"
import type { Originals, RenditionMeta, Renditions } from "../store/store.ts"
import { createFailureRun, type FailureRun } from "./failure-run.ts"
import type { Freshness } from "./freshness.ts"
import { parseStoredKey } from "./stored-key.ts"

/** Why a rendition is deleted. */
export const PRUNE_REASONS = ["retired", "gone", "replaced", "recipe"] as const
/** See {@link PRUNE_REASONS}. */
export type PruneReason = (typeof PRUNE_REASONS)[number]

/**
 * The kind of a stored file: a rendition to delete, one to keep, one whose original cannot be found although nothing proves that it was
 * deleted (kept as well), or a file that is not imgtailor's.
 */
export type Verdict = PruneReason | "kept" | "missing" | "foreign"

/** True for the verdict of a rendition to delete. */
export const isPruneReason = (verdict: Verdict): verdict is PruneReason =>
  PRUNE_REASONS.some((reason) => reason === verdict)

/** A stored file and its verdict. */
export interface Judged {
  readonly key: string
  readonly verdict: Verdict
}

/** Options of {@link Prune.prune}. */
export interface PruneOptions {
  /** Deletes nothing. @default false */
  readonly isDryRun?: boolean | undefined
  /** Called after each batch: verdicts in the order of the keys, and the number of files that were deleted. */
  readonly onBatch?: ((judged: readonly Judged[], deleted: number) => void) | undefined
  /** Receives a failure of one key, which is kept. */
  readonly onFailure?: ((key: string, error: unknown) => void) | undefined
  /** Ends the run after the present batch. */
  readonly signal?: AbortSignal | undefined
}

/** Deletes renditions that no request can get. */
export interface Prune {
  /**
   * Looks at stored keys, and deletes some of them.
   * @throws {store-unavailable} the originals are away, or a store fails for many keys in a row
   */
  readonly prune: (keys: AsyncIterable<string>, options?: PruneOptions) => Promise<void>
}

/** Dependencies of {@link createPrune}. */
export interface PruneParts {
  readonly originals: Originals
  readonly renditions: Renditions
  readonly grammar: Grammar
  readonly freshness: Freshness
}

/** Keys that are looked at together. */
const BATCH = 64
/** A store that fails for so many keys in a row fails for all. */
const MAX_FAILURES_IN_A_ROW = 20

interface Judgement {
  readonly verdict: Verdict
  /** The record that was judged. */
  readonly meta?: RenditionMeta
}

const FOREIGN: Judgement = { verdict: "foreign" }
const KEPT: Judgement = { verdict: "kept" }

/** The reading of a key that a record was made for; undefined if the list has no such reading any more. */
export const storedReadingOf = (key: string, meta: RenditionMeta, grammar: Grammar): Reading | undefined => {
  const parsed = parseStoredKey(key, grammar)
  if (!parsed) return undefined
  const all = [...parsed.readings, ...(parsed.alternative?.readings ?? [])]
  return all.find(({ original }) => original === meta.original)
}

const judge = async (parts: PruneParts, key: string): Promise<Judgement> => {
  const { originals, renditions, grammar, freshness } = parts
  // In a shared store, anything else may be an original.
  if (grammar.sharedStore && !isRenditionKey(key, grammar)) return FOREIGN
  const meta = await renditions.head(key)
  if (!meta || meta.isForeign || !originalsIn(key).includes(meta.original)) return FOREIGN
  const reading = storedReadingOf(key, meta, grammar)
  if (!reading) return { verdict: "retired", meta }
  const stat = await originals.head(meta.original, { fresh: true })
  if (!stat) return { verdict: (await originals.isGone?.(meta.original)) === true ? "gone" : "missing", meta }
  const state = freshness.freshnessOf(meta, reading, stat)
  if (state !== "stale") return { verdict: "kept", meta }
  if (!freshness.matches(meta, reading, stat)) return { verdict: "recipe", meta }
  return { verdict: "replaced", meta }
}

/** Whether the originals can be listed, and are not empty. */
const arePresent = async ({ originals }: PruneParts): Promise<boolean> => {
  if (await originals.check?.()) return false
  for await (const _ of originals.list("")) return true
  return false
}

const AWAY =
  "No original can be listed, so nothing is deleted: a disk may not be mounted, or the wrong place is configured."

/** True if the record of a key is still the one that was judged: a server may have rendered it again. */
const isUnchanged = async ({ renditions }: PruneParts, key: string, meta: RenditionMeta): Promise<boolean> => {
  const now = await renditions.head(key)
  return now !== undefined && now.etag === meta.etag && now.recipeId === meta.recipeId && now.version === meta.version
}

/** Failures of a run. */
interface Failures {
  readonly looks: FailureRun
  readonly deletions: FailureRun
}

/** Creates the deletion of a tailor. */
export const createPrune = (parts: PruneParts): Prune => {
  const requireOriginals = async (): Promise<void> => {
    if (!(await arePresent(parts))) throw new TailorError("store-unavailable", { detail: AWAY })
  }

  const look = async (key: string, { looks }: Failures, { onFailure }: PruneOptions): Promise<Judgement> => {
    const judgement = await looks.attempt(
      () => judge(parts, key),
      (error) => onFailure?.(key, error),
    )
    return judgement ?? KEPT
  }

  /** @returns the number of deleted renditions; undefined where that failed */
  const remove = async (
    key: string,
    meta: RenditionMeta,
    { deletions }: Failures,
    { onFailure }: PruneOptions,
  ): Promise<number | undefined> =>
    deletions.attempt(
      async () => ((await isUnchanged(parts, key, meta)) ? parts.renditions.delete([key]) : 0),
      (error) => onFailure?.(key, error),
    )

  const run = async (keys: readonly string[], options: PruneOptions, failures: Failures): Promise<void> => {
    const { isDryRun = false, onBatch } = options
    const found = await Promise.all(keys.map(async (key) => ({ key, ...(await look(key, failures, options)) })))
    if (isDryRun || !found.some(({ verdict }) => isPruneReason(verdict))) return onBatch?.(found, 0)
    await requireOriginals()
    let deleted = 0
    const judged = await Promise.all(
      found.map(async ({ key, verdict, meta }) => {
        if (!isPruneReason(verdict) || !meta) return { key, verdict }
        const count = await remove(key, meta, failures, options)
        deleted += count ?? 0
        return { key, verdict: count === undefined ? KEPT.verdict : verdict }
      }),
    )
    onBatch?.(judged, deleted)
  }

  return {
    prune: async (keys, options = {}) => {
      await requireOriginals()
      const failures = {
        looks: createFailureRun(MAX_FAILURES_IN_A_ROW),
        deletions: createFailureRun(MAX_FAILURES_IN_A_ROW),
      }
      let batch: string[] = []
      const flush = async (): Promise<void> => {
        const full = batch
        batch = []
        await run(full, options, failures)
        for (const { areTooMany, rethrow } of Object.values(failures)) if (areTooMany()) rethrow()
        await nextTurn()
      }
      for await (const key of keys) {
        if (options.signal?.aborted) break
        if (batch.push(key) === BATCH) await flush()
      }
      if (!options.signal?.aborted && batch.length > 0) await flush()
    },
  }
}
