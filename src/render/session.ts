/**
 * Responsible for the sessions of a renderer: when a render has memory, and when an original is decoded once for several renditions.
 *
 * Invariants:
 * - A render from decoded pixels never waits for memory that its own session's pixels hold.
 * - A decode that runs has a render that waits for it, so that it counts as running until it ends.
 * - A render that waits for memory, or is slow, gives up its slot, so that it delays no other client.
 */
import { orAbort } from "../abort.ts"
import { codeOf } from "../errors.ts"
import type { Recipe } from "../sizes/recipe.ts"
import type { Engine, Estimator } from "./engine.ts"
import { createMemory } from "./memory.ts"
import type { Rendered, Renderer, RenderOptions, RenderSession } from "./renderer.ts"
import { createRenderOnce } from "./same-rendition.ts"
import { createSharedPixels, type SessionParts } from "./shared-pixels.ts"

interface OpenSession extends RenderSession {
  /** Frees the decoded pixels unless a render uses them. */
  readonly dropUnusedPixels: () => void
}

/** @returns a function that calls another one the first time only */
export const callOnce = (callback: (() => void) | undefined): (() => void) => {
  let isCalled = false
  return () => {
    if (isCalled) return
    isCalled = true
    callback?.()
  }
}

interface RenderWork {
  readonly recipe: Recipe
  readonly fromPixels: boolean
  readonly isShared: boolean
  readonly signal: AbortSignal | undefined
  readonly onSlow: () => void
}

const renderWithMemory = async (
  parts: SessionParts,
  { recipe, fromPixels, isShared, signal, onSlow }: RenderWork,
): Promise<Rendered> => {
  const { original, estimator, memory, track } = parts
  const estimateBytes = estimator.estimatePeak(original.inspected, recipe, fromPixels)
  // The session's pixels hold memory until its renders are done: waiting here could be waiting for itself.
  const release = fromPixels
    ? memory.acquireNow(estimateBytes)
    : await memory.acquire(estimateBytes, { signal, onWait: onSlow })
  parts.heldBytes += estimateBytes
  try {
    const options = { fromPixels, keepsResized: isShared, estimateBytes: parts.heldBytes, onSlow, signal }
    return { ...(await track(() => original.render(recipe, options))), estimateBytes }
  } finally {
    parts.heldBytes -= estimateBytes
    release()
  }
}

const createSession = (parts: SessionParts, onClose: () => void): OpenSession => {
  const { original, estimator } = parts
  const { inspected } = original
  const pixels = createSharedPixels(parts)

  /** @returns releases the pixels; undefined where the render has to decode for itself */
  const usePixels = async (signal: AbortSignal | undefined, onSlow: () => void): Promise<(() => void) | undefined> => {
    const used = pixels.use(onSlow)
    try {
      await orAbort(used.admitted, signal)
      await used.ready
      return used.release
    } catch (error) {
      used.release()
      // The part of the picture that a crop needs may be undamaged.
      if (signal?.aborted || codeOf(error) !== "corrupt-original") throw error
      return undefined
    }
  }

  const render = async (recipe: Recipe, { isShared = false, signal, onSlow }: RenderOptions): Promise<Rendered> => {
    signal?.throwIfAborted()
    const onSlowOnce = callOnce(onSlow)
    const isDecodedOnce = estimator.canShare(inspected, recipe) && pixels.isUsable(isShared)
    const release = isDecodedOnce ? await usePixels(signal, onSlowOnce) : undefined
    try {
      return await renderWithMemory(parts, {
        recipe,
        fromPixels: release !== undefined,
        isShared,
        signal,
        onSlow: onSlowOnce,
      })
    } finally {
      release?.()
    }
  }

  const renderOnce = createRenderOnce(inspected)
  return {
    inspected,
    digest: original.digest,
    estimate: (recipe) =>
      estimator.estimatePeak(inspected, recipe, pixels.isDecoded() && estimator.canShare(inspected, recipe)),
    render: (recipe, options = {}) => renderOnce(recipe, () => render(recipe, options)),
    close: callOnce(() => {
      pixels.drop()
      original.close()
      onClose()
    }),
    dropUnusedPixels: pixels.dropUnused,
  }
}

/** Parts of a renderer. */
export interface RendererParts {
  readonly engine: Engine
  readonly estimator: Estimator
  /** Memory of all concurrent renders, in bytes. @default Infinity */
  readonly memoryBytes?: number | undefined
  /** Renders that may give up their slot while they wait for memory. @default 0 */
  readonly maxSlotless?: number
}

/** @returns a renderer that admits renders by memory and lets an engine do the work */
export const createSessions = (renderer: RendererParts): Renderer => {
  const { engine, estimator, memoryBytes = Infinity, maxSlotless = 0 } = renderer
  const sessions = new Set<OpenSession>()
  let running = 0
  const memory = createMemory({
    memoryBytes,
    maxSlotless,
    onWait: () => {
      for (const session of sessions) session.dropUnusedPixels()
    },
  })
  const track: SessionParts["track"] = async (work) => {
    running += 1
    try {
      return await work()
    } finally {
      running -= 1
    }
  }
  return {
    prepare: engine.prepare,
    ready: engine.ready,
    open: async (bytes, options = {}) => {
      const original = await engine.open(bytes, options)
      const parts: SessionParts = { original, estimator, memory, track, heldBytes: 0 }
      const session = createSession(parts, () => sessions.delete(session))
      sessions.add(session)
      return session
    },
    state: () => ({
      ...engine.state(),
      sessions: sessions.size,
      running,
      waiting: memory.waiting(),
      reservedBytes: memory.reserved(),
    }),
    drain: engine.drain,
    close: engine.close,
  }
}
