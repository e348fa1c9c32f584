/**
 * Responsible for focal points in one object of a store, such as `s3://renditions/focal-points.json`. It is read again regularly.
 *
 * Invariants:
 * - An object that cannot be read or parsed changes nothing: the previous points stay. The operator gets one notice until it can be
 *   used again.
 * - Only the first read delays requests. Later ones take place beside them.
 * - Concurrent callers share one read.
 */
import { describeError } from "../errors.ts"
import { type FocalPoints, type FocalSource, parseFocalPoints } from "./focal-points.ts"
import { openOriginals, parseObjectUrl } from "./registry.ts"
import type { OpenOptions } from "./scheme.ts"
import type { Originals } from "./store.ts"

/** A million points have about 50 MB. */
const MAX_BYTES = 50_000_000
/** An object that could not be read is read again sooner. */
const RETRY_MS = 5000

/** Options of {@link openFocalObject}. */
export interface FocalObjectOptions {
  readonly store: OpenOptions
  /** Between two reads. */
  readonly seconds: number
  /** Called with a sentence when the object cannot be used. */
  readonly onNotice: (text: string) => void
  /** Milliseconds, of a clock that is never set back. @default performance.now */
  readonly clock?: () => number
}

/** Reads the object if it has changed; undefined if it has not. */
const createRead = (
  store: Originals,
  key: string,
  { url, onNotice }: { readonly url: string; readonly onNotice: (text: string) => void },
): (() => Promise<FocalPoints | undefined>) => {
  let version: string | undefined = ""
  return async () => {
    const stat = await store.head(key, { fresh: true })
    if (stat?.isStable !== false && stat?.version === version) return undefined
    const object = await store.get(key, { maxBytes: MAX_BYTES })
    version = object?.stat.version
    return object ? parseFocalPoints(new TextDecoder().decode(object.bytes), url, onNotice) : new Map()
  }
}

/**
 * Opens an object with focal points. It need not exist yet.
 * @param url of the object: `s3://bucket/focal-points.json`
 * @throws {TypeError} if the location is malformed
 */
export const openFocalObject = (
  url: string,
  { store, seconds, onNotice, clock = () => performance.now() }: FocalObjectOptions,
): FocalSource => {
  const parsed = parseObjectUrl(url)
  if (!parsed || "problem" in parsed) throw new TypeError(`Expected the URL of an object, got ${JSON.stringify(url)}`)
  const read = createRead(openOriginals(parsed.location, store), parsed.key, { url, onNotice })
  let points: FocalPoints | undefined
  let reading: Promise<void> | undefined
  let dueMs = -Infinity
  let reported: string | undefined

  const refresh = async (): Promise<void> => {
    try {
      points = (await read()) ?? points
      reported = undefined
      dueMs = clock() + seconds * 1000
    } catch (error) {
      const text = `${url} cannot be used, so focal points stay as they were: ${describeError(error)}`
      if (text !== reported) onNotice(text)
      reported = text
      dueMs = clock() + Math.min(seconds * 1000, RETRY_MS)
    }
    points ??= new Map()
    reading = undefined
  }

  const refreshIfDue = (): void => {
    if (reading === undefined && clock() >= dueMs) reading = refresh()
  }

  return {
    points: () => {
      refreshIfDue()
      return points
    },
    load: async ({ fresh = false } = {}) => {
      if (fresh) {
        await reading
        dueMs = -Infinity
      }
      refreshIfDue()
      await reading
      return points ?? new Map()
    },
  }
}
