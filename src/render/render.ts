/**
 * The only face of this folder: an original's bytes and a recipe in, encoded bytes out. Nothing outside knows sharp.
 * What goes wrong with an original's bytes is the original's fault (4xx) until shown otherwise.
 */
import { codeOf, corruptOriginal, renderFailed } from "../errors.ts"
import { CONTENT_TYPES, type Format } from "../sizes/format.ts"
import type { Recipe } from "../sizes/recipe.ts"
import { describeOriginal } from "./info.ts"
import { inspect, type Inspected, type InspectLimits } from "./inspect.ts"
import { estimatePeak } from "./memory.ts"
import { renderImage } from "./pipeline.ts"
import { prepareSharp } from "./sharp.ts"

/** Encoded bytes, and what they are. */
export interface Rendered {
  readonly bytes: Uint8Array
  readonly contentType: string
  /** What was encoded; undefined for facts. */
  readonly format: Format | undefined
  /** Pixels, for images. */
  readonly width?: number
  readonly height?: number
}

/** From bytes to bytes; what `tailor/` knows of pixels. */
export interface Renderer {
  /** Sees to it that the image library is loaded soon; never throws. */
  readonly prepare: () => void
  /** @throws {unsupported-original} @throws {original-too-large} @throws {corrupt-original} */
  readonly inspect: (bytes: Uint8Array) => Promise<Inspected>
  /** Expected peak of memory of a render, in bytes. */
  readonly estimatePeak: (original: Inspected, recipe: Recipe) => number
  /** @throws {corrupt-original} @throws {original-too-large} @throws {render-failed} */
  readonly render: (bytes: Uint8Array, original: Inspected, recipe: Recipe) => Promise<Rendered>
}

const renderOnce = async (bytes: Uint8Array, original: Inspected, recipe: Recipe): Promise<Rendered> => {
  if (recipe.kind === "info") {
    const info = await describeOriginal(bytes, original, recipe)
    return { bytes: new TextEncoder().encode(JSON.stringify(info)), contentType: "application/json", format: undefined }
  }
  const { bytes: encoded, format, dimensions } = await renderImage(bytes, original, recipe)
  return { bytes: encoded, contentType: CONTENT_TYPES[format], format, ...dimensions }
}

/** Where libvips ran out of something of ours, rather than choking on the file. */
const isOurs = (error: unknown): boolean =>
  error instanceof Error && /out of memory|unable to (?:allocate|malloc)|no space left/i.test(error.message)

export const createRenderer = (limits: InspectLimits): Renderer => ({
  prepare: prepareSharp,
  inspect: (bytes) => inspect(bytes, limits),
  estimatePeak,
  render: async (bytes, original, recipe) => {
    try {
      return await renderOnce(bytes, original, recipe)
    } catch (error) {
      if (codeOf(error)) throw error
      throw isOurs(error) ? renderFailed(error) : corruptOriginal(error)
    }
  },
})
