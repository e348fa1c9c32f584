/**
 * Responsible for remembering originals whose render ended the function: a marker in the store of renditions, at `<dir>/info/<file>.render`.
 * Lambda ends a function that exceeds its memory or its time, and the next request for the original would end the next one.
 *
 * Invariants:
 * - A marker is for one version of the original and one amount of memory. Another version, or more memory, is tried again.
 * - A marker is written only for a render that takes much memory or long; ordinary renders cost no request.
 * - A marker that says that a render has begun is not replaced by a later one: steady requests would put off its time for ever.
 * - A store that fails costs no response: without a marker the original is rendered.
 *
 * See docs/decisions/033-markers-of-renders.md.
 */
import { splitKey } from "../sizes/key.ts"
import { INFO } from "../sizes/list.ts"
import type { RenditionMeta, Renditions } from "../store/store.ts"
import { logLine } from "./log.ts"

/** An original in one version. */
export interface MarkedOriginal {
  readonly key: string
  readonly version: string
}

/** The markers in a store of renditions. */
export interface RenderMarkers {
  /** True if an earlier render of this version ended its function. Never throws. */
  readonly hasEnded: (original: MarkedOriginal, marker: RenditionMeta | undefined) => boolean
  /** The marker of an original in any version. Never throws. */
  readonly find: (key: string) => Promise<RenditionMeta | undefined>
  /** Writes that a render has begun, in a call that ends at a time. Never throws. */
  readonly begin: (original: MarkedOriginal, marker: RenditionMeta | undefined, endsMs: number) => Promise<void>
  /** Writes that it has ended. Never throws. */
  readonly end: (original: MarkedOriginal) => Promise<void>
}

/** The key of an original's marker. Its folder is one that the policy of the renderer allows, and no URL leads to it. */
export const markerKeyOf = (original: string): string => {
  const { directory, file } = splitKey(original)
  return `${directory}${INFO}/${file}.render`
}

/** States of a render, in the place of a recipe. */
const [BEGUN, ENDED] = ["render-begun", "render-ended"]

const report = (action: string, error: unknown): undefined => {
  logLine("warn", `could not ${action} the marker of a render`, { err: String(error) })
}

/** @param memoryBytes of the function; another amount makes other markers */
export const createRenderMarkers = (
  getRenditions: () => Renditions,
  memoryBytes: number,
  clock: () => number,
): RenderMarkers => {
  const versionOf = ({ version }: MarkedOriginal): string => `${version} ${memoryBytes}`
  const write = async (original: MarkedOriginal, state: string, modifiedMs: number): Promise<void> => {
    const bytes = Buffer.from(`${state} ${new Date(modifiedMs).toISOString()}\n`)
    const meta: RenditionMeta = {
      original: original.key,
      version: versionOf(original),
      kind: undefined,
      recipeId: state,
      etag: `"${state}"`,
      contentType: "text/plain",
      modifiedMs,
    }
    const options = { cacheControl: "no-store" }
    await getRenditions()
      .put(markerKeyOf(original.key), bytes, meta, options)
      .catch((error) => report("write", error))
  }
  const hasBegun = (original: MarkedOriginal, marker: RenditionMeta | undefined): boolean =>
    marker?.version === versionOf(original) && marker.recipeId === BEGUN
  return {
    find: (key) =>
      getRenditions()
        .head(markerKeyOf(key))
        .catch((error: unknown) => report("read", error)),
    hasEnded: (original, marker) => hasBegun(original, marker) && (marker?.modifiedMs ?? 0) < clock(),
    begin: async (original, marker, endsMs) => {
      if (!hasBegun(original, marker)) await write(original, BEGUN, endsMs)
    },
    end: (original) => write(original, ENDED, clock()),
  }
}
