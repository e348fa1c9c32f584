/** Responsible for renditions by their ordinary URLs, with the facts in the headers of the response. */
import type { SheetItem } from "../../api.ts"
import { problemError, readProblem } from "../lib/api-client.ts"

/** A rendition as it arrived. The caller revokes its URL. */
export interface FetchedRendition {
  /** `blob:` URL. */
  readonly url: string
  readonly blob: Blob
  readonly byteLength: number
  /** From `Cache-Status`. */
  readonly outcome: "hit" | "miss" | "coalesced"
  /** From `Server-Timing`; absent for a hit. */
  readonly renderMs?: number | undefined
}

/** @example parseRenderMs("fetch;dur=1.2, render;dur=38.0") // 38 */
export const parseRenderMs = (serverTiming: string | null): number | undefined => {
  const match = /(?:^|, *)render;dur=([\d.]+)/.exec(serverTiming ?? "")
  return match ? Number(match[1]) : undefined
}

const outcomeOf = (cacheStatus: string | null): FetchedRendition["outcome"] => {
  if (/; *hit/.test(cacheStatus ?? "")) return "hit"
  return /; *collapsed/.test(cacheStatus ?? "") ? "coalesced" : "miss"
}

/**
 * Fetches a rendition in exactly its format: a base URL without negotiation. The browser's copy is validated, so `Cache-Status` is of now.
 * @throws {Error} see `toProblem`
 */
export const fetchRendition = async ({ url, format }: SheetItem, signal?: AbortSignal): Promise<FetchedRendition> => {
  const response = await fetch(url, {
    // The rendition, or an error as JSON.
    headers: { accept: `image/${format}, application/problem+json;q=0.1` },
    cache: "no-cache",
    ...(signal && { signal }),
  })
  if (!response.ok) throw problemError(await readProblem(response))
  const blob = await response.blob()
  return {
    url: URL.createObjectURL(blob),
    blob,
    byteLength: blob.size,
    outcome: outcomeOf(response.headers.get("cache-status")),
    renderMs: parseRenderMs(response.headers.get("server-timing")),
  }
}
