/** Responsible for wiring: stores and a renderer in, the five things that can be done with them out. */
import type { Renderer } from "../render/renderer.ts"
import { keysOf } from "../sizes/all-keys.ts"
import type { Grammar, OriginalKey, RenditionKey } from "../sizes/key.ts"
import type { RenderSettings } from "../sizes/recipe.ts"
import type { Originals, Renditions } from "../store/store.ts"
import { type Answerer, type AnswerParts, createAnswerer } from "./answer.ts"
import type { Conflict } from "./conflicts.ts"
import { createFreshness, type Freshness } from "./freshness.ts"
import type { WorkLimits } from "./limits.ts"
import { createNearest, type Nearest } from "./nearest.ts"
import { createPrune, type Prune } from "./prune.ts"
import { createPurge, type Purge } from "./purge.ts"
import { createRenderSlots, type SlotState } from "./render-slots.ts"
import { createSharedOriginals } from "./shared-originals.ts"
import type { StoreFailure } from "./stored.ts"
import { createWarm, type Warm } from "./warm.ts"

/** Dependencies of {@link createCore}. */
export interface CoreParts {
  readonly originals: Originals
  readonly renditions: Renditions
  readonly renderer: Renderer
  readonly grammar: Grammar
  readonly settings: RenderSettings
  readonly limits: WorkLimits
  /** How long a stored rendition is sent after its original can no longer be looked at, in seconds. @default 0 */
  readonly staleIfErrorSeconds?: number
  /** See {@link AnswerParts.staleRecipe}. @default "render" */
  readonly staleRecipe?: AnswerParts["staleRecipe"]
  /** Called with failures of the renditions' store that failed no request. */
  readonly onStoreFailure?: ((failure: StoreFailure) => void) | undefined
  /** Called once for each way in which another server disagrees about the renditions of this one. */
  readonly onConflict?: ((conflict: Conflict) => void) | undefined
  /** Milliseconds since 1970. */
  readonly clock: () => number
}

/** Everything that can be done with a tailor. */
export interface Core extends Answerer, Purge, Prune, Warm, Nearest {
  readonly grammar: Grammar
  /** Every key that a rendition of an original can have. */
  readonly keysOf: (original: OriginalKey) => readonly RenditionKey[]
  readonly freshness: Freshness
  readonly slotState: () => SlotState
}

/** The share of the memory for renders that may hold originals whose renders all wait for a slot. */
const IDLE_SHARE = 1 / 8

/** Puts the parts of a tailor together. */
export const createCore = (parts: CoreParts): Core => {
  const { originals, renditions, renderer, grammar, limits, staleIfErrorSeconds = 0, clock } = parts
  const { onStoreFailure, onConflict } = parts
  const freshness = createFreshness(parts)
  const shared = createSharedOriginals({
    originals,
    renderer,
    maxBytes: limits.bytes,
    maxIdleBytes: limits.memoryBytes * IDLE_SHARE,
    maxOpen: limits.renders * 2,
  })
  const slots = createRenderSlots(limits)
  const answerer = createAnswerer({
    originals,
    renditions,
    freshness,
    shared,
    slots,
    deadlineMs: limits.deadlineMs,
    staleIfErrorSeconds,
    staleRecipe: parts.staleRecipe,
    onStoreFailure,
    onConflict,
    clock,
  })
  const onOutdated = parts.staleRecipe === "serve" ? answerer.renewals.add : undefined
  return {
    ...answerer,
    ...createNearest({ originals, renditions, grammar, freshness }),
    ...createPurge({ originals, renditions, grammar, freshness, maxBytes: limits.bytes, onOutdated }),
    ...createPrune({ originals, renditions, grammar, freshness }),
    ...createWarm({ originals, renditions, grammar, freshness, answer: answerer.answer }),
    grammar,
    keysOf: (original) => keysOf(original, grammar),
    freshness,
    slotState: slots.state,
  }
}
