/**
 * Responsible for the type of an explanation: everything that decides the answer to one request, in the order in which a request meets it.
 * Plain JSON: the command prints it, the studio shows it.
 */
import type { ErrorCode } from "../error-codes.ts"

/** One meaning of a URL: the rendition of an original. */
export interface ExplainedReading {
  /** Key under which the rendition is stored. */
  readonly key: string
  readonly original: string
  /** Name of the size, or "info". */
  readonly size: string
  /** The explicit format; absent for a base URL. */
  readonly format?: string | undefined
  /** Whether the store has this original. Absent if an earlier reading applies: it was not looked up. */
  readonly exists?: boolean | undefined
  /** True for the reading that the request means. */
  readonly isChosen: boolean
}

/** Why a request gets an error. */
export interface ExplainedRefusal {
  readonly code: ErrorCode
  /** HTTP status. */
  readonly status: number
  /** The error in one sentence. */
  readonly detail: string
  /** The fix. */
  readonly hint?: string | undefined
}

/** How the URL was read. */
export interface ExplainedUrl {
  /** Raw path and query of the request. */
  readonly target: string
  /** The size in the URL, as written. Absent if the URL has none. */
  readonly requestedSize?: string | undefined
  /** True if the size is listed by this name; false for an alias, a snapped size, a URL of another service and a refused size. */
  readonly isListed: boolean
  /** Name of the listed size nearest to a refused or snapped one. */
  readonly nearestSize?: string | undefined
  /** The `Accept` header of the explained request. */
  readonly accept?: string | undefined
  /** True for a base URL, whose format depends on `Accept`. */
  readonly isNegotiated: boolean
  /** The format that `Accept` selects; absent for the original's own format. */
  readonly negotiatedFormat?: string | undefined
  /** URL path of the rendition, if it differs from the requested one. */
  readonly contentLocation?: string | undefined
  /** All meanings, in order of preference. */
  readonly readings: readonly ExplainedReading[]
}

/** The original, by a look at its store and a read of its header. */
export interface ExplainedOriginal {
  readonly key: string
  /** Changes whenever the store reports a change. */
  readonly version: string
  readonly byteLength: number
  /** False if the original changed so recently that an equal version proves nothing. */
  readonly isStable: boolean
  /** From the left and from the top, each 0 to 1. */
  readonly focalPoint?: readonly [x: number, y: number] | undefined
  /** Kind by its bytes: "jpeg", "png", …. Absent if the header could not be read. */
  readonly format?: string | undefined
  /** Upright, in pixels. */
  readonly width?: number | undefined
  readonly height?: number | undefined
  readonly isAnimated?: boolean | undefined
  readonly hasAlpha?: boolean | undefined
}

/** One part of a recipe, or of a record that is compared with it. */
export interface ExplainedField {
  readonly name: string
  readonly value: string
}

/** How the rendition is made. */
export interface ExplainedRecipe {
  /** Absent while the output format is not known, because the original could not be read. */
  readonly id?: string | undefined
  /** Everything that is part of the id. */
  readonly fields: readonly ExplainedField[]
  /** Output dimensions in pixels. */
  readonly width?: number | undefined
  readonly height?: number | undefined
  readonly contentType?: string | undefined
}

/** The stored rendition's record. */
export interface ExplainedStored {
  readonly key: string
  readonly original: string
  readonly version: string
  readonly recipeId: string
  readonly contentType: string
  readonly etag: string
  /** ISO 8601. */
  readonly lastModified: string
  readonly digest?: string | undefined
  readonly byteLength?: number | undefined
  /** True for a file that imgtailor did not write. */
  readonly isForeign?: boolean | undefined
}

/** Whether the stored rendition may be sent. */
export interface ExplainedFreshness {
  /** "absent": nothing is stored. "unverified": the bytes of the original must be compared first. */
  readonly state: "fresh" | "unverified" | "stale" | "absent"
  /** One sentence for each difference. */
  readonly reasons: readonly string[]
}

/** One limit and the value that it is compared with. */
export interface ExplainedLimit {
  /** Name of the setting, like `limits.pixels`. */
  readonly setting: string
  readonly description: string
  readonly limit: number
  /** Absent if it is known only while the request runs. */
  readonly value?: number | undefined
  readonly unit: "pixels" | "bytes" | "ms" | "renders" | "requests" | "seconds"
  readonly isExceeded: boolean
}

/** The response that the server would send now. */
export interface ExplainedResponse {
  readonly status: number
  /** "hit": sent from the store. "miss": rendered first. "revalidate": compared with the original, and rendered if it differs. */
  readonly outcome: "hit" | "miss" | "revalidate" | "refused" | "other"
  /** In one sentence. */
  readonly reason: string
  /** Lower-case names. Values that only a render decides (`etag`, `content-length`, times) are absent for a miss. */
  readonly headers: Readonly<Record<string, string>>
  /** Expected peak memory of the render in bytes; absent for a hit. */
  readonly estimateBytes?: number | undefined
}

/** Everything that decides the answer to one request, or a description of one original. */
export interface Explanation {
  /** As given. */
  readonly input: string
  readonly kind: "url" | "original"
  /** The result in one or two sentences. */
  readonly summary: string
  /** For a URL. */
  readonly url?: ExplainedUrl | undefined
  /** Why the request, or the original, is refused. */
  readonly refusal?: ExplainedRefusal | undefined
  readonly original?: ExplainedOriginal | undefined
  readonly recipe?: ExplainedRecipe | undefined
  readonly stored?: ExplainedStored | undefined
  readonly freshness?: ExplainedFreshness | undefined
  /** For a URL. */
  readonly response?: ExplainedResponse | undefined
  readonly limits: readonly ExplainedLimit[]
  /** For an original: each listed size and format, with the state of its rendition. */
  readonly renditions?: readonly ExplainedRendition[] | undefined
}

/** One rendition of an explained original. */
export interface ExplainedRendition {
  readonly size: string
  /** Absent for the base URL. */
  readonly format?: string | undefined
  /** URL path, with the base path. */
  readonly url: string
  readonly state: ExplainedFreshness["state"]
}
