/**
 * `imgtailor/sync`: called when something in the bucket of originals changes, deletes what was made of it. Nothing is listed and no
 * original is touched: an original's keys can all be written down.
 */
import { type FunctionConfig, loadFunction } from "../config/function.ts"
import { canBeOriginal, toOriginalKey } from "../sizes/key.ts"
import { formatS3Url, parseS3Url } from "../store/s3/place.ts"
import { createOpener, type Opened } from "./function.ts"
import { logError, logLine } from "./log.ts"
import { changesIn, type ObjectChange, type SyncEvent } from "./object-events.ts"

/** What a call did. */
export interface SyncResult {
  /** Originals whose renditions were looked for. */
  readonly originals: readonly string[]
  /** Renditions that were there. */
  readonly deleted: number
}

/** The original that a change is about; undefined for another place, and for our own renditions, whose events come back to us. */
const originalOf = ({ tailor, config }: Opened, { bucket, key }: ObjectChange): string | undefined => {
  const place = typeof config.originals === "string" ? parseS3Url(config.originals) : undefined
  if (place && (place.bucket !== bucket || !key.startsWith(place.prefix))) return undefined
  const own = key.slice(place?.prefix.length ?? 0)
  const isOriginal = toOriginalKey(own) !== undefined && canBeOriginal(own, tailor.core.grammar)
  return isOriginal && !isRendition(config, bucket, key) ? own : undefined
}

/** True for a key in the place of the renditions, where that is another one. */
const isRendition = ({ originals, renditions }: Opened["config"], bucket: string, key: string): boolean => {
  const place = typeof renditions === "string" && renditions !== originals ? parseS3Url(renditions) : undefined
  return place !== undefined && formatS3Url({ bucket, prefix: "" }, key).startsWith(formatS3Url(place))
}

const sync = async (opened: Opened, event: SyncEvent): Promise<SyncResult> => {
  const originals = new Set(changesIn(event).map((change) => originalOf(opened, change)))
  originals.delete(undefined)
  const done: string[] = []
  const failures: unknown[] = []
  let deleted = 0
  for (const original of originals) {
    if (original === undefined) continue
    try {
      deleted += await opened.tailor.purge(original)
      done.push(original)
    } catch (error) {
      logError(error)
      failures.push(error)
    }
  }
  // Lambda calls again with the same event: deleting what is gone does no harm.
  if (failures.length > 0) throw new AggregateError(failures, `${failures.length} of ${originals.size} failed`)
  if (done.length > 0) logLine("info", "purged", { originals: done, deleted })
  return { originals: done, deleted }
}

/** A function that keeps renditions in step with originals. */
export type SyncHandler = (event: SyncEvent) => Promise<SyncResult>

/** @param load gives the settings, which are those of the function that renders; called once, with the first event */
export const createSyncHandler = (load: () => Promise<FunctionConfig> = () => loadFunction()): SyncHandler => {
  const open = createOpener(load)
  return async (event) => sync(await open(), event)
}

/**
 * The handler, with settings from the environment and from a configuration file beside it.
 */
export const handler: SyncHandler = createSyncHandler()
