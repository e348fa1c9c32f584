/**
 * Responsible for recipes with equal results: the base URL of a photo is a rendition in its own format, and so is the URL with that format's
 * extension. While an original is in use for several renditions, equal ones are rendered once.
 *
 * Invariants:
 * - Equal names mean equal bytes. Graphics are left out, since their base URL may choose the lightest of several formats.
 */
import { isAbort } from "../errors.ts"
import { outputFormat } from "../sizes/format.ts"
import type { Recipe } from "../sizes/recipe.ts"
import type { Inspected } from "./inspected.ts"
import { isPlainPhoto } from "./plain-photo.ts"
import type { Rendered } from "./renderer.ts"

/** The name of a rendition of one original. Undefined where no other recipe has the same result. */
const renditionName = (original: Inspected, recipe: Recipe): string | undefined => {
  if (recipe.kind === "info" || recipe.options !== undefined) return undefined
  if (original.container !== "jpeg" || !isPlainPhoto(original)) return undefined
  return JSON.stringify({ ...recipe, format: outputFormat(recipe.format, original).format })
}

/** Renders equal renditions once. */
export type RenderOnce = (recipe: Recipe, render: () => Promise<Rendered>) => Promise<Rendered>

/** @returns remembers the renditions of one original, as long as its session */
export const createRenderOnce = (original: Inspected): RenderOnce => {
  const known = new Map<string, Promise<Rendered>>()
  const renderOnce: RenderOnce = async (recipe, render) => {
    const name = renditionName(original, recipe)
    const before = name === undefined ? undefined : known.get(name)
    if (name === undefined) return render()
    if (!before) {
      const rendering = render()
      known.set(name, rendering)
      rendering.catch(() => known.delete(name))
      return rendering
    }
    try {
      return await before
    } catch (error) {
      // The caller that began has left.
      if (isAbort(error)) return renderOnce(recipe, render)
      throw error
    }
  }
  return renderOnce
}
