/**
 * Responsible for the function that deletes stale renditions (`imgtailor/sync`): S3's events call it for changed originals. It deletes their
 * renditions, and invalidates the copies in CloudFront. Every key that an original can have is known, so nothing is listed.
 *
 * A render that read the old original may store its rendition after that. So each event comes twice, the second time from a queue that
 * delays it for longer than a render can take.
 *
 * Invariants:
 * - A call that fails can be repeated, any number of times and in any order.
 * - Originals are not touched.
 */
import type { OriginalKey } from "../sizes/key.ts"
import {
  answerBatch,
  type BatchEvent,
  type BatchOutcome,
  type BatchResult,
  isBatchEvent,
  readingsOf,
} from "./batch-events.ts"
import { type FunctionConfig, loadFunction } from "./function-config.ts"
import { createLazyState, type FunctionState, type LambdaContext } from "./function-state.ts"
import { invalidate } from "./invalidate.ts"
import { logError, logLine } from "./log.ts"
import { changesIn, type ObjectChange, type SyncEvent } from "./object-events.ts"
import { originalOf } from "./originals.ts"
import { createOriginalPurge, type OriginalPurge } from "./purge-original.ts"

/** The result of a call. */
export interface SyncResult {
  /** Changed originals. */
  readonly originals: readonly string[]
  /** Renditions that were deleted. */
  readonly deleted: number
  /** ID of CloudFront's invalidation; undefined if nothing was stored, or no distribution is configured. */
  readonly invalidation?: string | undefined
}

interface Purged {
  readonly originals: readonly OriginalKey[]
  /** Originals whose copies have to be invalidated. */
  readonly pending: readonly OriginalKey[]
  readonly deleted: number
  readonly failures: readonly unknown[]
}

const purgeAll = async ({ purge }: OriginalPurge, originals: Iterable<OriginalKey>): Promise<Purged> => {
  const done: OriginalKey[] = []
  const pending: OriginalKey[] = []
  const failures: unknown[] = []
  let deleted = 0
  for (const original of originals) {
    try {
      const purged = await purge(original)
      deleted += purged.deleted
      if (purged.isPending) pending.push(original)
      done.push(original)
    } catch (error) {
      logError(error)
      failures.push(error)
    }
  }
  return { originals: done, pending, deleted, failures }
}

/** @throws if anything failed: Lambda then repeats the call, and the other originals of the event are checked again */
const sync = async (opened: FunctionState, changes: readonly ObjectChange[]): Promise<SyncResult> => {
  const { distribution, tailor } = opened
  const changed = new Set(changes.map((change) => originalOf(opened, change)).filter((key) => key !== undefined))
  const originalPurge = createOriginalPurge(tailor.core, tailor.renditions, distribution !== undefined)
  const { originals, pending, deleted, failures } = await purgeAll(originalPurge, changed)
  const invalidation = distribution && pending.length > 0 ? await invalidate(distribution, pending) : undefined
  if (invalidation !== undefined) await originalPurge.confirm(pending)
  if (originals.length > 0) logLine("info", "purged", { originals, deleted, invalidation })
  if (failures.length > 0) throw new AggregateError(failures, `${failures.length} of ${changed.size} originals failed`)
  return { originals, deleted, invalidation }
}

const syncTask = async (opened: FunctionState, changes: readonly ObjectChange[]): Promise<BatchOutcome> => {
  const { originals, deleted } = await sync(opened, changes)
  const resultString = originals.length > 0 ? `deleted ${deleted}` : "skipped: not an original"
  return { resultCode: "Succeeded", resultString }
}

/** A function that deletes renditions of changed originals. S3 Batch Operations can call it too, to purge the originals of a manifest. */
export type SyncHandler = {
  (event: SyncEvent, context?: LambdaContext): Promise<SyncResult>
  (event: BatchEvent, context?: LambdaContext): Promise<BatchResult>
}

/**
 * Creates a handler for S3's events.
 * @param load returns the settings, which must be those of the function that renders; called once, with the first event
 * @example
 * // index.mjs, with the settings of the function that renders, and IMGTAILOR_DISTRIBUTION
 * import { createSyncHandler } from "imgtailor/sync"
 * export const handler = createSyncHandler()
 */
export const createSyncHandler = (load: () => Promise<FunctionConfig> = () => loadFunction()): SyncHandler => {
  const open = createLazyState(load)
  const handle = async (event: SyncEvent | BatchEvent, context?: LambdaContext): Promise<SyncResult | BatchResult> => {
    const opened = await open()
    opened.beginCall(context)
    try {
      return isBatchEvent(event)
        ? await answerBatch(event, (task) => syncTask(opened, readingsOf(task)))
        : await sync(opened, changesIn(event))
    } finally {
      // `notify` gets the changes a moment after the deletions.
      await opened.settle()
    }
  }
  return handle as SyncHandler
}

/**
 * The handler for S3's events, with settings from environment variables and from a configuration file beside it.
 * @example
 * // index.mjs
 * export { handler } from "imgtailor/sync"
 */
export const handler: SyncHandler = createSyncHandler()
