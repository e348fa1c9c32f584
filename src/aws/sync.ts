import type { OriginalKey } from "../sizes/key.ts"
import {
  answerBatch,
  type BatchEvent,
  type BatchOutcome,
  type BatchResult,
  isBatchEvent,
  meaningsOf,
} from "./batch-events.ts"
/**
 * `imgtailor/sync`: called when something in the bucket of originals changes, deletes what was made of it and has the CDN forget its
 * copies. Nothing is listed and no original is touched: an original's keys can all be written down.
 *
 * A render that had read the old original may store it after that. So each event comes twice, the second time from a queue that keeps it
 * for longer than a render can take, and both times all is done: what is cached need not be stored.
 *
 * Holds: what is stored goes first, or a CDN would fetch it again; a call that fails may be made again, any number of times, in any order.
 */
import { type FunctionConfig, loadFunction } from "./function-config.ts"
import { createLazyState, type FunctionState } from "./function.ts"
import { invalidate } from "./invalidate.ts"
import { logError, logLine } from "./log.ts"
import { changesIn, type ObjectChange, type SyncEvent } from "./object-events.ts"
import { originalOf } from "./originals.ts"

/** What a call did. */
export interface SyncResult {
  /** Originals whose renditions were looked for. */
  readonly originals: readonly string[]
  /** Renditions that were there. */
  readonly deleted: number
  /** Id of CloudFront's invalidation; undefined where no original was meant, or no distribution is known. */
  readonly invalidation?: string | undefined
}

/** What could not be done, beside what was. */
interface Purged {
  readonly originals: readonly OriginalKey[]
  readonly deleted: number
  readonly failures: readonly unknown[]
}

const purgeAll = async ({ tailor }: FunctionState, originals: Iterable<OriginalKey>): Promise<Purged> => {
  const done: OriginalKey[] = []
  const failures: unknown[] = []
  let deleted = 0
  for (const original of originals) {
    try {
      deleted += await tailor.purge(original)
      done.push(original)
    } catch (error) {
      logError(error)
      failures.push(error)
    }
  }
  return { originals: done, deleted, failures }
}

/**
 * @throws where anything failed: then Lambda calls again with the same event. A message of a queue that was dealt with comes again with
 * the others of its batch, which does no harm; all fail of the same store and the same CDN, and Lambda slows down where it sees a
 * failure ("Handling errors for an SQS event source in Lambda"), so none is reported by itself.
 */
const sync = async (opened: FunctionState, changes: readonly ObjectChange[]): Promise<SyncResult> => {
  const meant = new Set(changes.map((change) => originalOf(opened, change)).filter((key) => key !== undefined))
  const { originals, deleted, failures } = await purgeAll(opened, meant)
  const { distribution } = opened
  const invalidation = distribution && originals.length > 0 ? await invalidate(distribution, originals) : undefined
  if (originals.length > 0) logLine("info", "purged", { originals, deleted, invalidation })
  if (failures.length > 0) throw new AggregateError(failures, `${failures.length} of ${meant.size} failed`)
  return { originals, deleted, invalidation }
}

const syncTask = async (opened: FunctionState, changes: readonly ObjectChange[]): Promise<BatchOutcome> => {
  const { originals, deleted } = await sync(opened, changes)
  return { resultCode: "Succeeded", resultString: originals.length > 0 ? `deleted ${deleted}` : "skipped: no original" }
}

/** A function that keeps renditions in step with originals; S3 Batch Operations may call it too, to purge those of a manifest. */
export type SyncHandler = {
  (event: SyncEvent): Promise<SyncResult>
  (event: BatchEvent): Promise<BatchResult>
}

/** @param load gives the settings, which are those of the function that renders; called once, with the first event */
export const createSyncHandler = (load: () => Promise<FunctionConfig> = () => loadFunction()): SyncHandler => {
  const open = createLazyState(load)
  const handle = async (event: SyncEvent | BatchEvent): Promise<SyncResult | BatchResult> => {
    const opened = await open()
    return isBatchEvent(event)
      ? answerBatch(event, (task) => syncTask(opened, meaningsOf(task)))
      : sync(opened, changesIn(event))
  }
  return handle as SyncHandler
}

/**
 * The handler, with settings from the environment and from a configuration file beside it.
 */
export const handler: SyncHandler = createSyncHandler()
