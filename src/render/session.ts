/**
 * Responsible for the memory of renders, and for decoding an original once for several renditions.
 *
 * Invariants:
 * - The estimates of everything that runs, and of all kept pixels, stay within the memory limit; an original that needs more runs alone.
 * - Decoded pixels are kept only while a render of the session uses them, or while no other render waits for memory.
 * - A render from pixels never waits for memory that its own session's pixels hold.
 * - A decode that runs has a render that waits for it, so that it counts as running until it ends.
 */
import { orAbort } from "../abort.ts"
import { codeOf } from "../errors.ts"
import { createGate, type Gate } from "../gate.ts"
import type { Recipe } from "../sizes/recipe.ts"
import type { Engine, EngineOriginal, Estimator } from "./engine.ts"
import type { Rendered, Renderer, RenderOptions, RenderSession } from "./renderer.ts"

interface Pixels {
  /** Resolves when there is memory to decode. */
  readonly admitted: Promise<unknown>
  readonly ready: Promise<void>
  /** Frees the pixels and their memory. */
  readonly free: () => void
}

interface SessionParts {
  readonly original: EngineOriginal
  readonly estimator: Estimator
  readonly memory: Gate
  /** Counts a decode or render from its start to its end. */
  readonly track: <T>(work: () => Promise<T>) => Promise<T>
  readonly onClose: () => void
}

interface OpenSession extends RenderSession {
  /** Frees the decoded pixels unless a render uses them. */
  readonly dropUnusedPixels: () => void
}

const noop = (): void => {}

const once = (callback: (() => void) | undefined): (() => void) => {
  let isCalled = false
  return () => {
    if (isCalled) return
    isCalled = true
    callback?.()
  }
}

/** Estimates of what holds memory for one session. */
interface Holdings {
  total: number
}

const startDecode = (
  { original, estimator, memory, track }: SessionParts,
  held: Holdings,
  onSlow: () => void,
): Pixels => {
  const dropped = new AbortController()
  const estimate = estimator.estimateDecode(original.inspected)
  const admitted = memory.acquire(estimate, dropped.signal)
  let isHeld = false
  const ready = admitted.then(() => {
    dropped.signal.throwIfAborted()
    held.total += estimate
    isHeld = true
    return track(() => original.decode({ estimateBytes: held.total, onSlow }))
  })
  // Every render that waits for the pixels may have been aborted before they fail.
  ready.catch(noop)
  return {
    admitted,
    ready,
    free: () => {
      dropped.abort()
      if (isHeld) {
        held.total -= estimate
        original.dropPixels()
      }
      admitted.then((release) => release()).catch(noop)
    },
  }
}

/** The pixels of one session, and the renders that use them. */
const createPixelCache = (parts: SessionParts, held: Holdings) => {
  let pixels: Pixels | undefined
  let users = 0
  let isDamaged = false

  const drop = (): void => {
    pixels?.free()
    pixels = undefined
  }

  return {
    isDecoded: (): boolean => pixels !== undefined,
    drop,
    dropUnused: (): void => {
      if (users === 0) drop()
    },
    /** @returns releases the pixels; undefined where the render has to decode for itself */
    use: async ({ isShared = false, signal }: RenderOptions, onSlow: () => void): Promise<(() => void) | undefined> => {
      if (isDamaged || (!pixels && !isShared)) return undefined
      const used = (pixels ??= startDecode(parts, held, onSlow))
      users += 1
      const release = (): void => {
        users -= 1
        if (users === 0 && parts.memory.waiting() > 0) drop()
      }
      try {
        await orAbort(used.admitted, signal)
        await used.ready
        return release
      } catch (error) {
        const isOwnAbort = signal?.aborted === true
        // A later render tries again.
        if (!isOwnAbort && pixels === used) drop()
        release()
        if (isOwnAbort || codeOf(error) !== "corrupt-original") throw error
        // The part of the picture that a crop needs may be undamaged.
        isDamaged = true
        return undefined
      }
    },
  }
}

const createSession = (parts: SessionParts): OpenSession => {
  const { original, estimator, memory, track, onClose } = parts
  const { inspected } = original
  const held: Holdings = { total: 0 }
  const pixels = createPixelCache(parts, held)

  const renderWithin = async (
    recipe: Recipe,
    fromPixels: boolean,
    { signal }: RenderOptions,
    onSlow: () => void,
  ): Promise<Rendered> => {
    const estimate = estimator.estimatePeak(inspected, recipe, fromPixels)
    // The session's pixels hold memory until its renders are done: waiting here could be waiting for itself.
    const release = fromPixels ? memory.acquireNow(estimate) : await memory.acquire(estimate, signal)
    held.total += estimate
    try {
      return await track(() => original.render(recipe, { fromPixels, estimateBytes: held.total, onSlow }))
    } finally {
      held.total -= estimate
      release()
    }
  }

  return {
    inspected,
    digest: original.digest,
    estimate: (recipe) =>
      estimator.estimatePeak(inspected, recipe, pixels.isDecoded() && estimator.canShare(inspected, recipe)),
    render: async (recipe, options = {}) => {
      options.signal?.throwIfAborted()
      const onSlow = once(options.onSlow)
      const releasePixels = estimator.canShare(inspected, recipe) ? await pixels.use(options, onSlow) : undefined
      try {
        return await renderWithin(recipe, releasePixels !== undefined, options, onSlow)
      } finally {
        releasePixels?.()
      }
    },
    close: once(() => {
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
}

/** @returns a renderer that admits by memory and lets an engine do the work */
export const createSessions = ({ engine, estimator, memoryBytes = Infinity }: RendererParts): Renderer => {
  const sessions = new Set<OpenSession>()
  let running = 0
  const memory = createGate({
    capacity: memoryBytes,
    maxWaiting: Infinity,
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
    open: async (bytes, options = {}) => {
      const original = await engine.open(bytes, options)
      const session = createSession({ original, estimator, memory, track, onClose: () => sessions.delete(session) })
      sessions.add(session)
      return session
    },
    state: () => ({ processes: engine.processes(), sessions: sessions.size, running, waiting: memory.waiting() }),
    close: engine.close,
  }
}
