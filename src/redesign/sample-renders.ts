/** Responsible for the cost of renditions: a few originals are rendered in memory, and nothing is stored. */
import { orAbort } from "../abort.ts"
import { describeError } from "../errors.ts"
import type { Renderer, RenderSession } from "../render/renderer.ts"
import type { Format } from "../sizes/format.ts"
import { formatsOf, type Grammar, type OriginalKey } from "../sizes/key.ts"
import type { Size } from "../sizes/list.ts"
import { imageRecipe, type RenderSettings } from "../sizes/recipe.ts"
import type { Originals } from "../store/store.ts"

/** The average cost of a rendition of one size. */
export interface RenderCost {
  /** Time of a render, in milliseconds. */
  readonly ms: number
  readonly byteLength: number
  /** Renditions that were measured. */
  readonly measured: number
}

/** Parts of the renders. */
export interface SampleParts {
  readonly originals: Originals
  readonly renderer: Renderer
  /** Largest original, in bytes. */
  readonly maxBytes: number
  readonly grammar: Pick<Grammar, "formats">
  readonly settings: RenderSettings
}

/** Options of {@link sampleRenders}. */
export interface SampleOptions {
  /** Formats to render; undefined is that of the original. @default the base URL and each explicit format */
  readonly formats?: readonly (Format | undefined)[] | undefined
  readonly onProblem?: ((sentence: string) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

interface Sum {
  ms: number
  byteLength: number
  measured: number
}

const addRender = async (
  session: RenderSession,
  sum: Sum,
  size: Size,
  format: Format | undefined,
  settings: RenderSettings,
) => {
  const startMs = performance.now()
  const { bytes } = await session.render(imageRecipe(size, format, settings))
  sum.ms += performance.now() - startMs
  sum.byteLength += bytes.length
  sum.measured += 1
}

/**
 * Renders originals in some sizes.
 * @param keys few originals
 * @returns the average cost by the name of the size
 */
export const sampleRenders = async (
  parts: SampleParts,
  keys: readonly OriginalKey[],
  sizes: readonly Size[],
  options: SampleOptions = {},
): Promise<ReadonlyMap<string, RenderCost>> => {
  const { originals, renderer, maxBytes, grammar, settings } = parts
  const { signal, onProblem } = options
  const sums = new Map(sizes.map(({ name }): [string, Sum] => [name, { ms: 0, byteLength: 0, measured: 0 }]))
  for (const key of keys) {
    try {
      const object = await originals.get(key, { maxBytes, signal })
      if (!object) continue
      const session = await orAbort(renderer.open(object.bytes, { signal }), signal)
      try {
        for (const size of sizes) {
          const sum = sums.get(size.name)
          const formats = options.formats ?? [undefined, ...formatsOf(size, grammar)]
          if (sum) for (const format of formats) await addRender(session, sum, size, format, settings)
        }
      } finally {
        session.close()
      }
    } catch (error) {
      signal?.throwIfAborted()
      onProblem?.(`${key}: ${describeError(error)}`)
    }
  }
  const average = ({ ms, byteLength, measured }: Sum): RenderCost => ({
    ms: measured && ms / measured,
    byteLength: measured && byteLength / measured,
    measured,
  })
  return new Map(Array.from(sums, ([name, sum]) => [name, average(sum)]))
}
