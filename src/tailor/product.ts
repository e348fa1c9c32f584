/**
 * Responsible for where a rendition comes from and where it goes: proved to be stored already, or rendered; then written.
 *
 * Invariants:
 * - A stored rendition is proved by the bytes of the original alone, never by times.
 * - A write that fails or hangs is reported, and never thrown.
 */
import { createHash } from "node:crypto"

import { orAbort } from "../abort.ts"
import { codeOf, describeError, isPermanent, type TailorError } from "../errors.ts"
import type { RenderSession } from "../render/renderer.ts"
import type { Reading, RenditionKey } from "../sizes/key.ts"
import { INFO } from "../sizes/list.ts"
import { closeBody, readBody, type RenditionMeta, type Renditions } from "../store/store.ts"
import type { Decision } from "./decision.ts"
import type { Freshness } from "./freshness.ts"
import type { OriginalContent } from "./shared-originals.ts"

/** A rendition that is to be sent, and to be written unless it is stored already. */
export interface Product {
  readonly meta: RenditionMeta
  readonly bytes: Uint8Array
  /** The rendition was stored already, and the bytes of the original proved it fresh. */
  readonly isRevalidated: boolean
  readonly originalInfo: Decision["originalInfo"]
  readonly output: Decision["output"]
}

/** What making a product needs. */
export interface ProductParts {
  readonly renditions: Renditions
  readonly freshness: Freshness
  /** Milliseconds since 1970. */
  readonly clock: () => number
  /** Called with an error that this version of the original will always meet. */
  readonly onRefused: (original: string, version: string, error: TailorError) => void
}

/** What a product is made of. */
export interface ProductRequest {
  readonly key: RenditionKey
  readonly reading: Reading
}

/** When a write is given up and its slot released, so that a store that hangs does not end all rendering. */
const WRITE_LIMIT_MS = 30_000

/** MD5, as S3 computes the ETag of an object, so that a bucket and a server send the same one. */
const etagOf = (bytes: Uint8Array): string => `"${createHash("md5").update(bytes).digest("hex")}"`

/** The stored rendition, where it was made from the same bytes by the same recipe. */
export const proveStored = async (
  { renditions, freshness }: ProductParts,
  { key, reading }: ProductRequest,
  { stat, digest }: OriginalContent,
): Promise<Product | undefined> => {
  const stored = await renditions.get(key)
  if (!stored) return undefined
  const { digest: recorded, ...meta } = stored.meta
  const isCandidate = recorded !== undefined && freshness.freshnessOf(stored.meta, reading, stat) !== "stale"
  if (!isCandidate || (await digest()) !== recorded) {
    await closeBody(stored)
    return undefined
  }
  const bytes = await readBody(stored)
  return {
    meta: stat.isStable ? meta : stored.meta,
    bytes,
    isRevalidated: true,
    originalInfo: undefined,
    output: { byteLength: bytes.length, contentType: meta.contentType },
  }
}

/** Renders an original that is open. */
export const renderProduct = async (
  { freshness, clock, onRefused }: ProductParts,
  { reading }: ProductRequest,
  { stat, session, digest }: OriginalContent,
  render: (opened: RenderSession) => ReturnType<RenderSession["render"]>,
): Promise<Product> => {
  let isOpen = false
  try {
    const opened = await session
    isOpen = true
    const { bytes, contentType, width, height } = await render(opened)
    const { dimensions, container: kind } = opened.inspected
    const pixels = width !== undefined && height !== undefined ? { width, height } : {}
    return {
      bytes,
      isRevalidated: false,
      meta: {
        original: reading.original,
        version: stat.version,
        kind,
        ...(!stat.isStable && { digest: await digest() }),
        recipeId: freshness.recipeIdOf(reading, contentType, kind),
        etag: etagOf(bytes),
        contentType,
        modifiedMs: Math.floor(clock() / 1000) * 1000,
      },
      originalInfo: { ...dimensions, byteLength: stat.byteLength, format: kind, version: stat.version },
      output: { ...pixels, byteLength: bytes.length, contentType },
    }
  } catch (error) {
    // Only a size can be refused of an open original: one with a side that does not fit the format.
    const isOfSize = isOpen && codeOf(error) === "original-too-large"
    if (stat.isStable && isPermanent(error) && (!isOfSize || error.rememberMs !== undefined))
      onRefused(reading.original, stat.version, error)
    throw error
  }
}

/** How a write ended. */
export interface WriteResult {
  /** The ETag under which the store has it, where that is not the record's. */
  readonly etag?: string
  /** Why it could not be written. */
  readonly failure?: string
}

/** Writes a product, unless it is stored already. Never rejects. */
export const writeProduct = async (
  { renditions }: ProductParts,
  { key, reading: { size } }: ProductRequest,
  { isRevalidated, bytes, meta }: Product,
): Promise<WriteResult> => {
  if (isRevalidated && meta.digest !== undefined) return {}
  const limit = new AbortController()
  const timer = setTimeout(() => limit.abort(new Error("the store did not finish in time")), WRITE_LIMIT_MS)
  timer.unref()
  const options = { signal: limit.signal, cacheControl: size === INFO ? undefined : size.cacheControl }
  try {
    // A store that ignores the signal is not waited for either.
    return (await orAbort(renditions.put(key, bytes, meta, options), limit.signal)) ?? {}
  } catch (error) {
    return { failure: describeError(error) }
  } finally {
    clearTimeout(timer)
  }
}
