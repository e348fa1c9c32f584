/**
 * From an address and an `Accept` header to the key of a rendition: before anything is read, and the same in our server, in a function in
 * the cloud and at the edge of a CDN. Pure; refusals are values.
 */
import {
  decodePath,
  encodeKey,
  formatKey,
  type Grammar,
  type Parsed,
  parseKey,
  type Refusal,
  type RenditionKey,
  splitKey,
} from "../sizes/key.ts"
import { isNegotiable, negotiate } from "../sizes/negotiate.ts"
import type { Negotiation } from "./headers.ts"

/** Where the list is published, behind what precedes every address. It has no size, so that it is nobody's rendition. */
export const LIST_PATH = "/imgtailor.json"

/** What an address asks for, after negotiation. */
export interface ResolvedUrl extends Negotiation {
  readonly parsed: Parsed
}

/** The address of a key. */
const urlPathOf = (key: RenditionKey, basePath: string): string => `${basePath}/${encodeKey(key)}`

/** What was asked for by an address that is not listed, and names the one that is. */
export const asAlias = (wanted: ResolvedUrl, basePath: string): ResolvedUrl => ({
  ...wanted,
  isAlias: true,
  contentLocation: urlPathOf(wanted.parsed.key, basePath),
})

/** A raw target without its query. */
export const withoutQuery = (target: string): string => {
  const query = target.indexOf("?")
  return query < 0 ? target : target.slice(0, query)
}

const parsePath = (path: string, basePath: string, grammar: Grammar): Parsed | Refusal => {
  if (basePath && !path.startsWith(`${basePath}/`))
    return { refused: "bad-url", detail: `Expected an address under ${basePath}/.` }
  const segments = decodePath(path.slice(basePath.length))
  return "refused" in segments ? segments : parseKey(segments, grammar)
}

/**
 * The rendition that is wanted, or why there is none.
 * @param path raw, as it was sent, without a query
 * @param accept the header, where there is one
 * @param basePath "" or a path like `/img`
 */
export const resolveUrlPath = (
  path: string,
  accept: string | undefined,
  basePath: string,
  grammar: Grammar,
): ResolvedUrl | Refusal => {
  const parsed = parsePath(path, basePath, grammar)
  if ("refused" in parsed) return parsed
  const { formats } = grammar
  const reading = parsed.readings[0]
  const { file } = splitKey(reading.original)
  const isNegotiated = reading.format === undefined && reading.size !== "info" && isNegotiable(file, formats)
  const format = isNegotiated ? negotiate(accept, file, formats) : undefined
  if (!format) return { parsed, isNegotiated }
  const explicit = { ...reading, format }
  const key = formatKey(explicit)
  return { parsed: { key, readings: [explicit] }, isNegotiated, contentLocation: urlPathOf(key, basePath) }
}
