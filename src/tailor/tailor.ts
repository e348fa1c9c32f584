/** Wires the parts together: stores and a renderer in, the five things that can be done with them out. */
import type { Renderer } from "../render/render.ts"
import { keysOf } from "../sizes/all-keys.ts"
import type { Grammar, OriginalKey, RenditionKey } from "../sizes/key.ts"
import type { RenderSettings } from "../sizes/recipe.ts"
import type { Originals, Renditions } from "../store/store.ts"
import { createGate, type Gate } from "../gate.ts"
import { type Answerer, createAnswerer } from "./answer.ts"
import { createFreshness, type Freshness } from "./freshness.ts"
import type { WorkLimits } from "./limits.ts"
import { createPurge, type Purge } from "./purge.ts"
import { createSharedOriginals } from "./shared-originals.ts"
import { createWarm, type Warm } from "./warm.ts"

export interface CoreParts {
  readonly originals: Originals
  readonly renditions: Renditions
  readonly renderer: Renderer
  readonly grammar: Grammar
  readonly settings: RenderSettings
  readonly limits: WorkLimits
  /** Milliseconds since 1970. */
  readonly clock: () => number
}

/** Everything that can be asked of the logic. */
export interface Core extends Answerer, Purge, Warm {
  readonly grammar: Grammar
  readonly keysOf: (original: OriginalKey) => readonly RenditionKey[]
  readonly freshnessOfKey: Freshness["freshnessOfKey"]
}

/** Of the room for renders, what originals may take that are kept for those who wait for their turn. */
const KEPT_SHARE = 8

export const createCore = ({ originals, renditions, renderer, grammar, settings, limits, clock }: CoreParts): Core => {
  const memory: Gate = createGate({
    capacity: limits.memoryBytes,
    maxWaiting: Infinity,
    onWait: () => sources.makeRoom(),
  })
  const maxKeptBytes = limits.memoryBytes / KEPT_SHARE
  const sources = createSharedOriginals({ originals, renderer, memory, maxBytes: limits.bytes, maxKeptBytes })
  const freshness = createFreshness({ originals, renditions, grammar, settings })
  const answerer = createAnswerer({
    originals,
    renditions,
    renderer,
    freshness,
    clock,
    deadlineMs: limits.deadlineMs,
    renderSlots: createGate({ capacity: limits.renders, maxWaiting: limits.queue }),
    memory,
    sources,
  })
  return {
    ...answerer,
    ...createPurge(renditions, grammar, freshness),
    ...createWarm({ originals, renditions, grammar, freshness, answer: answerer.answer }),
    grammar,
    keysOf: (original) => keysOf(original, grammar),
    freshnessOfKey: freshness.freshnessOfKey,
  }
}
