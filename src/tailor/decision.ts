/**
 * One record of what was decided for a request, and why. Headers, the log line and counters are views of it; nothing else counts or logs.
 */
import type { ErrorCode } from "../errors.ts"
import type { Reading } from "../sizes/key.ts"
import { INFO } from "../sizes/list.ts"

/** How a request ended. */
export type Outcome =
  /** Stored and in step. */
  | "hit"
  /** Made now. */
  | "miss"
  /** Another request's render of the same was waited for. */
  | "coalesced"
  /** An error, or a method or condition that needs no rendition. */
  | "refused"

/** Milliseconds, those that took place. */
export interface Timings {
  /** For a turn. */
  wait?: number
  /** Reading the original. */
  fetch?: number
  /** Header, decoding, resizing and encoding. */
  render?: number
  /** Writing the rendition. */
  store?: number
}

/** What was decided for a request, and why. */
export interface Decision {
  readonly original?: string
  /** A size's name, or "info". */
  readonly size?: string
  /** The explicit format; undefined for the base. */
  readonly format?: string | undefined
  readonly outcome: Outcome
  /** A sentence. */
  readonly reason: string
  /** Something was stored under this key, but not in step. */
  readonly isStale?: boolean
  /** The code of a refusal. */
  readonly code?: ErrorCode
  readonly originalInfo?: {
    readonly width: number
    readonly height: number
    readonly byteLength: number
    readonly format: string
    readonly version: string
  }
  readonly output?: {
    readonly width?: number
    readonly height?: number
    readonly byteLength: number
    readonly contentType: string
  }
  readonly timings: Readonly<Timings>
  /** Why the rendition could not be stored although it was answered. */
  readonly storeFailure?: string
  /** The error behind a refusal that an operator should hear of. */
  readonly cause?: unknown
}

/** What a reading is about, as a decision names it. */
export const subjectOf = ({
  original,
  size,
  format,
}: Reading): { readonly original: string; readonly size: string; readonly format: string | undefined } => ({
  original,
  size: size === INFO ? INFO : size.name,
  format,
})

/** `Cache-Status` of a refusal (RFC 9211). */
export const refusedStatus = (code: ErrorCode | undefined): string => `imgtailor; detail=${code ?? "none"}`

/** `Cache-Status` of a decision (RFC 9211). */
export const cacheStatus = ({ outcome, isStale, code }: Pick<Decision, "outcome" | "isStale" | "code">): string => {
  if (outcome === "hit") return "imgtailor; hit"
  if (outcome === "refused") return refusedStatus(code)
  return `imgtailor; fwd=${isStale ? "stale" : "uri-miss"}${outcome === "coalesced" ? "; collapsed" : ""}`
}

/** `Server-Timing` of a decision; undefined where nothing was timed. */
export const serverTiming = ({ timings }: Decision): string | undefined => {
  const parts = Object.entries(timings).map(([name, ms]: [string, number]) => `${name};dur=${ms.toFixed(1)}`)
  return parts.length ? parts.join(", ") : undefined
}

/** How many requests ended how since the process started. */
export interface Counts {
  readonly hit: number
  readonly miss: number
  readonly coalesced: number
  readonly refused: number
  /** Answered, but could not be stored. */
  readonly notStored: number
}

/** Counts decisions. */
export const createCounter = (): { readonly count: (decision: Decision) => void; readonly counts: Counts } => {
  const counts = { hit: 0, miss: 0, coalesced: 0, refused: 0, notStored: 0 }
  return {
    counts,
    count: ({ outcome, code, storeFailure }) => {
      // Health checks and preflights are no refusals.
      if (outcome !== "refused" || code !== undefined) counts[outcome] += 1
      if (storeFailure !== undefined) counts.notStored += 1
    },
  }
}
