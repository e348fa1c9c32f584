/** Responsible for the responses in explanations. The headers come from the functions that send them. */
import type { TailorError } from "../errors.ts"
import { withCacheTags } from "../http/cache-tags.ts"
import { foundUrl } from "../http/handle.ts"
import { createRenditionHeaders, type Headers, withDecision } from "../http/headers.ts"
import { toProblem } from "../http/problem.ts"
import { missingKeyFor, VARY } from "../http/substitute.ts"
import type { ResolvedUrl } from "../http/url-path.ts"
import type { Reading } from "../sizes/key.ts"
import { INFO } from "../sizes/list.ts"
import type { RenditionMeta, RenditionObject } from "../store/store.ts"
import { toHit, toOutdated } from "../tailor/served.ts"
import type { ExplainedResponse } from "./explanation.ts"
import type { ExplainParts } from "./parts.ts"

/** A rendition that is rendered for the request. */
interface RenderedInput {
  readonly resolved: ResolvedUrl
  readonly reading: Reading
  /** Undefined where it is decided by the encoder. */
  readonly contentType: string | undefined
  /** A stored rendition is stale. */
  readonly isStale: boolean
  readonly estimateBytes: number | undefined
}

/** Creates the responses of one tailor. */
export interface Responses {
  /** @param isOutdated it was rendered by an older recipe, and is sent all the same */
  readonly hit: (
    object: RenditionObject,
    reading: Reading,
    resolved: ResolvedUrl,
    isOutdated: boolean,
  ) => ExplainedResponse
  readonly rendered: (outcome: "miss" | "revalidate", input: RenderedInput) => ExplainedResponse
  readonly refused: (
    error: TailorError,
    accept: string | undefined,
    resolved: ResolvedUrl | undefined,
  ) => ExplainedResponse
}

const without = (headers: Headers, names: readonly string[]): Headers =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !names.includes(name)))

/** Headers whose values come from the render. */
const OF_RENDER = ["etag", "last-modified", "content-length"]

const STALE = "A stored rendition is stale."

export const createResponses = ({ handleOptions }: Pick<ExplainParts, "handleOptions">): Responses => {
  const { cacheControl, cacheTagsOf, missing } = handleOptions
  const headersOf = withCacheTags(createRenditionHeaders(cacheControl), cacheTagsOf)

  return {
    hit: (object, reading, resolved, isOutdated) => {
      const { decision } = isOutdated ? toOutdated(reading, object) : toHit(reading, object)
      const { whole } = headersOf(object, foundUrl(object, resolved), resolved.parsed.readings[0].size)
      return { status: 200, outcome: "hit", reason: decision.reason, headers: withDecision(whole, decision) }
    },
    rendered: (outcome, { resolved, reading, contentType = "", isStale, estimateBytes }) => {
      const meta: RenditionMeta = {
        original: reading.original,
        version: "",
        kind: undefined,
        recipeId: "",
        etag: "",
        contentType,
        modifiedMs: 0,
      }
      const { whole } = headersOf(
        { meta, byteLength: 0 },
        foundUrl({ meta }, resolved),
        resolved.parsed.readings[0].size,
      )
      const decided = withDecision(whole, { outcome: "miss", reason: "", isStale, timings: {} })
      const unknown = [
        ...OF_RENDER,
        ...(contentType === "" ? ["content-type"] : []),
        // It is that of a hit if the bytes turn out to be the same.
        ...(outcome === "revalidate" ? ["cache-status"] : []),
      ]
      return {
        status: 200,
        outcome,
        reason: isStale ? STALE : "The rendition is not stored.",
        headers: without(decided, unknown),
        estimateBytes,
      }
    },
    refused: (error, accept, resolved) => {
      const header = (name: string): string | undefined => (name === "accept" ? accept : undefined)
      const { status, headers } = toProblem(error, { method: "GET", header })
      const canHavePicture =
        missing !== undefined && resolved !== undefined && resolved.parsed.readings[0].size !== INFO
      const key = canHavePicture ? missingKeyFor(missing, error.code, { header }) : undefined
      const ofPicture = key === undefined ? [] : ["content-type", "content-length"]
      return {
        status,
        outcome: "refused",
        reason:
          key === undefined
            ? error.detail
            : `${error.detail} The body is the picture of the setting missing, ${JSON.stringify(key)}.`,
        headers: { ...without(headers, ofPicture), ...(canHavePicture && { vary: VARY }) },
      }
    },
  }
}
