/** Responsible for the routes of drafts, of the lossless reference, and of draft lists. */
import { CONTENT_TYPES, formatOfType } from "../sizes/format.ts"
import { imageRecipe, type ImageRecipe } from "../sizes/recipe.ts"
import { createDraftListRoute } from "./draft-list.ts"
import { type DraftOrder, readDraft, withQuality } from "./draft-request.ts"
import { createDrafts, type Drafts } from "./drafts.ts"
import { refuse, reply, type StudioReply } from "./reply.ts"
import type { Route, RouteParts } from "./route.ts"

type Settings = RouteParts["tailor"]["config"]["settings"]

const recipeOf = (
  { size, format, quality, focalPoint }: DraftOrder,
  settings: Settings,
  own: DraftOrder["focalPoint"],
) => imageRecipe(withQuality(size, quality), format, settings, focalPoint ?? own)

/** The same pixels without loss: a PNG has no quality, and is never lightened. */
const toReference = ({ options = {}, ...recipe }: ImageRecipe): ImageRecipe => {
  const { maxBytes: _, minQuality: __, format: ___, ...others } = options
  return { ...recipe, format: "png", ...(Object.keys(others).length > 0 && { options: others }) }
}

const render = async (
  drafts: Drafts,
  order: DraftOrder,
  signal: AbortSignal,
  toRecipe: (own: DraftOrder["focalPoint"]) => ImageRecipe,
): Promise<StudioReply> =>
  drafts.withOriginal(order.key, signal, async ({ stat, render: renderRecipe }) => {
    const recipe = toRecipe(stat.focalPoint)
    const { bytes, contentType, width = 0, height = 0, renderMs } = await renderRecipe(recipe)
    const format = formatOfType(contentType)
    const quality =
      format === undefined || format === "png" || format === "gif" ? undefined : recipe.settings.quality[format]
    return reply(200, format === undefined ? contentType : CONTENT_TYPES[format], bytes, {
      "imgtailor-width": String(width),
      "imgtailor-height": String(height),
      "imgtailor-render-ms": renderMs.toFixed(1),
      ...(format !== undefined && { "imgtailor-format": format }),
      ...(quality !== undefined && { "imgtailor-quality": String(quality) }),
    })
  })

/** Creates the routes that render drafts, which share one queue. */
export const createDraftRoutes = (parts: RouteParts): Readonly<Record<"draft" | "reference" | "draftList", Route>> => {
  const { tailor } = parts
  const { core, config } = tailor
  const drafts = createDrafts(tailor)
  const route =
    (change: (recipe: ImageRecipe) => ImageRecipe): Route =>
    async (request) => {
      const order = readDraft(await request.json(), core.grammar.sizes)
      if ("problem" in order) return refuse(400, "bad-request", order.problem)
      if (drafts.isFull()) return refuse(429, "draft-queue-full", "Too many drafts wait.", "Abort older requests.")
      return render(drafts, order, request.signal, (own) => change(recipeOf(order, config.settings, own)))
    }
  return {
    draft: route((recipe) => recipe),
    reference: route(toReference),
    draftList: createDraftListRoute(parts, drafts),
  }
}
