/**
 * Responsible for the reasons with which a key is rejected, in words for the client. They are apart from parsing, since the edge function
 * of a CDN has a parser of its own and must say the same.
 */
import { refuse, type Refusal, utf8Length } from "./decode-path.ts"
import { nearestSize, type SizeList } from "./list.ts"

/** The settings that are named in the reasons. */
interface Named {
  readonly sizes: SizeList
  readonly retired: { readonly sizes: readonly string[] }
  readonly basePath?: string
}

/** The URL has fewer than two segments. */
export const refuseMissingSize = ({ basePath = "", sizes }: Named): Refusal =>
  refuse(
    "bad-url",
    "The URL has no size.",
    `Expected ${basePath}/<directory>/<size>/<file>, for instance ${basePath}/${sizes[0].name}/photo.jpg.`,
  )

/** The second-to-last segment is not a listed size. */
export const refuseSize = (requested: string, { sizes, retired }: Named): Refusal => {
  const shown = JSON.stringify(utf8Length(requested) > 64 ? `${/^[ -~]{0,64}/.exec(requested)?.[0]}…` : requested)
  const nearest = nearestSize(requested, sizes)
  const all = `Allowed: ${sizes.map((size) => size.name).join(", ")}.`
  const detail = retired.sizes.includes(requested) ? `${shown} is retired.` : `${shown} is not on the list of sizes.`
  return refuse("size-not-allowed", detail, nearest ? `The nearest is ${nearest.name}. ${all}` : all)
}

/** The URL of info does not end in the name of an original and `.json`. @param suggestion the path that would be right */
export const refuseInfo = (suggestion: string): Refusal =>
  refuse("bad-url", "The URL of info ends in .json.", `Try ${suggestion}.`)

/** No reading of the key fits the store. */
export const TOO_LONG: Refusal = refuse("bad-url", "The URL is too long to be stored.")

/** In a shared store: the original would be a rendition itself. */
export const NO_ORIGINAL: Refusal = refuse(
  "original-not-found",
  "A rendition cannot be an original.",
  "Request a size of the photo that it was made from.",
)
