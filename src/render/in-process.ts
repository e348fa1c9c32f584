/**
 * Responsible for rendering in this process: the engine of `isolation: "none"`, of the functions on AWS, and of each child process.
 * A failure that an original's bytes can cause is reported as the original's (4xx) unless it is known to be ours.
 */
import { createHash } from "node:crypto"

import { codeOf, corruptOriginal, renderFailed } from "../errors.ts"
import { CONTENT_TYPES } from "../sizes/format.ts"
import type { Recipe } from "../sizes/recipe.ts"
import { decodeWhole } from "./decode.ts"
import { describeOriginal } from "./describe.ts"
import type { Engine, EngineOriginal } from "./engine.ts"
import { inspect, type Inspected, type InspectLimits } from "./inspect.ts"
import { renderImage } from "./pipeline.ts"
import type { Rendered } from "./renderer.ts"
import { prepareSharp } from "./sharp.ts"

const renderBytes = async (bytes: Uint8Array, original: Inspected, recipe: Recipe): Promise<Rendered> => {
  if (recipe.kind === "info") {
    const info = await describeOriginal(bytes, original, recipe)
    return { bytes: new TextEncoder().encode(JSON.stringify(info)), contentType: "application/json", format: undefined }
  }
  const { bytes: encoded, format, dimensions } = await renderImage(bytes, original, recipe)
  return { bytes: encoded, contentType: CONTENT_TYPES[format], format, ...dimensions }
}

/** True where libvips ran out of a resource. It also reports a GIF frame beyond 65535 pixels as "out of memory". */
const isOurs = (error: unknown): boolean =>
  error instanceof Error &&
  /out of memory|unable to (?:allocate|malloc)|no space left/i.test(error.message) &&
  !error.message.includes("bad image dimensions")

/** Turns failures of libvips into errors with a code. */
const mapRenderErrors = async <T>(work: () => Promise<T>): Promise<T> => {
  try {
    return await work()
  } catch (error) {
    if (codeOf(error)) throw error
    throw isOurs(error) ? renderFailed(error) : corruptOriginal(error)
  }
}

const openOriginal = (bytes: Uint8Array, inspected: Inspected): EngineOriginal => {
  let pixels: Uint8Array | undefined
  return {
    inspected,
    digest: async () => createHash("sha256").update(bytes).digest("hex"),
    decode: async () => {
      pixels = await mapRenderErrors(() => decodeWhole(bytes, inspected))
    },
    dropPixels: () => {
      pixels = undefined
    },
    render: (recipe, { fromPixels }) =>
      mapRenderErrors(() => renderBytes((fromPixels ? pixels : undefined) ?? bytes, inspected, recipe)),
    close: () => {
      pixels = undefined
    },
  }
}

/** @returns an engine that decodes and encodes with sharp, in this process */
export const createInProcessEngine = (limits: InspectLimits): Engine => ({
  prepare: prepareSharp,
  open: async (bytes) => openOriginal(bytes, await inspect(bytes, limits)),
  ready: async () => {},
  state: () => ({ processes: 0, slow: 0 }),
  drain: () => {},
  close: async () => {},
})
