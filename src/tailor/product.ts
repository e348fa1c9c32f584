/**
 * Responsible for a rendition and its record: proved to be stored already, or rendered.
 *
 * Invariants:
 * - A stored rendition is proved by the bytes of the original, never by times.
 * - A record is rewritten only where it says more afterwards. Servers with copies of the same originals share it.
 */
import { createHash } from "node:crypto"

import { codeOf, isPermanent, type TailorError } from "../errors.ts"
import type { Rendered, RenderSession } from "../render/renderer.ts"
import type { Parsed, Reading, RenditionKey } from "../sizes/key.ts"
import type { OriginalStat, RenditionMeta } from "../store/store.ts"
import type { Decision } from "./decision.ts"
import type { Freshness } from "./freshness.ts"
import type { LastModified } from "./last-modified.ts"
import type { OriginalContent } from "./shared-originals.ts"
import type { Stored } from "./stored.ts"

/** A rendition that is to be sent, and to be written unless it is stored already. */
export interface Product {
  readonly meta: RenditionMeta
  readonly bytes: Uint8Array
  /** Version of the original that was read. */
  readonly version: string
  /** The rendition was stored already, and the bytes of the original proved it fresh. */
  readonly isRevalidated: boolean
  /** The store has it already, with this record. */
  readonly isStored: boolean
  readonly originalInfo: Decision["originalInfo"]
  readonly output: Decision["output"]
}

/** Dependencies of {@link proveStored} and {@link renderProduct}. */
export interface ProductParts {
  readonly stored: Stored
  readonly freshness: Freshness
  readonly lastModified: LastModified
  /** Called with an error that this version of the original will always meet. */
  readonly onRefused: (original: string, version: string, error: TailorError) => void
}

/** A request for a rendition that is not stored, or whose stored copy may be stale. */
export interface MissRequest {
  readonly key: RenditionKey
  readonly reading: Reading
  /** Everything the key can mean, `reading` included. */
  readonly readings: Parsed["readings"]
  /** The original as this request saw it. */
  readonly stat: OriginalStat
  /** Record of the stored rendition. Undefined where nothing is stored. */
  readonly stored: RenditionMeta | undefined
}

/** MD5, as S3 computes the ETag of an object, so that a bucket and a server send the same one. */
const etagOf = (bytes: Uint8Array): string => `"${createHash("md5").update(bytes).digest("hex")}"`

/** The stored rendition, where it was made from the same bytes by the same recipe. */
export const proveStored = async (
  { stored: store, freshness }: ProductParts,
  { key, reading, stat: seen }: MissRequest,
  { stat, digest: getDigest }: OriginalContent,
): Promise<Product | undefined> => {
  const stored = await store.readWhole(key)
  if (stored?.meta.digest === undefined || !freshness.matches(stored.meta, reading, seen)) return undefined
  const { meta, bytes } = stored
  const digest = await getDigest()
  if (meta.digest !== digest) return undefined
  const { version, weakVersion, isStable } = stat
  const isSameVersion = meta.version === version
  // Servers with copies of the same originals share the record, so it is not rewritten for each of them.
  const isSameWeakVersion = weakVersion !== undefined && weakVersion === meta.weakVersion
  if (isStable && !isSameVersion && isSameWeakVersion) freshness.remember(reading.original, version, digest)
  const isRecorded = isSameVersion ? meta.isStable !== false : isSameWeakVersion
  const isStored = isRecorded || !isStable
  const { isStable: _, ...others } = meta
  return {
    meta: isStored ? meta : { ...others, version, weakVersion },
    bytes,
    version,
    isRevalidated: true,
    isStored,
    originalInfo: undefined,
    output: { byteLength: bytes.length, contentType: meta.contentType },
  }
}

/** The digest of an original, from an earlier render or from its bytes. */
const digestOf = async (
  freshness: Freshness,
  { original }: Reading,
  { stat, digest }: OriginalContent,
): Promise<string> => {
  if (!stat.isStable) return digest()
  const known = freshness.digestOf(original, stat.version) ?? (await digest())
  freshness.remember(original, stat.version, known)
  return known
}

/** An original that was rendered. */
interface RenderedOriginal {
  readonly inspected: RenderSession["inspected"]
  readonly rendered: Rendered
  readonly digest: string
}

const toProduct = (
  { freshness, lastModified }: ProductParts,
  { key, reading, stored, stat: seen }: MissRequest,
  { version, weakVersion, isStable, byteLength }: OriginalStat,
  { inspected, rendered, digest }: RenderedOriginal,
): Product => {
  const { dimensions, container, decoder: kind = container } = inspected
  const { bytes, contentType, width, height, estimateBytes, capBytes } = rendered
  return {
    bytes,
    version,
    isRevalidated: false,
    isStored: false,
    meta: {
      original: reading.original,
      version,
      weakVersion,
      ...(!isStable && { isStable }),
      digest,
      kind,
      recipeId: freshness.recipeIdOf(reading, seen, { contentType, kind }),
      etag: etagOf(bytes),
      contentType,
      modifiedMs: lastModified(key, stored),
    },
    originalInfo: { ...dimensions, byteLength, format: kind, version },
    output: {
      ...(width !== undefined && height !== undefined && { width, height }),
      byteLength: bytes.length,
      contentType,
      estimateBytes,
      capBytes,
    },
  }
}

/** Renders an original that is read. */
export const renderProduct = async (
  parts: ProductParts,
  request: MissRequest,
  content: OriginalContent,
  render: (opened: RenderSession) => Promise<Rendered>,
): Promise<Product> => {
  const { reading } = request
  const { stat, session } = content
  let isOpen = false
  try {
    const opened = await session
    isOpen = true
    const [rendered, digest] = await Promise.all([render(opened), digestOf(parts.freshness, reading, content)])
    return toProduct(parts, request, stat, { inspected: opened.inspected, rendered, digest })
  } catch (error) {
    // Only a size can be refused of an open original: one with a side that does not fit the format.
    const isOfSize = isOpen && codeOf(error) === "original-too-large"
    if (stat.isStable && isPermanent(error) && (!isOfSize || error.rememberMs !== undefined))
      parts.onRefused(reading.original, stat.version, error)
    throw error
  }
}
