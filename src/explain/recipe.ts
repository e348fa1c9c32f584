/** Responsible for the recipe of a rendition, field by field, and for the rendition that it gives. */
import type { TailorError } from "../errors.ts"
import { checkSide } from "../render/check-side.ts"
import { possibleFormats } from "../render/possible-formats.ts"
import type { Inspected } from "../render/renderer.ts"
import { planPicture } from "../render/steps/plan.ts"
import { CONTENT_TYPES, type Format, outputFormat } from "../sizes/format.ts"
import { type ImageRecipe, type Recipe, recipeId, recipeMembers } from "../sizes/recipe.ts"
import type { RenditionMeta } from "../store/store.ts"
import type { ExplainedField, ExplainedRecipe } from "./explanation.ts"

/** A recipe with the rendition that it gives. */
export interface RecipeFacts {
  readonly explained: ExplainedRecipe
  /** The content type, where it is certain before the render. */
  readonly contentType: string | undefined
  /** Why this size of the original is refused. */
  readonly refusal: TailorError | undefined
}

const fieldsOf = (...parts: Parameters<typeof recipeMembers>): readonly ExplainedField[] =>
  Object.entries(recipeMembers(...parts)).flatMap(([name, value]) =>
    value === undefined ? [] : [{ name, value: String(value) }],
  )

const sideProblem = (recipe: ImageRecipe, format: Format, inspected: Inspected): TailorError | undefined => {
  // `trim` depends on the pixels.
  if (recipe.options?.trim !== undefined) return undefined
  try {
    checkSide(format, planPicture(recipe, inspected.dimensions).output)
    return undefined
  } catch (error) {
    return error as TailorError
  }
}

const outputOf = (recipe: ImageRecipe, inspected: Inspected): Pick<ExplainedRecipe, "width" | "height"> =>
  recipe.options?.trim === undefined ? planPicture(recipe, inspected.dimensions).output : {}

const infoFacts = (recipe: Recipe, kind: Inspected["container"] | undefined): RecipeFacts => ({
  explained: {
    ...(kind !== undefined && { id: recipeId(recipe, undefined, kind) }),
    fields: fieldsOf(recipe, undefined, kind),
    contentType: "application/json",
  },
  contentType: "application/json",
  refusal: undefined,
})

/**
 * @param inspected header of the original; undefined where it could not be read
 * @param stored the stored rendition, if it is fresh: its format is known
 */
export const explainRecipe = (
  recipe: Recipe,
  inspected: Inspected | undefined,
  stored: Pick<RenditionMeta, "contentType"> | undefined,
  output: Format | undefined,
): RecipeFacts => {
  const kind = inspected && (inspected.decoder ?? inspected.container)
  if (recipe.kind === "info") return infoFacts(recipe, kind as Inspected["container"] | undefined)
  if (!inspected)
    return {
      explained: { fields: fieldsOf(recipe, output, kind) },
      contentType: stored?.contentType,
      refusal: undefined,
    }
  const possible = possibleFormats(recipe.format, inspected)
  const format = output ?? outputFormat(recipe.format, inspected).format
  const contentType = stored?.contentType ?? (possible.size === 1 ? CONTENT_TYPES[format] : undefined)
  return {
    explained: {
      id: recipeId(recipe, format, kind),
      fields: fieldsOf(recipe, format, kind),
      ...outputOf(recipe, inspected),
      contentType,
    },
    contentType,
    refusal: stored ? undefined : sideProblem(recipe, format, inspected),
  }
}
