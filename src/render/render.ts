/**
 * The only face of this folder: an original's bytes and a recipe in, encoded bytes out. Nothing outside knows sharp.
 * What goes wrong with an original's bytes is the original's fault (4xx) until shown otherwise.
 */
import { codeOf, corruptOriginal, renderFailed } from "../errors.ts"
import { CONTENT_TYPES, type Format } from "../sizes/format.ts"
import type { Recipe } from "../sizes/recipe.ts"
import { canShare, decodeWhole } from "./decode.ts"
import { describeOriginal } from "./describe.ts"
import { inspect, type Inspected, type InspectLimits } from "./inspect.ts"
import { estimateDecode, estimatePeak } from "./memory.ts"
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
  /**
   * Expected peak of memory of a render, in bytes.
   * @param isDecoded the pixels are there already
   */
  readonly estimatePeak: (original: Inspected, recipe: Recipe, isDecoded?: boolean) => number
  /** Expected peak of memory of {@link Renderer.decode}, in bytes. */
  readonly estimateDecode: (original: Inspected) => number
  /** Whether renditions made of the pixels that `decode` gives are, byte for byte, those made of the original. */
  readonly canShare: (original: Inspected, recipe: Recipe) => boolean
  /** The pixels of a still original, for `render`. @throws {corrupt-original} @throws {render-failed} */
  readonly decode: (bytes: Uint8Array, original: Inspected) => Promise<Uint8Array>
  /** @throws {corrupt-original} @throws {original-too-large} @throws {render-failed} */
  readonly render: (bytes: Uint8Array, original: Inspected, recipe: Recipe, decoded?: Uint8Array) => Promise<Rendered>
}

const renderOnce: Renderer["render"] = async (bytes, original, recipe, decoded) => {
  if (recipe.kind === "info") {
    const info = await describeOriginal(decoded ?? bytes, original, recipe)
    return { bytes: new TextEncoder().encode(JSON.stringify(info)), contentType: "application/json", format: undefined }
  }
  const { bytes: encoded, format, dimensions } = await renderImage(decoded ?? bytes, original, recipe)
  return { bytes: encoded, contentType: CONTENT_TYPES[format], format, ...dimensions }
}

/**
 * Where libvips ran out of something of ours, rather than choking on the file. A GIF with a frame beyond 65535 pixels is said to be out
 * of memory too.
 */
const isOurs = (error: unknown): boolean =>
  error instanceof Error &&
  /out of memory|unable to (?:allocate|malloc)|no space left/i.test(error.message) &&
  !error.message.includes("bad image dimensions")

/** What goes wrong with the pixels, as an error for whoever asked. */
const mapRenderErrors = async <T>(work: () => Promise<T>): Promise<T> => {
  try {
    return await work()
  } catch (error) {
    if (codeOf(error)) throw error
    throw isOurs(error) ? renderFailed(error) : corruptOriginal(error)
  }
}

export const createRenderer = (limits: InspectLimits): Renderer => ({
  prepare: prepareSharp,
  inspect: (bytes) => inspect(bytes, limits),
  estimatePeak,
  estimateDecode,
  canShare,
  decode: (bytes, original) => mapRenderErrors(() => decodeWhole(bytes, original)),
  render: (bytes, original, recipe, decoded) => mapRenderErrors(() => renderOnce(bytes, original, recipe, decoded)),
})
