/** Wires the parts together: stores and a renderer in, the five things that can be done with them out. */
import type { Renderer } from "../render/render.ts"
import { keysOf, type Grammar, type OriginalKey, type RenditionKey } from "../sizes/key.ts"
import type { RenderSettings } from "../sizes/recipe.ts"
import type { Originals, Renditions } from "../store/store.ts"
import { createGate } from "./admission.ts"
import { type Answerer, createAnswerer } from "./answer.ts"
import { createInStep, type InStep } from "./in-step.ts"
import { createPurge, type Purge } from "./purge.ts"
import { createWarm, type Warm } from "./warm.ts"

/** Bounds on work, each with its unit in its name. */
export interface WorkLimits {
  /** Of an original. */
  readonly bytes: number
  /** Longest wait of a request. */
  readonly deadlineMs: number
  /** At one time. */
  readonly renders: number
  /** Waiting for a turn; one more is refused. */
  readonly queue: number
  /** Estimated peak of all renders at one time. */
  readonly memoryBytes: number
}

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
  readonly standingOfKey: InStep["standingOfKey"]
}

export const createCore = ({ originals, renditions, renderer, grammar, settings, limits, clock }: CoreParts): Core => {
  const inStep = createInStep({ originals, renditions, grammar, settings })
  const answerer = createAnswerer({
    originals,
    renditions,
    renderer,
    inStep,
    clock,
    maxBytes: limits.bytes,
    deadlineMs: limits.deadlineMs,
    turns: createGate({ capacity: limits.renders, maxWaiting: limits.queue }),
    memory: createGate({ capacity: limits.memoryBytes, maxWaiting: Infinity }),
  })
  return {
    ...answerer,
    ...createPurge(renditions, grammar, inStep),
    ...createWarm({ originals, renditions, grammar, inStep, answer: answerer.answer }),
    grammar,
    keysOf: (original) => keysOf(original, grammar),
    standingOfKey: inStep.standingOfKey,
  }
}
