/**
 * Responsible for content negotiation: from a base URL and `Accept` to an explicit format. It happens before a key is formed, so that each
 * stored rendition has one format and caches need not read `Accept` again.
 */
import { CONTENT_TYPES, extensionOf, type Format, formatOfName } from "./format.ts"

/** Weights by lower-case media range (RFC 9110 §12.5.1). The object has no prototype, so any range is a safe name. */
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

/**
 * True if `Accept` names a format, and does not exclude it by a weight of 0.
 * @example
 * namesFormat("image/avif;q=0,image/webp", "avif") // false
 */
export const namesFormat = (accept: string, format: Format): boolean =>
  (parseAccept(accept)[CONTENT_TYPES[format]] ?? 0) > 0

/**
 * True for a file whose base URL is negotiated: it has the extension of an image, but not of a listed format.
 * @example
 * isNegotiable("bag.jpg", ["avif", "webp"]) // true
 * isNegotiable("bag.webp", ["avif", "webp"]) // false
 */
export const isNegotiable = (file: string, formats: readonly Format[]): boolean => {
  const own = formatOfName(file)
  return own !== undefined && !formats.some((format) => format === extensionOf(file))
}

/**
 * The explicit format for a base URL, or undefined for the original's own format.
 * Only formats that `Accept` names explicitly count; wildcards apply to the original's own. The highest weight wins, then the order of
 * `formats`. The original's own format wins if its weight is higher than all others.
 * @param formats in order of preference
 * @example
 * negotiate("image/avif,image/webp", "bag.jpg", ["avif", "webp"]) // "avif"
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
