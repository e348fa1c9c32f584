/**
 * Responsible for a miss: one read of the original, one render and one write for all requests that need them.
 *
 * From top to bottom: `renderMiss` joins a render of the same rendition or starts one. `produce` waits for a slot, reads the original,
 * proves the stored rendition or renders, and writes. recheck.ts checks the original again after the write.
 *
 * Invariants:
 * - A request gets a version that it could have read itself. `canUse` in shared-originals.ts is the one rule for joining.
 * - Identical misses cost one read, one render and one write. Concurrent sizes of one original share its read and its session.
 * - A client that disconnects fails no other request, and stops only work that is queued.
 * - A render in the background takes no slot, so that no request waits for it.
 * - A slot is held until the rendition is written, so that a slow store does not let renditions pile up in memory. Only a slow render gives
 *   its slot away before.
 * - A write delays responses by 2 s at most, and fails none.
 * - After each write the original is checked again, so that the rendition that stays in the store is that of the present version,
 *   whichever render was faster.
 */
import { setTimeout as sleep } from "node:timers/promises"

import { orAbort, type SharedWork, shareWork } from "../abort.ts"
import { isPermanent, originalNotFound } from "../errors.ts"
import { INFO } from "../sizes/list.ts"
import type { Conflicts } from "./conflicts.ts"
import { timed, type Timings } from "./decision.ts"
import { type MissRequest, type Product, type ProductParts, proveStored, renderProduct } from "./product.ts"
import { recheck, type RecheckParts } from "./recheck.ts"
import type { RenderSlots } from "./render-slots.ts"
import { canUse, type OriginalRead, type OriginalUse, type SharedOriginals, type Sighting } from "./shared-originals.ts"
import type { WriteResult } from "./stored.ts"

/** The result of a render, for all requests that wait for it. */
export interface RenderResult extends Product {
  readonly timings: Timings
  /** Why the rendition is not stored, where it could not be written or the write is still pending. */
  readonly storeFailure?: string
  /** Settles when it has been written or could not be. */
  readonly written: Promise<unknown>
}

/** A result, and whether the request started the render rather than joining it. */
export interface SharedResult extends RenderResult {
  readonly isFirst: boolean
}

/** Dependencies of {@link createMisses}. */
export interface MissParts extends ProductParts, RecheckParts {
  readonly shared: SharedOriginals
  readonly slots: RenderSlots
  readonly conflicts: Conflicts
}

/** The misses of a process. */
export interface Misses {
  /**
   * Renders a rendition, or joins the render of another request.
   * @param signal of the client
   * @throws {TailorError} the original is gone or refused, the queue is full, or a store cannot be read
   * @throws the signal's reason
   */
  readonly render: (request: MissRequest, signal: AbortSignal) => Promise<SharedResult>
  /** Renders without a slot, and resolves when the rendition is stored or could not be. @throws like `render` */
  readonly renew: (request: MissRequest) => Promise<void>
  /** Resolves when the renders that are running now have ended, with their writes and checks. */
  readonly settled: () => Promise<void>
  /** Resolves when no render is running any more. */
  readonly idle: () => Promise<void>
}

/** How long a response waits for its rendition to be written. */
const WRITE_WAIT_MS = 2000

/** One render, from its start to its write. */
interface Render extends MissRequest {
  readonly original: OriginalUse
  /** Settles when an earlier render of the same rendition has been written: it may have stored a rendition that is fresh. */
  readonly previous: Promise<unknown> | undefined
  readonly timings: Timings
  readonly isBackground: boolean
  /** The read that it uses, once that has begun. */
  read: OriginalRead | undefined
  isWriting: boolean
}

/** A render that requests can join. */
interface Running {
  readonly render: Render
  readonly work: SharedWork<RenderResult>
  /** Settles when it has been written, or will not be. */
  readonly written: Promise<unknown>
}

interface State extends MissParts {
  /** By rendition, original and version. */
  readonly running: Map<string, Running>
  readonly inFlight: Set<Promise<unknown>>
}

interface RenderOptions {
  readonly signal?: AbortSignal | undefined
  /** For the check after a write: joins only a render whose write has not begun, and starts one that is not checked again. */
  readonly isRecheck?: boolean
  /** The render takes no slot. */
  readonly isBackground?: boolean
}

const ignore = (): void => {}

/** Joins a render of the same rendition, or starts one. */
const renderMiss = async (state: State, request: MissRequest, options: RenderOptions): Promise<SharedResult> => {
  const sighting = { stat: request.stat, readCount: state.shared.readCount() }
  for (;;) {
    const { running, isFirst } = await joinOrStart(state, request, sighting, options)
    try {
      return { ...(await running.work.wait(options.signal)), isFirst }
    } catch (error) {
      // The last client of the joined render left just before this one came.
      if (isFirst || !running.work.isCancelled() || options.signal?.aborted) throw error
    }
  }
}

const isJoinable = async ({ render }: Running, sighting: Sighting, options: RenderOptions): Promise<boolean> =>
  !(options.isRecheck && render.isWriting) && canUse(render.read ?? render.original.current(), sighting, options.signal)

const joinOrStart = async (
  state: State,
  request: MissRequest,
  sighting: Sighting,
  options: RenderOptions,
): Promise<{ readonly running: Running; readonly isFirst: boolean }> => {
  const { key, reading, stat } = request
  const name = `${key}\n${reading.original}\n${stat.version}\n${stat.focalPoint?.join(" ") ?? ""}`
  for (;;) {
    const running = state.running.get(name)
    if (running && (await isJoinable(running, sighting, options))) return { running, isFirst: false }
    const original = await state.shared.join(reading.original, sighting, options.signal)
    if (state.running.get(name) === running) {
      const previous = running?.written
      const { isBackground = false } = options
      const own = { timings: {}, isBackground, read: undefined, isWriting: false }
      const render: Render = { ...request, ...own, original, previous }
      return { running: startRender(state, name, render, options), isFirst: true }
    }
    // Another request started it meanwhile.
    original.release()
  }
}

const startRender = (state: State, name: string, render: Render, { isRecheck }: RenderOptions): Running => {
  const forget = (): void => {
    if (state.running.get(name)?.render === render) state.running.delete(name)
  }
  const work = shareWork(async (cancelled) => {
    try {
      return await produce(state, render, cancelled)
    } catch (error) {
      forget()
      throw error
    }
  })
  const written = work.result.then((result) => result.written).catch(ignore)
  const running: Running = { render, work, written }
  const renderAgain = async (request: MissRequest): Promise<unknown> =>
    (await renderMiss(state, request, { isRecheck: true })).written
  const ended = work.result
    .then((result) => (isRecheck ? written : recheck(state, render, result, renderAgain)))
    .catch((error: unknown) => (isPermanent(error) ? state.stored.delete(render.key) : undefined))
    .catch(ignore)
    .then(() => {
      forget()
      state.inFlight.delete(ended)
    })
  state.running.set(name, running)
  state.inFlight.add(ended)
  return running
}

const produce = async (state: State, render: Render, cancelled: AbortSignal): Promise<RenderResult> => {
  const { original, previous, stat, timings } = render
  let releaseSlot: (() => void) | undefined
  let product: Product
  try {
    releaseSlot = await timed(timings, "wait", async () => {
      if (previous) await orAbort(previous, cancelled)
      return render.isBackground ? ignore : state.slots.acquire(stat.byteLength, cancelled)
    })
    product = await readAndProduce(state, render, cancelled, releaseSlot)
  } catch (error) {
    releaseSlot?.()
    throw error
  } finally {
    original.release()
  }
  render.isWriting = true
  const written = write(state, render, product)
  void written.then(releaseSlot)
  const pending = sleep(WRITE_WAIT_MS, { failure: "the write is still pending after 2 s" }, { ref: false })
  const { failure, etag }: WriteResult = await timed(timings, "store", () => Promise.race([written, pending]))
  return {
    ...product,
    meta: etag === undefined ? product.meta : { ...product.meta, etag },
    timings,
    ...(failure !== undefined && { storeFailure: failure }),
    written,
  }
}

const write = async ({ stored, conflicts }: State, render: Render, product: Product): Promise<WriteResult> => {
  const { key, reading } = render
  const { isStored, bytes, meta } = product
  if (isStored) return {}
  const cacheControl = reading.size === INFO ? undefined : reading.size.cacheControl
  const result = await stored.put(key, bytes, meta, { cacheControl })
  if (result.failure === undefined) conflicts.onWritten(key, meta)
  return result
}

const readAndProduce = async (
  state: State,
  render: Render,
  cancelled: AbortSignal,
  onSlow: () => void,
): Promise<Product> => {
  const { original, timings, reading, stored, previous } = render
  const read = (render.read = original.read(onSlow))
  const content = await timed(timings, "fetch", () => read.content)
  if (!content) throw originalNotFound(reading.original)
  // Where nothing was stored, there is nothing to prove: this saves a trip to another machine.
  const mayBeStored = stored !== undefined || previous !== undefined || !content.stat.isStable
  const proved = mayBeStored ? await proveStored(state, render, content) : undefined
  if (proved) return proved
  return timed(timings, "render", () =>
    renderProduct(state, render, content, (session) => {
      const recipe = state.freshness.recipeOf(reading, render.stat)
      return session.render(recipe, { isShared: original.isShared(), signal: cancelled, onSlow })
    }),
  )
}

export const createMisses = (parts: MissParts): Misses => {
  const state: State = { ...parts, running: new Map(), inFlight: new Set() }
  const settled = async (): Promise<void> => {
    await Promise.all(state.inFlight)
  }
  return {
    render: (request, signal) => renderMiss(state, request, { signal }),
    renew: async (request) => void (await (await renderMiss(state, request, { isBackground: true })).written),
    settled,
    idle: async () => {
      while (state.inFlight.size > 0) await settled()
    },
  }
}
