/** Responsible for how a URL was read, as explanations show it. */
import { type ResolvedUrl, sizeSegment } from "../http/url-path.ts"
import { type Grammar, type Parsed } from "../sizes/key.ts"
import { INFO, nearestSize, sizeNamed } from "../sizes/list.ts"
import { subjectOf } from "../tailor/decision.ts"
import type { Existing } from "../tailor/freshness.ts"
import type { ExplainedReading, ExplainedUrl } from "./explanation.ts"
import type { ExplainOptions } from "./parts.ts"

interface Parts {
  readonly core: { readonly grammar: Grammar }
}

interface Request {
  readonly target: string
  readonly options: ExplainOptions
}

const sizeFacts = (
  { core: { grammar } }: Parts,
  target: string,
): Pick<ExplainedUrl, "requestedSize" | "isListed" | "nearestSize"> => {
  const requestedSize = sizeSegment(target)
  if (requestedSize === undefined) return { isListed: false }
  const isListed = requestedSize === INFO || sizeNamed(requestedSize, grammar.sizes)?.name === requestedSize
  return {
    requestedSize,
    isListed,
    ...(!isListed && { nearestSize: nearestSize(requestedSize, grammar.sizes)?.name }),
  }
}

/** A URL that was refused. */
export const refusedUrl = (parts: Parts, { target, options }: Request): ExplainedUrl => ({
  target,
  ...sizeFacts(parts, target),
  accept: options.accept,
  isNegotiated: false,
  readings: [],
})

/** Parsed keys in the order in which the server looks for their originals. */
const alternativesOf = (parsed: Parsed): readonly Parsed[] =>
  parsed.alternative ? [parsed, ...alternativesOf(parsed.alternative)] : [parsed]

/** Readings up to the chosen one were looked up; later ones were not. */
const readingsOf = (parsed: Parsed, chosen: Existing | undefined): readonly ExplainedReading[] => {
  let isFound = false
  return alternativesOf(parsed).flatMap(({ key, readings }) =>
    readings.map((reading): ExplainedReading => {
      const isChosen = !isFound && reading === chosen?.reading
      const known = isFound ? {} : { exists: isChosen }
      isFound ||= isChosen
      return { key, ...subjectOf(reading), ...known, isChosen }
    }),
  )
}

/** A URL with its readings. @param meaning undefined if no original exists */
export const resolvedUrl = (
  parts: Parts,
  { target, options }: Request,
  resolved: ResolvedUrl,
  meaning: { readonly existing: Existing } | undefined,
): ExplainedUrl => ({
  target,
  ...sizeFacts(parts, target),
  accept: options.accept,
  isNegotiated: resolved.isNegotiated,
  ...(resolved.isNegotiated && { negotiatedFormat: resolved.parsed.readings[0].format }),
  contentLocation: resolved.contentLocation,
  readings: readingsOf(resolved.parsed, meaning?.existing),
})
