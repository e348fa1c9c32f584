/** Responsible for the question whether a recipe has steps between the resizer and the encoder. It loads no image library. */
import type { ImageRecipe } from "../../sizes/recipe.ts"
import { STRATEGIES } from "../../sizes/size-option-types.ts"

/** Options without a separate step here. */
const OTHER_OPTIONS: ReadonlySet<string> = new Set(["trim", "fit", "format", "maxBytes", "minQuality"])

/** True for a crop that depends on the picture. */
export const isByContent = ({ gravity }: ImageRecipe): boolean => STRATEGIES.some((strategy) => strategy === gravity)

/** True for a recipe whose resized pixels have to be changed before they are encoded. */
export const needsFinish = (recipe: ImageRecipe): boolean => {
  const { options = {} } = recipe
  if (isByContent(recipe) || options.fit === "contain") return true
  return Object.keys(options).some((name) => !OTHER_OPTIONS.has(name))
}
