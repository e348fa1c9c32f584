/**
 * Responsible for the reasons with which a key is rejected, in words for the client. They are apart from parsing, since the edge function
 * of a CDN has a separate parser and must give the same reasons.
 */
import { refuse, type Refusal, utf8Length } from "./decode-path.ts"

/** The URL has fewer than two segments. @param name a listed size, for the example in the hint */
export const refuseMissingSize = (name: string, basePath: string): Refusal =>
  refuse(
    "bad-url",
    "The URL has no size.",
    `Expected ${basePath}/<directory>/<size>/<file>, for instance ${basePath}/${name}/photo.jpg.`,
  )

/** Details about a size that is not listed. */
interface UnlistedSize {
  /** The nearest listed size. Undefined where the segment does not look like a size. */
  readonly nearest: string | undefined
  readonly isRetired: boolean
  /** The URL path with a listed size after the segment, which may be a folder. */
  readonly withSize: string
}

/** Longer suggestions are left out. */
const MAX_SUGGESTION = 200

/** The second-to-last segment is not a listed size. @param names of all listed sizes */
export const refuseSize = (
  requested: string,
  names: readonly string[],
  { nearest, isRetired, withSize }: UnlistedSize,
): Refusal => {
  const shown = JSON.stringify(utf8Length(requested) > 64 ? `${/^[ -~]{0,64}/.exec(requested)?.[0]}…` : requested)
  const all = `Allowed: ${names.join(", ")}.`
  const detail = isRetired ? `${shown} is retired.` : `${shown} is not on the list of sizes.`
  if (nearest !== undefined) return refuse("size-not-allowed", detail, `The nearest is ${nearest}. ${all}`)
  const isFolder = !isRetired && withSize.length <= MAX_SUGGESTION
  return refuse("size-not-allowed", detail, isFolder ? `If it is a folder, try ${withSize}. ${all}` : all)
}

/** The URL of info does not end in the name of an original and `.json`. @param suggestion the path that would be right */
export const refuseInfo = (suggestion: string): Refusal =>
  refuse("bad-url", "The URL of info ends in .json.", `Try ${suggestion}.`)

/** No reading of the key fits the store. */
export const TOO_LONG: Refusal = refuse("bad-url", "The URL is too long to be stored.")

/** Like {@link TOO_LONG}, for a store that limits names. @param fileBytes that the name of an original may have */
export const refuseLongName = (fileBytes: number): Refusal =>
  refuse(
    "bad-url",
    TOO_LONG.detail,
    `The file name of an original may have ${fileBytes} bytes with these formats: its renditions have longer names.`,
  )

/** In a shared store: the original would be a rendition itself. */
export const NO_ORIGINAL: Refusal = refuse(
  "original-not-found",
  "A rendition cannot be an original.",
  "Request a size of the photo that it was made from.",
)
