/**
 * Responsible for the question whether a stored rendition is that of the present original by the present recipe. Every part that sends
 * or keeps a stored rendition uses it.
 */
import { formatOfType, type OriginalKind } from "../sizes/format.ts"
import { type Grammar, parseKey, type Reading, type RenditionKey } from "../sizes/key.ts"
import { INFO } from "../sizes/list.ts"
import { imageRecipe, infoRecipe, type Recipe, recipeId, type RenderSettings } from "../sizes/recipe.ts"
import type { HeadOptions, Originals, OriginalStat, RenditionMeta, Renditions } from "../store/store.ts"

/** `unverified`: the versions are equal, but the original was too young when it was read for that to prove equal bytes. */
export type FreshnessState = "fresh" | "unverified" | "stale"

/** Compares stored renditions with their originals and recipes. */
export interface Freshness {
  readonly recipeOf: (reading: Reading) => Recipe
  /** The id of a reading's recipe, given the content type of the rendition and the kind of its original. */
  readonly recipeIdOf: (reading: Reading, contentType: string, kind: OriginalKind | undefined) => string
  readonly freshnessOf: (meta: RenditionMeta, reading: Reading, original: OriginalStat) => FreshnessState
  /** Freshness of the rendition stored under a key. Undefined where nothing is stored. */
  readonly freshnessOfKey: (key: RenditionKey | string) => Promise<FreshnessState | undefined>
}

/** A reading of a key whose original exists. */
export interface Existing {
  readonly reading: Reading
  readonly stat: OriginalStat
}

/** What {@link createFreshness} needs. */
export interface FreshnessParts {
  readonly originals: Originals
  readonly renditions: Renditions
  readonly grammar: Grammar
  readonly settings: RenderSettings
}

/** The content type of a foreign object would otherwise be a way to make the map grow. */
const MAX_IDS = 10_000

/** The first reading whose original exists, which is what a key means now. */
export const findExisting = async (
  originals: Originals,
  readings: readonly Reading[],
  options: HeadOptions,
): Promise<Existing | undefined> => {
  for (const reading of readings) {
    const stat = await originals.head(reading.original, options)
    if (stat) return { reading, stat }
  }
  return undefined
}

/** Creates the comparison for one list of sizes and its settings. */
export const createFreshness = ({ originals, renditions, grammar, settings }: FreshnessParts): Freshness => {
  const recipeOf = ({ size, format }: Reading): Recipe =>
    size === INFO ? infoRecipe(settings) : imageRecipe(size, format, settings)

  const ids = new Map<string, string>()
  const recipeIdOf: Freshness["recipeIdOf"] = (reading, contentType, kind) => {
    const size = reading.size === INFO ? INFO : reading.size.name
    const name = `${size}.${reading.format ?? ""} ${contentType} ${kind ?? ""}`
    let id = ids.get(name)
    if (id === undefined) {
      id = recipeId(recipeOf(reading), formatOfType(contentType), kind)
      if (ids.size < MAX_IDS) ids.set(name, id)
    }
    return id
  }

  const freshnessOf: Freshness["freshnessOf"] = (meta, reading, { version }) => {
    if (meta.isForeign) return "fresh"
    if (
      meta.original !== reading.original ||
      meta.version !== version ||
      meta.recipeId !== recipeIdOf(reading, meta.contentType, meta.kind)
    )
      return "stale"
    return meta.digest === undefined ? "fresh" : "unverified"
  }

  const freshnessOfKey: Freshness["freshnessOfKey"] = async (key) => {
    const parsed = parseKey(key.split("/"), grammar)
    const meta = "refused" in parsed ? undefined : await renditions.head(key)
    if ("refused" in parsed || !meta) return undefined
    const existing = await findExisting(originals, parsed.readings, { fresh: true })
    return existing ? freshnessOf(meta, existing.reading, existing.stat) : "stale"
  }

  return { recipeOf, recipeIdOf, freshnessOf, freshnessOfKey }
}
