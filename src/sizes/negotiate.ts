/**
 * Content negotiation: from a base address to an explicit format, before any key is formed, so that a stored rendition is one picture
 * in one format and caches need not look at `Accept` again.
 */
import { CONTENT_TYPES, extensionOf, type Format, formatOfName } from "./format.ts"

/** Weights by lower-case media range, on an object without a prototype; RFC 9110 §12.5.1. What is no media range is never looked up. */
const parseAccept = (accept: string): Readonly<Record<string, number>> => {
  const weights = Object.create(null) as Record<string, number>
  for (const element of accept.split(",")) {
    const parts = element.split(";").map((part) => part.trim().toLowerCase())
    const q = parts.find((part) => part.startsWith("q="))
    const weight =
      q === undefined ? 1 : /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(q.slice(2)) ? Number(q.slice(2)) : 0
    weights[parts[0] ?? ""] = weight
  }
  return weights
}

/** True for a file whose base address is negotiated: it has an image extension, and not that of a listed format. */
export const isNegotiable = (file: string, formats: readonly Format[]): boolean => {
  const own = formatOfName(file)
  return own !== undefined && !formats.some((format) => format === extensionOf(file))
}

/**
 * The explicit format to answer for a base address, or undefined for the base itself.
 * Only formats that `Accept` names count; wildcards speak for the base. The highest weight wins, then the list's order; the base wins
 * where its own type has a higher weight.
 * @param formats in order of preference
 */
export const negotiate = (accept: string | undefined, file: string, formats: readonly Format[]): Format | undefined => {
  if (!accept || !isNegotiable(file, formats)) return undefined
  const weights = parseAccept(accept)
  const own = formatOfName(file)
  const ownType = own === undefined || own === "other" ? "image/jpeg" : CONTENT_TYPES[own]
  const base = weights[ownType] ?? weights["image/*"] ?? weights["*/*"] ?? 0
  let best: Format | undefined
  let bestWeight = 0
  for (const format of formats) {
    const weight = weights[CONTENT_TYPES[format]] ?? 0
    if (weight > bestWeight) {
      best = format
      bestWeight = weight
    }
  }
  return bestWeight >= base ? best : undefined
}
