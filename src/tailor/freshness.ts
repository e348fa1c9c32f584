/**
 * Responsible for the question whether a stored rendition is that of the present original by the present recipe. Every part that sends
 * or keeps a stored rendition uses it.
 *
 * Invariants:
 * - Equal bytes are the same original. A difference in the metadata of a file alone (ctime, inode, device) costs one comparison of digests
 *   in each process, which remembers its result.
 * - Different bytes are never taken for the same original: an equal modification time and length alone prove nothing.
 */
import { createLru } from "../lru.ts"
import { formatOfType, type OriginalKind } from "../sizes/format.ts"
import { type Grammar, parseKey, type Reading, type RenditionKey } from "../sizes/key.ts"
import { INFO } from "../sizes/list.ts"
import { imageRecipe, infoRecipe, type Recipe, recipeId, type RenderSettings } from "../sizes/recipe.ts"
import type { HeadOptions, Originals, OriginalStat, RenditionMeta, Renditions } from "../store/store.ts"

/**
 * `unverified`: the original is probably the same, but only a comparison of digests can prove it. Its version is equal, but it was too
 * young for that to be a proof when it was read; or its version differs, but its weak version is equal.
 */
export type FreshnessState = "fresh" | "unverified" | "stale"

/** Compares stored renditions with their originals and recipes. */
export interface Freshness {
  readonly recipeOf: (reading: Reading) => Recipe
  /** The id of a reading's recipe, given the content type of the rendition and the kind of its original. */
  readonly recipeIdOf: (reading: Reading, contentType: string, kind: OriginalKind | undefined) => string
  /** Whether a rendition was made from the original of a reading, in any version, by the present recipe. */
  readonly matches: (meta: RenditionMeta, reading: Reading) => boolean
  readonly freshnessOf: (meta: RenditionMeta, reading: Reading, original: OriginalStat) => FreshnessState
  /** Remembers the digest of a version of an original. */
  readonly remember: (original: string, version: string, digest: string) => void
  /** Freshness of the rendition stored under a key. Undefined where nothing is stored. */
  readonly freshnessOfKey: (key: RenditionKey | string) => Promise<FreshnessState | undefined>
}

/** A reading of a key whose original exists. */
export interface Existing {
  readonly reading: Reading
  readonly stat: OriginalStat
}

/** Dependencies of {@link createFreshness}. */
export interface FreshnessParts {
  readonly originals: Originals
  readonly renditions: Renditions
  readonly grammar: Grammar
  readonly settings: RenderSettings
}

/** Each takes about 300 bytes. Forgetting one costs another comparison. */
const MAX_DIGESTS = 50_000

/** The content type of a foreign object would otherwise be a way to make the map grow. */
const MAX_IDS = 10_000

/** The first reading whose original exists, which is the present meaning of a key. */
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

  const matches: Freshness["matches"] = (meta, reading) =>
    meta.original === reading.original && meta.recipeId === recipeIdOf(reading, meta.contentType, meta.kind)

  const digests = createLru<string>(MAX_DIGESTS)
  const nameOf = (original: string, version: string): string => `${original}\n${version}`

  const freshnessOf: Freshness["freshnessOf"] = (meta, reading, { version, weakVersion }) => {
    if (meta.isForeign) return "fresh"
    if (!matches(meta, reading)) return "stale"
    const isSameVersion = meta.version === version
    if (isSameVersion && meta.isStable !== false) return "fresh"
    const digest = digests.size > 0 ? digests.get(nameOf(meta.original, version)) : undefined
    if (digest !== undefined) return digest === meta.digest ? "fresh" : "stale"
    const isSameWeakVersion = weakVersion !== undefined && weakVersion === meta.weakVersion
    return isSameVersion || isSameWeakVersion ? "unverified" : "stale"
  }

  const freshnessOfKey: Freshness["freshnessOfKey"] = async (key) => {
    const parsed = parseKey(key.split("/"), grammar)
    const meta = "refused" in parsed ? undefined : await renditions.head(key)
    if ("refused" in parsed || !meta) return undefined
    const existing = await findExisting(originals, parsed.readings, { fresh: true })
    return existing ? freshnessOf(meta, existing.reading, existing.stat) : "stale"
  }

  const remember: Freshness["remember"] = (original, version, digest) =>
    void digests.set(nameOf(original, version), digest)

  return { recipeOf, recipeIdOf, matches, freshnessOf, freshnessOfKey, remember }
}
