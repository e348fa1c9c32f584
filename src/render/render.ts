/** Responsible for the renderer that works in this process (`isolation: "none"`). Nothing outside `render/` knows sharp. */
import { canShare } from "./can-share.ts"
import { estimateDecode, estimatePeak } from "./estimate.ts"
import { lazyEngine } from "./lazy-engine.ts"
import type { Renderer, RendererLimits } from "./renderer.ts"
import { createSessions } from "./session.ts"
import type { GetAsset } from "./steps/step.ts"

/**
 * @param getAsset files of overlays by their SHA-256. @default none
 * @returns a renderer that decodes and encodes in this process. It cannot stop a render, so an original can exceed its estimate.
 * @example
 * const session = await createRenderer(limits).open(bytes)
 * const { bytes: thumbnail } = await session.render(recipe)
 * session.close()
 */
export const createRenderer = (limits: RendererLimits, getAsset?: GetAsset): Renderer =>
  createSessions({
    engine: lazyEngine(async () => (await import("./in-process.ts")).createInProcessEngine(limits, getAsset)),
    estimator: { estimatePeak, estimateDecode, canShare },
    memoryBytes: limits.memoryBytes,
  })
