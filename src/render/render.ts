/** Responsible for the renderer that works in this process (`isolation: "none"`). Nothing outside `render/` knows sharp. */
import type { Recipe } from "../sizes/recipe.ts"
import { canShare, decodeWhole } from "./decode.ts"
import { estimateDecode, estimatePeak } from "./estimate.ts"
import { createInProcessEngine, mapRenderErrors, renderBytes } from "./in-process.ts"
import { inspect, type Inspected } from "./inspect.ts"
import type { Rendered, Renderer as SessionRenderer, RendererLimits } from "./renderer.ts"
import { createSessions } from "./session.ts"

export type { Rendered } from "./renderer.ts"

// TRANSITION: the methods before sessions, until tailor/ and the tests no longer call them.
export interface Renderer extends SessionRenderer {
  readonly inspect: (bytes: Uint8Array) => Promise<Inspected>
  readonly estimatePeak: (original: Inspected, recipe: Recipe, isDecoded?: boolean) => number
  readonly estimateDecode: (original: Inspected) => number
  readonly canShare: (original: Inspected, recipe: Recipe) => boolean
  readonly decode: (bytes: Uint8Array, original: Inspected) => Promise<Uint8Array>
  readonly render: (bytes: Uint8Array, original: Inspected, recipe: Recipe, decoded?: Uint8Array) => Promise<Rendered>
}

/**
 * @returns a renderer that decodes and encodes in this process. It cannot stop a render, so an original can exceed its estimate.
 * @example
 * const session = await createRenderer(limits).open(bytes)
 * const { bytes: thumbnail } = await session.render(recipe)
 * session.close()
 */
export const createRenderer = (limits: RendererLimits): Renderer => ({
  ...createSessions({
    engine: createInProcessEngine(limits),
    estimator: { estimatePeak, estimateDecode, canShare },
    memoryBytes: limits.memoryBytes,
  }),
  inspect: (bytes) => inspect(bytes, limits),
  estimatePeak,
  estimateDecode,
  canShare,
  decode: (bytes, original) => mapRenderErrors(() => decodeWhole(bytes, original)),
  render: (bytes, original, recipe, decoded) => mapRenderErrors(() => renderBytes(decoded ?? bytes, original, recipe)),
})
