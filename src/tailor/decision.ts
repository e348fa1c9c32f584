/** Responsible for the record of the decision for one request. Headers, log lines and counters are derived from it. */
import type { ErrorCode } from "../error-codes.ts"
import type { Reading } from "../sizes/key.ts"
import { INFO } from "../sizes/list.ts"

/** How a request ended. */
export type Outcome =
  /** The rendition was stored and fresh. */
  | "hit"
  /** The rendition was rendered for this request. */
  | "miss"
  /** The request waited for the render of another request for the same rendition. */
  | "coalesced"
  /** The response is an error. */
  | "refused"
  /** The response is not about a rendition: a health check, OPTIONS or the published list. */
  | "other"

/** Durations in milliseconds. A phase that did not take place is absent. */
export interface Timings {
  /** Waiting for a render slot. */
  wait?: number
  /** Reading the original. */
  fetch?: number
  /** Reading the header, waiting for memory, decoding, resizing and encoding. */
  render?: number
  /** Writing the rendition. */
  store?: number
  /** When each phase began, as `performance.now()` gives it. For traces. */
  starts?: { [stage in Stage]?: number }
}

/** The phases of a render, in order. */
export const STAGES = ["wait", "fetch", "render", "store"] as const
/** See {@link STAGES}. */
export type Stage = (typeof STAGES)[number]

/** Adds the duration of some work to the timings. */
export const timed = async <T>(timings: Timings, name: Stage, work: () => Promise<T>): Promise<T> => {
  const start = performance.now()
  timings.starts ??= {}
  timings.starts[name] ??= start
  try {
    return await work()
  } finally {
    timings[name] = (timings[name] ?? 0) + performance.now() - start
  }
}

/** The decision for one request, with its reason. */
export interface Decision {
  /** Key of the original. */
  readonly original?: string
  /** Name of the size, or "info". */
  readonly size?: string
  /** The explicit format. Undefined for a base URL. */
  readonly format?: string | undefined
  readonly outcome: Outcome
  /** The reason for the outcome, as a phrase or sentence. */
  readonly reason: string
  /** True where a stored rendition existed but was stale. */
  readonly isStale?: boolean
  /** True where the rendition was stored, but the originals' store could not be reached to compare it. */
  readonly isUnverified?: boolean
  /** True where the rendition was made by an older recipe, and is rendered again in the background. */
  readonly isOutdated?: boolean
  /** Error code of a refused request. */
  readonly code?: ErrorCode
  /** The original that was read. */
  readonly originalInfo?: {
    readonly width: number
    readonly height: number
    readonly byteLength: number
    readonly format: string
    readonly version: string
  }
  /** The rendition that was rendered. */
  readonly output?: {
    readonly width?: number
    readonly height?: number
    readonly byteLength: number
    readonly contentType: string
    /** Expected peak memory of the render, in bytes. */
    readonly estimateBytes?: number | undefined
    /** Memory at which its process would have been ended, in bytes. */
    readonly capBytes?: number | undefined
  }
  /** Why a render was stopped: which limit, and what the render had used. */
  readonly verdict?: string
  readonly timings: Readonly<Timings>
  /** The trace of the request, as a `traceparent` header. Undefined where it belongs to none. */
  readonly traceparent?: string | undefined
  /** Why the rendition could not be stored. The response has it anyway. */
  readonly storeFailure?: string
  /** The error behind a refused request, where it belongs in the log. */
  readonly cause?: unknown
}

/** The original, size and format of a reading, as a decision names them. */
export const subjectOf = ({
  original,
  size,
  format,
}: Reading): { readonly original: string; readonly size: string; readonly format: string | undefined } => ({
  original,
  size: size === INFO ? INFO : size.name,
  format,
})

/** Numbers of requests since the process started. */
export interface Counts {
  readonly hit: number
  readonly miss: number
  readonly coalesced: number
  readonly refused: number
  /** Hits whose original could not be checked. */
  readonly unverified: number
  /** Requests whose rendition was sent but could not be stored. */
  readonly notStored: number
  /** Stored renditions that could not be deleted. */
  readonly notDeleted: number
}

/** Counts decisions. Health checks, OPTIONS and the published list are not counted. */
export const createCounter = (): {
  readonly count: (decision: Decision) => void
  readonly countFailedDelete: () => void
  readonly counts: Counts
} => {
  const counts = { hit: 0, miss: 0, coalesced: 0, refused: 0, unverified: 0, notStored: 0, notDeleted: 0 }
  return {
    counts,
    countFailedDelete: () => void (counts.notDeleted += 1),
    count: ({ outcome, isUnverified, storeFailure }) => {
      if (outcome !== "other") counts[outcome] += 1
      if (isUnverified) counts.unverified += 1
      if (storeFailure !== undefined) counts.notStored += 1
    },
  }
}
