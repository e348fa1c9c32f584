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
import { formatOfType } from "../sizes/format.ts"
import type { Grammar, Reading, RenditionKey } from "../sizes/key.ts"
import { INFO } from "../sizes/list.ts"
import { imageRecipe, infoRecipe, type Recipe, recipeId, type RenderSettings } from "../sizes/recipe.ts"
import type { HeadOptions, Originals, OriginalStat, RenditionMeta, Renditions } from "../store/store.ts"
import { parseStoredKey } from "./stored-key.ts"

/**
 * `unverified`: the original is probably the same, but only a comparison of digests can prove it. Its version is equal, but it was too
 * young for that to be a proof when it was read; or its version differs, but its weak version is equal.
 */
export type FreshnessState = "fresh" | "unverified" | "stale"

/** Compares stored renditions with their originals and recipes. */
export interface Freshness {
  /** The recipe of a reading, for an original with this focal point. */
  readonly recipeOf: (reading: Reading, original: Pick<OriginalStat, "focalPoint">) => Recipe
  /** The id of a reading's recipe, given the content type of the rendition and the kind of its original. */
  readonly recipeIdOf: (
    reading: Reading,
    original: Pick<OriginalStat, "focalPoint">,
    rendition: Pick<RenditionMeta, "contentType" | "kind">,
  ) => string
  /**
   * Whether a rendition was made from the original of a reading, in any version, by the present recipe.
   * @param original undefined if it cannot be looked at: then its focal point counts as unchanged
   */
  readonly matches: (meta: RenditionMeta, reading: Reading, original: OriginalStat | undefined) => boolean
  readonly freshnessOf: (meta: RenditionMeta, reading: Reading, original: OriginalStat) => FreshnessState
  /**
   * Whether a stale rendition is of the present version of its original, and only its recipe is an older one. False for crops by focal
   * point: a record does not say whether the recipe or the focal point has changed.
   */
  readonly isOutdated: (meta: RenditionMeta, reading: Reading, original: OriginalStat) => boolean
  /** The same for a stored rendition, given its key. False where its original does not exist, or the list has no such key any more. */
  readonly isOutdatedKey: (key: RenditionKey | string, meta: RenditionMeta) => Promise<boolean>
  /** The remembered digest of a version of an original. */
  readonly digestOf: (original: string, version: string) => string | undefined
  /** Remembers the digest of a version of an original that was stable when it was read. */
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

const isSmart = ({ size }: Reading): boolean => size !== INFO && size.gravity === "smart"

/** Creates the comparison for one list of sizes and its settings. */
export const createFreshness = (parts: FreshnessParts): Freshness => {
  const { originals, renditions, grammar, settings } = parts
  const recipeOf: Freshness["recipeOf"] = ({ size, format }, { focalPoint }) =>
    size === INFO ? infoRecipe(settings, grammar.sizes) : imageRecipe(size, format, settings, focalPoint)

  const ids = new Map<string, string>()
  const recipeIdOf: Freshness["recipeIdOf"] = (reading, original, { contentType, kind }) => {
    const size = reading.size === INFO ? INFO : reading.size.name
    const focalPoint = isSmart(reading) ? (original.focalPoint?.join(" ") ?? "") : ""
    const name = `${size}.${reading.format ?? ""} ${contentType} ${kind ?? ""} ${focalPoint}`
    let id = ids.get(name)
    if (id === undefined) {
      id = recipeId(recipeOf(reading, original), formatOfType(contentType), kind)
      if (ids.size < MAX_IDS) ids.set(name, id)
    }
    return id
  }

  const matches: Freshness["matches"] = (meta, reading, original) => {
    if (meta.original !== reading.original) return false
    if (!original && isSmart(reading)) return true
    return meta.recipeId === recipeIdOf(reading, original ?? {}, meta)
  }

  const digests = createLru<string>(MAX_DIGESTS)
  const nameOf = (original: string, version: string): string => `${original}\n${version}`
  const digestOf: Freshness["digestOf"] = (original, version) =>
    digests.size > 0 ? digests.get(nameOf(original, version)) : undefined

  /** The freshness of a rendition, regardless of its recipe. */
  const versionStateOf = (meta: RenditionMeta, { version, weakVersion }: OriginalStat): FreshnessState => {
    const isSameVersion = meta.version === version
    if (isSameVersion && meta.isStable !== false) return "fresh"
    const digest = digestOf(meta.original, version)
    if (digest !== undefined) return digest === meta.digest ? "fresh" : "stale"
    const isSameWeakVersion = weakVersion !== undefined && weakVersion === meta.weakVersion
    return isSameVersion || isSameWeakVersion ? "unverified" : "stale"
  }

  const freshnessOf: Freshness["freshnessOf"] = (meta, reading, original) => {
    if (meta.isForeign) return "fresh"
    return matches(meta, reading, original) ? versionStateOf(meta, original) : "stale"
  }

  const isOutdated: Freshness["isOutdated"] = (meta, reading, original) =>
    !meta.isForeign &&
    meta.original === reading.original &&
    !isSmart(reading) &&
    !matches(meta, reading, original) &&
    versionStateOf(meta, original) === "fresh"

  const freshnessOfKey: Freshness["freshnessOfKey"] = async (key) => {
    const parsed = parseStoredKey(key, grammar)
    const meta = parsed && (await renditions.head(key))
    if (!meta) return undefined
    const existing = await findExisting(originals, parsed.readings, { fresh: true })
    return existing ? freshnessOf(meta, existing.reading, existing.stat) : "stale"
  }

  const isOutdatedKey: Freshness["isOutdatedKey"] = async (key, meta) => {
    const parsed = parseStoredKey(key, grammar)
    const existing = parsed && (await findExisting(originals, parsed.readings, { fresh: true }))
    return existing !== undefined && isOutdated(meta, existing.reading, existing.stat)
  }

  const remember: Freshness["remember"] = (original, version, digest) =>
    void digests.set(nameOf(original, version), digest)

  return { recipeOf, recipeIdOf, matches, freshnessOf, freshnessOfKey, isOutdated, isOutdatedKey, digestOf, remember }
}
