/** Responsible for the URLs that pages can use for an original in one size. */
import type { Format } from "./format.ts"
import { formatsOf, type Grammar } from "./key.ts"
import type { Size } from "./list.ts"
import { isNegotiable } from "./negotiate.ts"

/**
 * The formats in which pages can request an original in a size; undefined for the base URL. There are explicit formats only where the base
 * URL is negotiated. The base URL of a size with a forced format means the explicit one.
 * @param file name of the original, without its directory
 * @example
 * pageFormats(size, "bag.jpg", { formats: ["avif", "webp"] }) // [undefined, "avif", "webp"]
 */
export const pageFormats = (
  size: Pick<Size, "format" | "formats">,
  file: string,
  grammar: Pick<Grammar, "formats">,
): readonly (Format | undefined)[] => {
  if (size.format) return [size.format]
  const explicit = formatsOf(size, grammar)
  return [undefined, ...(isNegotiable(file, explicit) ? explicit : [])]
}
