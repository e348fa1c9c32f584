/**
 * A renderer that takes no time and whose output says what it was made from. For tests of when things are made, never of what they
 * look like.
 */
import { corruptOriginal } from "../../src/errors.ts"
import type { Rendered, Renderer } from "../../src/render/render.ts"
import { CONTENT_TYPES } from "../../src/sizes/format.ts"
import type { Recipe } from "../../src/sizes/recipe.ts"
import { formatSize } from "../../src/sizes/size.ts"

/** An original that begins like this does not decode. */
export const CORRUPT = "corrupt"

const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString()

/** What the rendition of an original's content says. */
export const renderedText = (content: string, recipe: Recipe): string =>
  recipe.kind === "info"
    ? `{"content":${JSON.stringify(content)}}`
    : `${content} @ ${formatSize(recipe.box)}.${recipe.format ?? ""}`

export interface FakeRenderer extends Renderer {
  /** How often it was asked for what since it was made. */
  readonly calls: { inspect: number; decode: number; render: number }
}

export interface FakeRendererOptions {
  /** Awaited within each call, by its name. */
  readonly step?: (name: string) => Promise<void>
  /** What every render is estimated to take. */
  readonly peakBytes?: number
  /** Whether several renditions may be made of one decode, these among them. @default all */
  readonly canShare?: (recipe: Recipe) => boolean
}

export const createFakeRenderer = ({
  step,
  peakBytes = 1,
  canShare = () => true,
}: FakeRendererOptions = {}): FakeRenderer => {
  const calls = { inspect: 0, decode: 0, render: 0 }
  return {
    calls,
    prepare: () => {},
    inspect: async (bytes) => {
      calls.inspect += 1
      await step?.("inspect")
      return {
        container: "jpeg",
        format: "jpeg",
        dimensions: { width: 4000, height: 3000 },
        frames: 1,
        animated: false,
        hasAlpha: false,
        isPalette: false,
        isGrey: false,
        isTurned: false,
        colours: 256,
        needsSrgbFirst: false,
        isProgressive: false,
        decodedPixels: 12_000_000,
        byteLength: bytes.length,
      }
    },
    estimatePeak: () => peakBytes,
    estimateDecode: () => peakBytes,
    canShare: (_, recipe) => canShare(recipe),
    decode: async (bytes) => {
      calls.decode += 1
      await step?.("decode")
      if (textOf(bytes).startsWith(CORRUPT)) throw corruptOriginal(new Error("premature end"))
      return Buffer.from(`pixels of ${textOf(bytes)}`)
    },
    render: async (bytes, _, recipe, decoded): Promise<Rendered> => {
      calls.render += 1
      await step?.("render")
      const content = decoded ? textOf(decoded).slice("pixels of ".length) : textOf(bytes)
      if (content.startsWith(CORRUPT)) throw corruptOriginal(new Error("premature end"))
      const format = recipe.kind === "info" ? undefined : (recipe.format ?? "jpeg")
      return {
        bytes: new TextEncoder().encode(renderedText(content, recipe)),
        contentType: format ? CONTENT_TYPES[format] : "application/json",
        format,
      }
    },
  }
}
