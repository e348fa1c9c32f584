/**
 * Whether a stored rendition is that of the present original by the present recipe. Everything that may answer or keep a stored
 * rendition asks here.
 */
import { formatOfType } from "../sizes/format.ts"
import { type Grammar, parseKey, type Reading, type RenditionKey } from "../sizes/key.ts"
import { INFO } from "../sizes/list.ts"
import { imageRecipe, infoRecipe, type Recipe, recipeId, type RenderSettings } from "../sizes/recipe.ts"
import type { Originals, OriginalStat, RenditionMeta, Renditions } from "../store/store.ts"

/** `unproven`: nothing speaks against it, but the original was too young when it was read for its version to prove it. */
export type FreshnessState = "fresh" | "unverified" | "stale"

/** Who may say that a rendition is current. */
export interface Freshness {
  readonly recipeOf: (reading: Reading) => Recipe
  /** The id of a reading's recipe, given the content type that came out. */
  readonly recipeIdOf: (reading: Reading, contentType: string) => string
  readonly freshnessOf: (meta: RenditionMeta, reading: Reading, original: OriginalStat) => FreshnessState
  /** Of what is stored under a key; undefined where nothing is. */
  readonly freshnessOfKey: (key: RenditionKey | string) => Promise<FreshnessState | undefined>
}

interface Parts {
  readonly originals: Originals
  readonly renditions: Renditions
  readonly grammar: Grammar
  readonly settings: RenderSettings
}

export const createFreshness = ({ originals, renditions, grammar, settings }: Parts): Freshness => {
  const recipeOf = ({ size, format }: Reading): Recipe =>
    size === INFO ? infoRecipe(settings) : imageRecipe(size, format, settings)

  const ids = new Map<string, string>()
  const recipeIdOf = (reading: Reading, contentType: string): string => {
    const name = `${reading.size === INFO ? INFO : reading.size.name}.${reading.format ?? ""} ${contentType}`
    let id = ids.get(name)
    if (id === undefined) {
      id = recipeId(recipeOf(reading), formatOfType(contentType), undefined)
      // A foreign content type would otherwise be a way to grow the map.
      if (ids.size < 10_000) ids.set(name, id)
    }
    return id
  }

  const freshnessOf = (meta: RenditionMeta, reading: Reading, { version }: OriginalStat): FreshnessState => {
    if (meta.isForeign) return "fresh"
    if (
      meta.original !== reading.original ||
      meta.version !== version ||
      meta.recipeId !== recipeIdOf(reading, meta.contentType)
    )
      return "stale"
    return meta.digest === undefined ? "fresh" : "unverified"
  }

  const freshnessOfKey = async (key: string): Promise<FreshnessState | undefined> => {
    const parsed = parseKey(key.split("/"), grammar)
    const meta = "refused" in parsed ? undefined : await renditions.head(key)
    if ("refused" in parsed || !meta) return undefined
    for (const reading of parsed.readings) {
      const original = await originals.head(reading.original, { fresh: true })
      if (original) return freshnessOf(meta, reading, original)
    }
    return "stale"
  }

  return { recipeOf, recipeIdOf, freshnessOf, freshnessOfKey }
}
