/**
 * Responsible for rendering in a function: in its own process, within its memory. Lambda runs one request at a time in a process that it
 * replaces, so a separate render process would protect nothing.
 *
 * Invariants:
 * - An original is refused before it is decoded if its estimate exceeds the limit, or if an earlier render of it ended a function.
 * - A render that takes more than half of the memory, or long, is marked in the store while it runs.
 */
import { originalTooCostly } from "../errors.ts"
import type { Renderer, RenderSession } from "../render/renderer.ts"
import type { Originals, RenditionMeta } from "../store/store.ts"
import type { MarkedOriginal, RenderMarkers } from "./render-markers.ts"

/** An original that was read, with the marker that was looked up meanwhile. */
interface ReadOriginal extends MarkedOriginal {
  readonly marker: Promise<RenditionMeta | undefined>
}

/** Limits of rendering in a function. */
export interface FunctionRendererOptions {
  /** Largest estimate of a render, in bytes. */
  readonly maxEstimateBytes: number
  readonly markers: RenderMarkers
  /** End of the present call, in milliseconds since 1970. */
  readonly callEndsMs: () => number
}

/** A renderer, and the originals that it knows by their bytes. */
export interface FunctionRenderer {
  readonly renderer: Renderer
  /** The same originals; while one is read, its marker is looked up. */
  readonly watch: (originals: Originals) => Originals
  /** Resolves when the markers of all renders that have ended are written. */
  readonly idle: () => Promise<void>
}

/** Ordinary renders take less. */
const SLOW_MS = 3000
const CHECK_INTERVAL_MS = 50
/** Share of the largest estimate, which is 70 % of the memory. */
const MEMORY_SHARE = 0.7

const megabytes = (bytes: number): string => `${Math.round(bytes / 1_000_000)} MB of memory`

/** Calls back once, when the process takes much memory or some time has passed. @returns ends it; true if it called back */
const watchCost = (maxEstimateBytes: number, onCostly: () => void): (() => boolean) => {
  const startMs = performance.now()
  let isCostly = false
  const timer = setInterval(() => {
    const isLarge = process.memoryUsage.rss() > maxEstimateBytes * MEMORY_SHARE
    if (isCostly || !(isLarge || performance.now() - startMs > SLOW_MS)) return
    isCostly = true
    onCostly()
  }, CHECK_INTERVAL_MS)
  timer.unref()
  return () => {
    clearInterval(timer)
    return isCostly
  }
}

/** Wraps a renderer that renders in process. */
export const createFunctionRenderer = (inner: Renderer, options: FunctionRendererOptions): FunctionRenderer => {
  const { maxEstimateBytes, markers, callEndsMs } = options
  const read = new WeakMap<Uint8Array, ReadOriginal>()
  const pending = new Set<Promise<void>>()

  const track = (work: Promise<void>): void => {
    pending.add(work)
    void work.finally(() => pending.delete(work))
  }

  const guard =
    (session: RenderSession, original: ReadOriginal | undefined): RenderSession["render"] =>
    async (recipe, renderOptions) => {
      if (session.estimate(recipe) > maxEstimateBytes)
        throw originalTooCostly(megabytes(maxEstimateBytes), `estimate ${megabytes(session.estimate(recipe))}`)
      const marker = await original?.marker
      if (original && markers.hasEnded(original, marker))
        throw originalTooCostly("the function's memory or time", "an earlier render of this version ended the function")
      let begun: Promise<void> | undefined
      const stop = watchCost(maxEstimateBytes, () => {
        begun = original && markers.begin(original, marker, callEndsMs())
      })
      try {
        return await session.render(recipe, renderOptions)
      } finally {
        if (stop() && original) track((begun ?? Promise.resolve()).then(() => markers.end(original)))
      }
    }

  return {
    renderer: {
      ...inner,
      open: async (bytes, openOptions) => {
        const session = await inner.open(bytes, openOptions)
        return { ...session, render: guard(session, read.get(bytes)) }
      },
    },
    watch: (originals) => ({
      ...originals,
      get: async (key, getOptions) => {
        const marker = markers.find(key)
        const object = await originals.get(key, getOptions)
        if (object) read.set(object.bytes, { key, version: object.stat.version, marker })
        return object
      },
    }),
    idle: async () => void (await Promise.all(pending)),
  }
}
