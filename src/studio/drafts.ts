/**
 * Responsible for pictures that are rendered for the studio alone.
 *
 * Invariants:
 * - One at a time, at the lowest priority, and only while no visitor waits for a render.
 * - Bounded like every render: by the limits on originals, memory, CPU and time.
 * - Nothing is stored.
 */
import { setTimeout as sleep } from "node:timers/promises"

import type { OpenTailor } from "../create-tailor.ts"
import { busy, originalNotFound, TailorError } from "../errors.ts"
import { createGate } from "../gate.ts"
import type { Rendered, RenderSession } from "../render/renderer.ts"
import type { OriginalKey } from "../sizes/key.ts"
import type { Recipe } from "../sizes/recipe.ts"
import type { OriginalObject, OriginalStat } from "../store/store.ts"

/** An original that is open for one draft. */
export interface DraftOriginal {
  readonly stat: OriginalStat
  /** Time of the render, in ms. */
  readonly render: (recipe: Recipe) => Promise<Rendered & { readonly renderMs: number }>
}

/** Renders drafts. */
export interface Drafts {
  /** Too many drafts wait for one more. */
  readonly isFull: () => boolean
  /**
   * Opens an original when its turn comes. Every other draft waits until `use` is done.
   * @throws {busy} too many drafts wait, or no slot became free in time
   * @throws {original-not-found} and other errors of requests
   */
  readonly withOriginal: <T>(
    key: OriginalKey,
    signal: AbortSignal,
    use: (original: DraftOriginal) => Promise<T>,
  ) => Promise<T>
}

const MAX_WAITING = 8
const LOOK_MS = 25
/** The original of the last draft is kept, for the next position of a slider. */
const MAX_KEPT_BYTES = 32_000_000
const KEPT_MS = 30_000

/** Keeps the last original for a while. */
const createKept = ({ originals, config }: OpenTailor) => {
  let kept: { readonly key: string; readonly object: OriginalObject } | undefined
  let timer: NodeJS.Timeout | undefined
  const forget = (): void => void (kept = undefined)
  return async (key: OriginalKey, signal: AbortSignal): Promise<OriginalObject> => {
    const stat = await originals.head(key, { signal, fresh: true })
    if (!stat) throw originalNotFound(key)
    if (kept?.key === key && kept.object.stat.version === stat.version && stat.isStable) return { ...kept.object, stat }
    const object = await originals.get(key, { maxBytes: config.limits.bytes, signal })
    if (!object) throw originalNotFound(key)
    clearTimeout(timer)
    kept = object.bytes.length <= MAX_KEPT_BYTES ? { key, object } : undefined
    timer = setTimeout(forget, KEPT_MS).unref()
    return object
  }
}

const toDraftOriginal = (stat: OriginalStat, session: RenderSession, signal: AbortSignal): DraftOriginal => ({
  stat,
  render: async (recipe) => {
    const startMs = performance.now()
    const rendered = await session.render(recipe, { signal })
    return { ...rendered, renderMs: performance.now() - startMs }
  },
})

/** Waits until no visitor waits for a render, and a slot is free. @throws the signal's reason */
export const untilIdle = async ({ core, config }: OpenTailor, signal: AbortSignal): Promise<void> => {
  for (;;) {
    const { running, waiting } = core.slotState()
    if (waiting === 0 && running < config.limits.renders) return
    await sleep(LOOK_MS, undefined, { signal, ref: false })
  }
}

/** Creates the drafts of one studio. */
export const createDrafts = (tailor: OpenTailor): Drafts => {
  const { config, renderer } = tailor
  const { deadlineMs } = config.limits
  const turns = createGate({ capacity: 1, maxWaiting: MAX_WAITING })
  const read = createKept(tailor)

  return {
    isFull: () => turns.waiting() >= MAX_WAITING,
    withOriginal: async (key, client, use) => {
      const deadline = AbortSignal.timeout(deadlineMs)
      const signal = AbortSignal.any([client, deadline])
      const release = await turns.acquire(1, signal)
      let session: RenderSession | undefined
      try {
        await untilIdle(tailor, signal)
        const { stat, bytes } = await read(key, signal)
        session = await renderer.open(bytes, { signal, isBackground: true })
        return await use(toDraftOriginal(stat, session, signal))
      } catch (error) {
        throw deadline.aborted && !(error instanceof TailorError) ? busy("deadline") : error
      } finally {
        session?.close()
        release()
      }
    },
  }
}
