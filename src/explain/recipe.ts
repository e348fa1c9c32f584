/** Responsible for the recipe of a rendition, field by field, and for the rendition that it gives. */
import type { TailorError } from "../errors.ts"
import { checkSide } from "../render/check-side.ts"
import { possibleFormats } from "../render/possible-formats.ts"
import type { Inspected } from "../render/renderer.ts"
import { planPicture } from "../render/steps/plan.ts"
import { CONTENT_TYPES, type Format, formatOfType, outputFormat } from "../sizes/format.ts"
import { type ImageRecipe, type Recipe, recipeId, recipeMembers } from "../sizes/recipe.ts"
import type { Dimensions } from "../sizes/size.ts"
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

/** Dimensions of the output. Undefined for a recipe with `trim`, where they depend on the pixels. */
const outputOf = (recipe: ImageRecipe, { dimensions }: Inspected): Dimensions | undefined =>
  recipe.options?.trim === undefined ? planPicture(recipe, dimensions).output : undefined

const sideProblem = (format: Format, output: Dimensions): TailorError | undefined => {
  try {
    checkSide(format, output)
    return undefined
  } catch (error) {
    return error as TailorError
  }
}

const infoFacts = (recipe: Recipe, kind: Inspected["container"] | undefined): RecipeFacts => ({
  explained: {
    ...(kind !== undefined && { id: recipeId(recipe, undefined, kind) }),
    fields: fieldsOf(recipe, undefined, kind),
    contentType: "application/json",
  },
  contentType: "application/json",
  refusal: undefined,
})

type Stored = Pick<RenditionMeta, "contentType"> | undefined

const imageFacts = (recipe: ImageRecipe, inspected: Inspected, stored: Stored): RecipeFacts => {
  const kind = inspected.decoder ?? inspected.container
  const possible = possibleFormats(recipe.format, inspected)
  const format = (stored && formatOfType(stored.contentType)) ?? outputFormat(recipe.format, inspected).format
  const contentType = stored?.contentType ?? (possible.size === 1 ? CONTENT_TYPES[format] : undefined)
  const output = outputOf(recipe, inspected)
  return {
    explained: {
      id: recipeId(recipe, format, kind),
      fields: fieldsOf(recipe, format, kind),
      ...output,
      contentType,
    },
    contentType,
    refusal: stored || !output ? undefined : sideProblem(format, output),
  }
}

/**
 * @param inspected header of the original; undefined where it could not be read
 * @param stored the stored rendition, if it is fresh: its format is known
 */
export const explainRecipe = (recipe: Recipe, inspected: Inspected | undefined, stored: Stored): RecipeFacts => {
  if (recipe.kind === "info") {
    const kind = inspected && (inspected.decoder ?? inspected.container)
    return infoFacts(recipe, kind as Inspected["container"] | undefined)
  }
  if (inspected) return imageFacts(recipe, inspected, stored)
  const fields = fieldsOf(recipe, stored && formatOfType(stored.contentType), undefined)
  return { explained: { fields }, contentType: stored?.contentType, refusal: undefined }
}
