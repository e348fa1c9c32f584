/**
 * Responsible for the renderer that works in child processes (`isolation: "process"`): this process never loads sharp and never walks the
 * structure of an original.
 *
 * See docs/decisions for the measurements behind the design.
 */
import { availableParallelism } from "node:os"

import type { Recipe } from "../../sizes/recipe.ts"
import { canShare } from "../can-share.ts"
import type { Engine, EngineOriginal } from "../engine.ts"
import { estimateDecode, estimateOpen, estimatePeak } from "../estimate.ts"
import type { Inspected, InspectLimits } from "../inspected.ts"
import type { OpenOptions, Renderer } from "../renderer.ts"
import { callOnce, createSessions } from "../session.ts"
import { packAssets } from "../steps/assets.ts"
import { planPicture } from "../steps/plan.ts"
import type { GetAsset } from "../steps/step.ts"
import { CHILD_ENTRY } from "./child-connection.ts"
import { createGuard } from "./guard.ts"
import { createLeases, type Leases } from "./leases.ts"
import { isExpectedSlow, memoryCap, type PoolLimits } from "./limits.ts"
import { createPool } from "./pool.ts"
import { createJobRunner } from "./pooled-original.ts"
import { parseDigest, parseInspected, parseRendered } from "./replies.ts"
import { canReadUsage } from "./usage.ts"

/** Limits of the renderer and of its processes. */
export interface PooledLimits extends InspectLimits, PoolLimits {}

/** Options beside the limits. */
export interface PooledOptions {
  /** File that a render process runs. @default this package's */
  readonly entry?: string
  /** Files of overlays by their SHA-256. @default none */
  readonly getAsset?: GetAsset
  /** Whether processes report their own memory and CPU. @default only where /proc cannot be read */
  readonly reportsUsage?: boolean
}

/** Renders of one original in one process, and one thread for its pipe and files. */
const THREADS = Math.max(4, availableParallelism() + 1)

const writtenPixels = (recipe: Recipe, { dimensions, frames, animated }: Inspected): number => {
  if (recipe.kind === "info") return 0
  const { resized, output } = planPicture(recipe, dimensions)
  const pixels = Math.max(resized.width * resized.height, output.width * output.height)
  return pixels * (animated ? frames : 1)
}

const openOriginal = async (
  leases: Leases,
  bytes: Uint8Array,
  { limits, getAsset }: { readonly limits: PooledLimits; readonly getAsset: GetAsset },
  options: OpenOptions,
): Promise<EngineOriginal> => {
  const { pixels, animationPixels } = limits
  const request = { type: "open", limits: { pixels, animationPixels } } as const
  const onSlow = callOnce(options.onSlow)
  const open = { request, pixels: 0, estimateBytes: estimateOpen(bytes.length), onSlow }
  const { run, dropPixels, close } = createJobRunner(
    {
      leases,
      open,
      reread: options.reread,
      release: options.release,
      isBackground: options.isBackground === true,
    },
    bytes,
  )
  let inspected: Inspected
  try {
    inspected = await run({ ...open, signal: options.signal, parse: parseInspected })
  } catch (error) {
    close()
    throw error
  }
  const { estimateBytes } = open
  const expected = { isExpectedSlow: isExpectedSlow(inspected) }
  return {
    inspected,
    dropPixels,
    close,
    digest: () => run({ request: { type: "digest" }, pixels: 0, estimateBytes, parse: parseDigest }),
    decode: async (job) => {
      await run({
        ...job,
        ...expected,
        request: { type: "decode" },
        pixels: inspected.decodedPixels,
        parse: () => true,
      })
    },
    render: async (recipe, { fromPixels, keepsResized = false, ...job }) => {
      const assets = packAssets(recipe, getAsset)
      const rendered = await run({
        ...job,
        ...expected,
        request: { type: "render", recipe, fromPixels, keepsResized, assets: assets.parts },
        body: assets.body,
        pixels: inspected.decodedPixels + writtenPixels(recipe, inspected),
        parse: (value, body) => parseRendered(value, body, recipe, inspected),
      })
      return { ...rendered, capBytes: memoryCap(limits, job.estimateBytes) }
    },
  }
}

const createPooledEngine = (
  limits: PooledLimits,
  { entry = CHILD_ENTRY, reportsUsage = !canReadUsage(), getAsset = () => undefined }: PooledOptions,
): Engine => {
  const pool = createPool(limits, { entry, threads: THREADS, reportsUsage })
  const guard = createGuard(limits, reportsUsage ? (process) => process.reported() : undefined)
  const leases = createLeases(pool, guard, limits)
  return {
    prepare: pool.prepare,
    ready: pool.ready,
    open: (bytes, options) => openOriginal(leases, bytes, { limits, getAsset }, options),
    state: () => ({ processes: pool.count(), slow: guard.slowCount(), problem: pool.problem() }),
    drain: leases.drain,
    close: () => {
      leases.drain()
      return pool.close()
    },
  }
}

/**
 * @returns a renderer that decodes and encodes in child processes. `close` ends them; a program whose renderer is idle can end without.
 * @example
 * const renderer = createPooledRenderer({ pixels: 1e8, animationPixels: 1e8, memoryBytes: 1e9, renders: 4 })
 * await renderer.ready()
 */
export const createPooledRenderer = (limits: PooledLimits, options: PooledOptions = {}): Renderer =>
  createSessions({
    engine: createPooledEngine(limits, options),
    estimator: { estimatePeak, estimateDecode, canShare },
    memoryBytes: limits.memoryBytes,
    maxSlotless: 2 * limits.renders,
  })
