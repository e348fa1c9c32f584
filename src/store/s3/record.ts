/**
 * What is recorded of a rendition, as an object's metadata. S3 serves the object by itself, so its type and how long it may be cached
 * are the object's own; the rest is `x-amz-meta-*`, of which S3 keeps 2 kB.
 */
import { createHash } from "node:crypto"
import type { IncomingHttpHeaders } from "node:http"

import { originalsIn } from "../../sizes/all-keys.ts"
import { ORIGINAL_KINDS } from "../../sizes/format.ts"
import type { RenditionMeta } from "../store.ts"

const PREFIX = "x-amz-meta-"

/** Precedes a value that is written as base64url of its UTF-8. */
const ENCODED = "b64:"

/**
 * What a header carries unchanged through every proxy: printable ASCII without spaces at an end or two in a row. RFC 2047, which S3
 * has its own thoughts about, is kept out of its sight.
 */
const isPlain = (value: string): boolean =>
  /^[\x21-\x7e]+(?: [\x21-\x7e]+)*$/.test(value) && !value.startsWith(ENCODED) && !value.startsWith("=?")

/** A text as a metadata value. Base64 since a key of 1 024 bytes has to fit: percent-encoding would make three times as much of it. */
export const encodeValue = (value: string): string =>
  isPlain(value) ? value : ENCODED + Buffer.from(value).toString("base64url")

/** The inverse of {@link encodeValue}. */
export const decodeValue = (value: string): string =>
  value.startsWith(ENCODED) ? Buffer.from(value.slice(ENCODED.length), "base64url").toString("utf8") : value

/**
 * The tag under which a CDN knows all renditions of an original: 32 hexadecimal digits, since CloudFront's tags are ASCII, without
 * commas and not told apart by case.
 */
export const cacheTagOf = (original: string): string => createHash("sha256").update(original).digest("hex").slice(0, 32)

/**
 * The tags of a rendition, as a header's value: of every original that its key may be of. A new `img.jpg` takes `480h/img.jpg.webp` over
 * from an original that is called `img.jpg.webp`, and only its own tag is then made forgotten. (CloudFront Developer Guide, "Invalidate
 * files by cache tag": up to 50, separated by commas.)
 */
export const cacheTagsOf = (key: string): string => originalsIn(key).map(cacheTagOf).join(",")

/** What S3 calls an object that was put in one piece, unless it is encrypted with a key of the customer's. */
const md5TagOf = (bytes: Uint8Array): string => `"${createHash("md5").update(bytes).digest("hex")}"`

/** Whether an object's own ETag will stand for the record's. */
export const isOwnTag = (bytes: Uint8Array, { etag }: RenditionMeta): boolean => etag === md5TagOf(bytes)

/** Headers of a put. */
export const toHeaders = (
  key: string,
  bytes: Uint8Array,
  meta: RenditionMeta,
  cacheControl: string | undefined,
): Readonly<Record<string, string>> => {
  const { original, version, kind, digest, recipeId, contentType, modifiedMs, etag } = meta
  const record: Readonly<Record<string, string | undefined>> = {
    original,
    version,
    kind,
    digest,
    recipe: recipeId,
    modified: String(modifiedMs),
    // The object has one of its own, which all who ask S3 are given; another one has to be remembered.
    etag: isOwnTag(bytes, meta) ? undefined : etag,
    "cache-tag": cacheTagsOf(key),
  }
  const entries = Object.entries(record).flatMap(([name, value]) =>
    value === undefined ? [] : [[PREFIX + name, encodeValue(value)]],
  )
  return {
    ...Object.fromEntries(entries),
    "content-type": contentType,
    ...(cacheControl !== undefined && { "cache-control": cacheControl }),
  }
}

const textOf = (headers: IncomingHttpHeaders, name: string): string | undefined => {
  const value = headers[name]
  return Array.isArray(value) ? value.join(", ") : value
}

/** An object's ETag, quoted and strong; undefined for a server that gives none. */
export const tagOf = (headers: IncomingHttpHeaders): string | undefined => textOf(headers, "etag")?.replace(/^W\//, "")

/** The record of an object, from the headers of an answer; undefined without any ETag. An object of somebody else's has none of ours. */
export const fromHeaders = (headers: IncomingHttpHeaders): RenditionMeta | undefined => {
  const recorded = (name: string): string | undefined => {
    const value = textOf(headers, PREFIX + name)
    return value === undefined ? undefined : decodeValue(value)
  }
  const etag = recorded("etag") ?? tagOf(headers)
  if (etag === undefined) return undefined
  const [original, version, recipeId] = [recorded("original"), recorded("version"), recorded("recipe")]
  const modifiedMs = Number(recorded("modified") ?? Date.parse(textOf(headers, "last-modified") ?? ""))
  const common = {
    etag,
    contentType: textOf(headers, "content-type") ?? "application/octet-stream",
    modifiedMs: Number.isFinite(modifiedMs) ? modifiedMs : 0,
  }
  if (original === undefined || version === undefined || recipeId === undefined)
    return { ...common, original: "", version: "", kind: undefined, recipeId: "", isForeign: true }
  const digest = recorded("digest")
  const kindName = recorded("kind")
  const kind = ORIGINAL_KINDS.find((name) => name === kindName)
  return { ...common, original, version, kind, recipeId, ...(digest !== undefined && { digest }) }
}
