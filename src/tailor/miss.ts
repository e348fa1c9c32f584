/**
 * Responsible for a miss: one read of the original, one render and one write for all requests that need them. A request joins a render of
 * the same rendition or starts one (one-render.ts); recheck.ts checks the original again after its write.
 *
 * Invariants:
 * - A request gets a version that it could have read itself. `canUse` in shared-originals.ts is the one rule for joining.
 * - Identical misses cost one read, one render and one write. Concurrent sizes of one original share its read and its session.
 * - A client that disconnects fails no other request, and stops only work that is queued.
 * - After each write the original is checked again, so that the rendition that stays in the store is that of the present version,
 *   whichever render was faster.
 */
import { type SharedWork, shareWork } from "../abort.ts"
import { isPermanent } from "../errors.ts"
import { produce, type Render, type RenderParts, type RenderResult } from "./one-render.ts"
import type { MissRequest } from "./product.ts"
import { recheck, type RecheckParts } from "./recheck.ts"
import { canUse, type SharedOriginals, type Sighting } from "./shared-originals.ts"

/** A result, and whether the request started the render rather than joining it. */
export interface SharedResult extends RenderResult {
  readonly isFirst: boolean
}

/** Dependencies of {@link createMisses}. */
export interface MissParts extends RenderParts, RecheckParts {
  readonly shared: SharedOriginals
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
