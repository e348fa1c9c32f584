/**
 * Responsible for the record of a rendition as metadata of its object. S3 serves the object itself, so its type and `Cache-Control` are
 * the object's own. The rest is `x-amz-meta-*`, of which S3 stores up to 2 kB.
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
 * True for a value that every proxy passes on unchanged: printable ASCII without spaces at an end or two in a row. A value must not look
 * like one of RFC 2047 either, which S3 decodes.
 */
const isPlain = (value: string): boolean =>
  /^[\x21-\x7e]+(?: [\x21-\x7e]+)*$/.test(value) && !value.startsWith(ENCODED) && !value.startsWith("=?")

/** A text as a metadata value. Base64, because percent-encoding would triple a key of 1 024 bytes, which then exceeds the 2 kB. */
export const encodeValue = (value: string): string =>
  isPlain(value) ? value : ENCODED + Buffer.from(value).toString("base64url")

/** The inverse of {@link encodeValue}. */
export const decodeValue = (value: string): string =>
  value.startsWith(ENCODED) ? Buffer.from(value.slice(ENCODED.length), "base64url").toString("utf8") : value

/**
 * The cache tag of all renditions of an original, by which a CDN can invalidate them: 32 hexadecimal digits, because CloudFront's tags
 * are ASCII, contain no comma and ignore case.
 * @example
 * cacheTagOf("shop/photo.jpg") // "d7e2c5…", the Cache-Tag of shop/360x270/photo.jpg.webp
 */
export const cacheTagOf = (original: string): string => createHash("sha256").update(original).digest("hex").slice(0, 32)

/**
 * The cache tags of a rendition as a header's value: one for each original that its key can mean. A new original `img.jpg` takes
 * `480h/img.jpg.webp` over from an original `img.jpg.webp`, and only the tag of the new one is invalidated then. CloudFront accepts up
 * to 50 tags, separated by commas (CloudFront Developer Guide, "Invalidate files by cache tag").
 */
export const cacheTagsOf = (key: string): string => originalsIn(key).map(cacheTagOf).join(",")

/** The ETag that S3 gives an object that was put in one piece, unless it is encrypted with a customer's key. */
const md5TagOf = (bytes: Uint8Array): string => `"${createHash("md5").update(bytes).digest("hex")}"`

/** True if the object's own ETag equals the record's. */
export const isOwnTag = (bytes: Uint8Array, { etag }: RenditionMeta): boolean => etag === md5TagOf(bytes)

/** The headers of a put. */
export const toHeaders = (
  key: string,
  bytes: Uint8Array,
  meta: RenditionMeta,
  cacheControl: string | undefined,
): Readonly<Record<string, string>> => {
  const { original, version, weakVersion, isStable, kind, digest, recipeId, contentType, modifiedMs, etag } = meta
  const record: Readonly<Record<string, string | undefined>> = {
    original,
    version,
    "weak-version": weakVersion,
    stable: isStable === undefined ? undefined : String(isStable),
    kind,
    digest,
    recipe: recipeId,
    modified: String(modifiedMs),
    // S3 serves the object with its own ETag. Any other one has to be recorded.
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

/** An object's ETag, quoted and strong; undefined from a server that sends none. */
export const tagOf = (headers: IncomingHttpHeaders): string | undefined => textOf(headers, "etag")?.replace(/^W\//, "")

/** The part of a record that an object of any program has; undefined without an ETag. */
const ownMeta = (
  headers: IncomingHttpHeaders,
  recorded: (name: string) => string | undefined,
): Pick<RenditionMeta, "etag" | "contentType" | "modifiedMs"> | undefined => {
  const etag = recorded("etag") ?? tagOf(headers)
  const modifiedMs = Number(recorded("modified") ?? Date.parse(textOf(headers, "last-modified") ?? ""))
  return etag === undefined
    ? undefined
    : {
        etag,
        contentType: textOf(headers, "content-type") ?? "application/octet-stream",
        modifiedMs: Number.isFinite(modifiedMs) ? modifiedMs : 0,
      }
}

/** The record of an object, from the headers of a response; undefined without any ETag. An object without our metadata is foreign. */
export const fromHeaders = (headers: IncomingHttpHeaders): RenditionMeta | undefined => {
  const recorded = (name: string): string | undefined => {
    const value = textOf(headers, PREFIX + name)
    return value === undefined ? undefined : decodeValue(value)
  }
  const own = ownMeta(headers, recorded)
  if (!own) return undefined
  const [original, version, recipeId] = [recorded("original"), recorded("version"), recorded("recipe")]
  if (original === undefined || version === undefined || recipeId === undefined)
    return { ...own, original: "", version: "", kind: undefined, recipeId: "", isForeign: true }
  const [weakVersion, stable, digest, kind] = [
    recorded("weak-version"),
    recorded("stable"),
    recorded("digest"),
    recorded("kind"),
  ]
  return {
    ...own,
    original,
    version,
    ...(weakVersion !== undefined && { weakVersion }),
    ...(stable !== undefined && { isStable: stable !== "false" }),
    ...(digest !== undefined && { digest }),
    kind: ORIGINAL_KINDS.find((name) => name === kind),
    recipeId,
  }
}
