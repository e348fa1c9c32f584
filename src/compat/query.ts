/** Responsible for reading the queries of services, with unpic's extractors where they lose nothing. */
import type { Option } from "./meanings.ts"

/** Names and values of a query, decoded, in their order. */
export const parseQuery = (query: string): readonly Option[] => [...new URLSearchParams(query)]

/** The part of unpic's result that is used. Absent for a URL that it does not understand. */
export type Extract = (url: string) => { readonly src: string; readonly operations: object } | null

/** A URL as unpic reads it: the original as written in it, and options under unpic's names (`width`, `height`, `format`, …). */
export interface Extracted {
  readonly source: string
  readonly options: readonly Option[]
}

/**
 * Reads a query with an extractor of unpic. It gets a path that is known to be sound, since it resolves dot segments.
 * @param path of the service, like `/_next/image`
 */
export const extractQuery = (extract: Extract, path: string, query: string): Extracted | undefined => {
  // A fragment is never sent, but a log can have one.
  const extracted = extract(`${path}?${query.replaceAll("#", "%23")}`)
  if (!extracted) return undefined
  const values = Object.entries(extracted.operations as Readonly<Record<string, string | number | undefined>>)
  const options = values.map(([name, value = ""]): Option => [name, String(value)])
  return { source: extracted.src, options }
}
