/**
 * Making one rendition: a turn, the original read once, its header, room in memory, the render, the write. Runs inside a flight, so it
 * outlives whoever asked.
 */
import { createHash } from "node:crypto"
import { setTimeout as sleep } from "node:timers/promises"

import { orAbort } from "../abort.ts"
import { codeOf, originalNotFound } from "../errors.ts"
import type { Inspected } from "../render/inspect.ts"
import type { Rendered, Renderer } from "../render/render.ts"
import type { Parsed, Reading, RenditionKey } from "../sizes/key.ts"
import {
  closeBody,
  type OriginalObject,
  type OriginalStat,
  readBody,
  type RenditionMeta,
  type RenditionObject,
  type Renditions,
} from "../store/store.ts"
import type { Gate } from "../gate.ts"
import type { Decision, Timings } from "./decision.ts"
import type { Freshness } from "./freshness.ts"
import type { SharedOriginal, SharedOriginals } from "./shared-originals.ts"

/** What is to be made: a key by one of its readings. */
export interface RenderRequest {
  readonly key: RenditionKey
  readonly reading: Reading
  /** Everything that the key may mean, `reading` among it. */
  readonly readings: Parsed["readings"]
  /** Nothing was stored under the key when it was asked for. */
  readonly isNothingStored: boolean
}

/** How long an answer waits for its rendition to be written. A store that hangs must not hang its visitors. */
const WRITE_WAIT_MS = 2000

/** When a write is given up, and its turn with it: a store that hangs must not end all rendering. */
const WRITE_LIMIT_MS = 30_000

/** How a flight and its work speak to each other. */
export interface FlightHooks {
  /** Aborts when nobody waits any more. */
  readonly signal: AbortSignal
  /** The original's stat when it was asked for. */
  readonly known: OriginalStat
  /** What has to end first. */
  readonly previous: Promise<void> | undefined
  /** Called right before the original is read: whoever asks from now on may have seen a younger one. */
  readonly onRead: () => void
  /** Called with the version that was read; without one where the original is gone. */
  readonly onFound: (version: string | undefined) => void
}

/** What every waiter is answered with. */
export interface RenderResult {
  readonly meta: RenditionMeta
  readonly bytes: Uint8Array
  /** It was stored already, and reading the original proved it in step. */
  readonly isRevalidated: boolean
  readonly originalInfo: Decision["originalInfo"]
  readonly output: Decision["output"]
  readonly timings: Timings
  /** Why it is not stored, where it could not be or takes too long. */
  readonly storeFailure?: string
  /** Resolves when it has been written, or could not be. */
  readonly written: Promise<void>
}

export interface MakeParts {
  readonly renditions: Renditions
  readonly renderer: Renderer
  readonly freshness: Freshness
  readonly renderSlots: Gate
  readonly memory: Gate
  readonly sources: SharedOriginals
  readonly clock: () => number
  /** Told of refusals that a version of an original will always meet. */
  readonly remember: (original: string, version: string, error: unknown) => void
}

const digestOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex")

/** MD5 is what S3 calls a stored object's ETag, so that a bucket and a server give the same one. */
const etagOf = (bytes: Uint8Array): string => `"${createHash("md5").update(bytes).digest("hex")}"`

const timed = async <T>(timings: Timings, name: keyof Timings, work: () => Promise<T>): Promise<T> => {
  const start = performance.now()
  try {
    return await work()
  } finally {
    timings[name] = (timings[name] ?? 0) + performance.now() - start
  }
}

type Produced = Pick<RenderResult, "meta" | "bytes" | "isRevalidated" | "originalInfo" | "output">

/** One order being carried out. */
interface RenderJob extends MakeParts, RenderRequest, FlightHooks {
  readonly source: SharedOriginal
  readonly timings: Timings
}

/** What is stored, where the original's bytes prove that it was made from them. */
const revalidate = async (
  { freshness, reading }: RenderJob,
  stored: RenditionObject,
  { stat }: OriginalObject,
  digest: string,
): Promise<Produced | undefined> => {
  const bytes = await readBody(stored)
  if (freshness.freshnessOf(stored.meta, reading, stat) === "stale" || stored.meta.digest !== digest) return undefined
  const { digest: _, ...settled } = stored.meta
  return {
    meta: stat.isStable ? settled : stored.meta,
    bytes,
    isRevalidated: true,
    originalInfo: undefined,
    output: { byteLength: bytes.length, contentType: stored.meta.contentType },
  }
}

const inspectOriginal = async (
  { renderer, remember, reading }: RenderJob,
  { stat, bytes }: OriginalObject,
): Promise<Inspected> => {
  try {
    return await renderer.inspect(bytes)
  } catch (error) {
    if (stat.isStable) remember(reading.original, stat.version, error)
    throw error
  }
}

const renderOriginal = async (
  task: RenderJob,
  { stat, bytes }: OriginalObject,
  inspected: Inspected,
): Promise<Rendered> => {
  const { renderer, memory, source, signal } = task
  const recipe = task.freshness.recipeOf(task.reading)
  let free: (() => void) | undefined
  try {
    const isShared = renderer.canShare(inspected, recipe)
    const decoded = isShared ? await source.decode(bytes, inspected, signal) : undefined
    const peak = renderer.estimatePeak(inspected, recipe, decoded !== undefined)
    // Pixels hold room until all who share them are done: waiting for more could be waiting for oneself.
    free = decoded ? memory.acquireNow(peak) : await memory.acquire(peak, signal)
    return await renderer.render(bytes, inspected, recipe, decoded)
  } catch (error) {
    if (stat.isStable && codeOf(error) === "corrupt-original") task.remember(task.reading.original, stat.version, error)
    throw error
  } finally {
    free?.()
  }
}

const produce = async (task: RenderJob, original: OriginalObject, digest: string | undefined): Promise<Produced> => {
  const { reading, freshness, clock } = task
  const { stat } = original
  const inspected = await inspectOriginal(task, original)
  const { bytes, contentType, width, height } = await renderOriginal(task, original, inspected)
  const pixels = width !== undefined && height !== undefined ? { width, height } : {}
  return {
    bytes,
    isRevalidated: false,
    meta: {
      original: reading.original,
      version: stat.version,
      ...(digest !== undefined && { digest }),
      recipeId: freshness.recipeIdOf(reading, contentType),
      etag: etagOf(bytes),
      contentType,
      modifiedMs: Math.floor(clock() / 1000) * 1000,
    },
    originalInfo: {
      ...inspected.dimensions,
      byteLength: stat.byteLength,
      format: inspected.container,
      version: stat.version,
    },
    output: { ...pixels, byteLength: bytes.length, contentType },
  }
}

const readOriginal = async ({ timings, source, reading, onFound }: RenderJob): Promise<OriginalObject> => {
  const original = await timed(timings, "fetch", source.read)
  onFound(original?.stat.version)
  if (!original) throw originalNotFound(reading.original)
  return original
}

/** The original is read once; what is stored is kept where those bytes prove it, and made otherwise. */
const revalidateOrRender = async (task: RenderJob): Promise<Produced> => {
  const { renditions, renderer, timings } = task
  renderer.prepare()
  const original = await readOriginal(task)
  // Where nothing was stored when it was asked for, there is nothing to prove: a trip to another machine less.
  const stored = task.isNothingStored && original.stat.isStable ? undefined : await renditions.get(task.key)
  const isUnproven = stored?.meta.digest !== undefined
  const digest = original.stat.isStable && !isUnproven ? undefined : digestOf(original.bytes)
  const proof =
    stored && digest !== undefined && isUnproven ? await revalidate(task, stored, original, digest) : undefined
  if (!isUnproven) await closeBody(stored)
  return proof ?? timed(timings, "render", () => produce(task, original, original.stat.isStable ? undefined : digest))
}

/** How writing ended. */
interface WriteResult {
  /** The ETag under which the store has it, where that is not the record's. */
  readonly etag?: string
  /** Why it could not be written. */
  readonly failure?: string
}

const write = async (
  { renditions, key }: RenderJob,
  { isRevalidated, bytes, meta }: Produced,
): Promise<WriteResult> => {
  if (isRevalidated && meta.digest !== undefined) return {}
  const limit = new AbortController()
  const timer = setTimeout(() => limit.abort(new Error("the store did not end in time")), WRITE_LIMIT_MS)
  timer.unref()
  try {
    // A store may heed no signal: then it is not waited for either.
    return (await orAbort(renditions.put(key, bytes, meta, { signal: limit.signal }), limit.signal)) ?? {}
  } catch (error) {
    return { failure: error instanceof Error ? error.message : String(error) }
  } finally {
    clearTimeout(timer)
  }
}

/**
 * A photo of 5 MB lets those of some kB go first that come within five seconds of it: a page of thumbnails does not wait for a few giants.
 */
const YIELDS_MS_PER_BYTE = 0.001

const acquireSlot = async ({ renderSlots: turns, previous, signal, known }: RenderJob): Promise<() => void> => {
  await previous
  return turns.acquire(1, signal, known.byteLength * YIELDS_MS_PER_BYTE)
}

/** What was baked, and how to give back the turn that it took. */
const produceInSlot = async (task: RenderJob): Promise<{ readonly baked: Produced; readonly leave: () => void }> => {
  const { source, timings } = task
  try {
    const leave = await timed(timings, "wait", () => acquireSlot(task))
    source.begin()
    try {
      return { baked: await revalidateOrRender(task), leave }
    } catch (error) {
      leave()
      throw error
    }
  } finally {
    source.release()
  }
}

export const createMake =
  (parts: MakeParts): ((order: RenderRequest, course: FlightHooks) => Promise<RenderResult>) =>
  async (order: RenderRequest, course: FlightHooks): Promise<RenderResult> => {
    const timings: Timings = {}
    const source = parts.sources.join(order.reading.original, course.known, course.onRead)
    const task: RenderJob = { ...parts, ...order, ...course, source, timings }
    const { baked, leave } = await produceInSlot(task)
    const written = write(task, baked)
    // The turn is kept until the bytes are written: otherwise a slow store would let renditions pile up in memory.
    void written.then(leave)
    const patience = sleep(WRITE_WAIT_MS, { failure: "it takes long" }, { ref: false })
    const { failure, etag }: WriteResult = await timed(timings, "store", () => Promise.race([written, patience]))
    return {
      ...baked,
      meta: etag === undefined ? baked.meta : { ...baked.meta, etag },
      timings,
      ...(failure !== undefined && { storeFailure: failure }),
      written: written.then(() => {}),
    }
  }
