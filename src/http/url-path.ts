/**
 * Responsible for resolving a URL path and an `Accept` header to the key of a rendition, before anything is read. Pure, and the same in
 * the server, in cloud functions and at the edge of a CDN. Errors are values.
 */
import { decodePath, recode, type Refusal } from "../sizes/decode-path.ts"
import {
  encodeKey,
  formatKey,
  formatsOf,
  type Grammar,
  type Parsed,
  parseKey,
  type RenditionKey,
  splitKey,
} from "../sizes/key.ts"
import { isNegotiable, negotiate } from "../sizes/negotiate.ts"
import type { Negotiation } from "./headers.ts"

/** URL path of the published list, below the base path. It has no size, so it cannot be the path of a rendition. */
export const LIST_PATH = "/imgtailor.json"

/** The rendition that a URL requests, after negotiation. */
export interface ResolvedUrl extends Negotiation {
  readonly parsed: Parsed
  /** For a size with a forced format: the other key that the URL may mean. */
  readonly alternative?: ResolvedUrl
}

const urlPathOf = (key: RenditionKey, basePath: string): string => `${basePath}/${encodeKey(key)}`

/** The result for a URL that is not listed: the rendition's own URL path is its `contentLocation`. */
export const asAlias = (resolved: ResolvedUrl, basePath: string): ResolvedUrl => ({
  ...resolved,
  isAlias: true,
  contentLocation: urlPathOf(resolved.parsed.key, basePath),
})

/** A raw request target without its query. */
export const withoutQuery = (target: string): string => {
  const query = target.indexOf("?")
  return query < 0 ? target : target.slice(0, query)
}

/**
 * The segment of a raw request target where the size belongs, decoded where its escapes are valid. Undefined for a path without one.
 * @example
 * sizeSegment("/shop/640w/bag.jpg?v=2") // "640w"
 */
export const sizeSegment = (target: string): string | undefined => {
  const segments = withoutQuery(target).split("/")
  const segment = segments[segments.length - 2]
  return segment ? (recode(decodeURIComponent, segment) ?? segment) : undefined
}

/**
 * Refuses a raw path that is longer than any escaped key, since decoding a long path costs many times as much as a usual one.
 * @param prefixLength length of the part in front of the key, in characters
 */
export const refuseLong = (
  path: string,
  prefixLength: number,
  { maxBytes }: Pick<Grammar, "maxBytes">,
): Refusal | undefined =>
  // An escaped byte has three characters.
  path.length > prefixLength + 3 * maxBytes.key
    ? { refused: "bad-url", detail: "The URL path is too long." }
    : undefined

/** The decoded segments of a raw path behind its base path. The path must not have a query. */
export const decodeUrlPath = (
  path: string,
  basePath: string,
  limits: Pick<Grammar, "maxBytes">,
): readonly string[] | Refusal => {
  const tooLong = refuseLong(path, basePath.length + 1, limits)
  if (tooLong) return tooLong
  if (basePath && !path.startsWith(`${basePath}/`))
    return { refused: "bad-url", detail: `Expected a URL path under ${basePath}/.` }
  return decodePath(path.slice(basePath.length))
}

/** A parsed key, and how it differs from the requested one. */
const toResolved = (segments: readonly string[], parsed: Parsed, basePath: string): ResolvedUrl => {
  const other = parsed.alternative && toResolved(segments, parsed.alternative, basePath)
  const resolved = { parsed, isNegotiated: false, ...(other && { alternative: other }) }
  if (segments.join("/") === parsed.key) return resolved
  const { size } = parsed.readings[0]
  const isAlias = size !== "info" && segments[segments.length - 2] !== size.name
  return { ...resolved, contentLocation: urlPathOf(parsed.key, basePath), ...(isAlias && { isAlias }) }
}

/**
 * The rendition that a URL requests, or why there is none.
 * @param path raw, as sent, without a query
 * @param accept the `Accept` header, if any
 * @param basePath "", or a path like `/img` without a trailing slash
 */
export const resolveUrlPath = (
  path: string,
  accept: string | undefined,
  basePath: string,
  grammar: Grammar,
): ResolvedUrl | Refusal => {
  const segments = decodeUrlPath(path, basePath, grammar)
  if ("refused" in segments) return segments
  const parsed = parseKey(segments, grammar)
  if ("refused" in parsed) return parsed
  const resolved = toResolved(segments, parsed, basePath)
  const reading = parsed.readings[0]
  const { size } = reading
  if (reading.format !== undefined || size === "info") return resolved
  const formats = formatsOf(size, grammar)
  const { file } = splitKey(reading.original)
  if (!isNegotiable(file, formats)) return resolved
  const format = negotiate(accept, file, formats)
  if (!format) return { ...resolved, isNegotiated: true }
  const explicit = { ...reading, format }
  const key = formatKey(explicit)
  return {
    ...resolved,
    parsed: { key, readings: [explicit] },
    isNegotiated: true,
    contentLocation: urlPathOf(key, basePath),
  }
}
