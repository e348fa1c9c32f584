/**
 * A renderer that takes no time and whose output names its original and recipe: the real sessions over a fake engine. For tests of when
 * renditions are made, never of how they look.
 */
import { corruptOriginal } from "../../src/errors.ts"
import type { Engine } from "../../src/render/engine.ts"
import type { Inspected } from "../../src/render/inspected.ts"
import type { Renderer } from "../../src/render/renderer.ts"
import { createSessions } from "../../src/render/session.ts"
import { CONTENT_TYPES } from "../../src/sizes/format.ts"
import type { ImageRecipe, Recipe } from "../../src/sizes/recipe.ts"
import { formatSize } from "../../src/sizes/size.ts"

/** An original that begins like this does not decode. */
export const CORRUPT = "corrupt"

const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString()

/** Content of the rendition of an original with this content. */
export const renderedText = (content: string, recipe: Recipe): string =>
  recipe.kind === "info"
    ? `{"content":${JSON.stringify(content)}}`
    : `${content} @ ${formatSize(recipe.box)}.${recipe.format ?? ""}`

export interface FakeRenderer extends Renderer {
  /** Number of calls by name since it was created. */
  readonly calls: { inspect: number; decode: number; render: number }
}

export interface FakeRendererOptions {
  /** Awaited within each call, by its name: inspect, decode, render. */
  readonly step?: ((name: string) => Promise<void>) | undefined
  /** Estimated memory of every decode and render. */
  readonly peakBytes?: number
  /** Estimated memory of one render. @default peakBytes */
  readonly peakOf?: ((recipe: ImageRecipe) => number) | undefined
  /** Renders that may give up their slot while they wait for memory. @default 0 */
  readonly maxSlotless?: number
  /** Memory of all concurrent renders. @default Infinity */
  readonly memoryBytes?: number | undefined
  /** Whether a recipe can be rendered from shared pixels. @default all */
  readonly canShare?: (recipe: Recipe) => boolean
}

const HEADER: Omit<Inspected, "byteLength"> = {
  container: "jpeg",
  format: "jpeg",
  dimensions: { width: 4000, height: 3000 },
  frames: 1,
  animated: false,
  isAnimation: false,
  hasAlpha: false,
  isGrey: false,
  isTurned: false,
  needsSrgbFirst: false,
  isConverted: false,
  isPrepared: false,
  isLossless: false,
  hasFullChroma: false,
  isProgressive: false,
  channels: 3,
  bytesPerSample: 1,
  samplesPerPixel: 1.5,
  decodedPixels: 12_000_000,
}

const createFakeEngine = (calls: FakeRenderer["calls"], step: FakeRendererOptions["step"]): Engine => ({
  prepare: () => {},
  ready: async () => {},
  state: () => ({ processes: 0, slow: 0 }),
  drain: () => {},
  close: async () => {},
  open: async (bytes) => {
    calls.inspect += 1
    await step?.("inspect")
    const content = textOf(bytes)
    const throwIfCorrupt = (): void => {
      if (content.startsWith(CORRUPT)) throw corruptOriginal(new Error("premature end"))
    }
    return {
      inspected: { ...HEADER, byteLength: bytes.length },
      digest: async () => Buffer.from(`digest of ${content}`).toString("hex"),
      decode: async () => {
        calls.decode += 1
        await step?.("decode")
        throwIfCorrupt()
      },
      dropPixels: () => {},
      render: async (recipe) => {
        calls.render += 1
        await step?.("render")
        throwIfCorrupt()
        const format = recipe.kind === "info" ? undefined : (recipe.format ?? "jpeg")
        return {
          bytes: new TextEncoder().encode(renderedText(content, recipe)),
          contentType: format ? CONTENT_TYPES[format] : "application/json",
          format,
        }
      },
      close: () => {},
    }
  },
})

export const createFakeRenderer = ({
  step,
  peakBytes = 1,
  peakOf = () => peakBytes,
  memoryBytes,
  maxSlotless = 0,
  canShare = () => true,
}: FakeRendererOptions = {}): FakeRenderer => {
  const calls = { inspect: 0, decode: 0, render: 0 }
  const renderer = createSessions({
    engine: createFakeEngine(calls, step),
    estimator: {
      estimatePeak: (_, recipe) => (recipe.kind === "info" ? peakBytes : peakOf(recipe)),
      estimateDecode: () => peakBytes,
      canShare: (_, recipe) => canShare(recipe),
    },
    memoryBytes,
    maxSlotless,
  })
  return { ...renderer, calls }
}
