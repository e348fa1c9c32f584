/** Responsible for the reasons why a stored rendition counts as fresh or not. The state itself comes from tailor/freshness.ts. */
import type { Reading } from "../sizes/key.ts"
import type { OriginalStat, RenditionMeta } from "../store/store.ts"
import type { Freshness } from "../tailor/freshness.ts"
import type { ExplainedFreshness } from "./explanation.ts"

const recipeReason = (stored: string, now: string): string =>
  `The recipe has changed: the rendition was made by ${stored}, the settings now give ${now}. A size, a quality, a focal point or the code of a format was changed.`

const versionReason = (meta: RenditionMeta, stat: OriginalStat, state: ExplainedFreshness["state"]): string => {
  if (meta.version === stat.version && meta.isStable !== false) return "The original has the same version."
  if (meta.version === stat.version)
    return "The original has the same version, but it was too young for that to prove equal bytes when it was read: its bytes are compared."
  if (state === "fresh") return "The original has another version, but its bytes were compared and are the same."
  if (state === "unverified")
    return "The original has another version, but the same modification time and length: its bytes are compared."
  return `The original was replaced: the rendition was made from version ${meta.version}, the original now has ${stat.version}.`
}

/** @param state as `freshnessOf` gives it for these arguments */
export const freshnessReasons = (
  state: "fresh" | "unverified" | "stale",
  meta: RenditionMeta,
  reading: Reading,
  stat: OriginalStat,
  { recipeIdOf }: Pick<Freshness, "recipeIdOf">,
): readonly string[] => {
  if (meta.isForeign) return ["Another program stored this file without a record. It is served until it is purged."]
  if (meta.original !== reading.original)
    return [`It was made from another original that this key can mean: ${JSON.stringify(meta.original)}.`]
  const id = recipeIdOf(reading, stat, meta)
  const recipe = id === meta.recipeId ? "The recipe is the same." : recipeReason(meta.recipeId, id)
  return [recipe, versionReason(meta, stat, state)]
}
