/**
 * Responsible for the record of a rendition as metadata of its object. S3 serves the object itself, so its type and `Cache-Control` are
 * the object's own. The rest is `x-amz-meta-*`, of which S3 stores up to 2 kB.
 */
import { createHash } from "node:crypto"
import type { IncomingHttpHeaders } from "node:http"

import { cacheTagsOf } from "../cache-tag.ts"
import { encodeValue, fromRecord, type RecordName, toRecord } from "../object-record.ts"
import type { RenditionMeta } from "../store.ts"

const PREFIX = "x-amz-meta-"

/** The ETag that S3 gives an object that was put in one piece, unless it is encrypted with a customer's key. */
const md5TagOf = (bytes: Uint8Array): string => `"${createHash("md5").update(bytes).digest("hex")}"`

/** True if the object's own ETag equals the record's. */
export const isOwnTag = (bytes: Uint8Array, { etag }: RenditionMeta): boolean => etag === md5TagOf(bytes)

/** The name of a header for a text of the record. */
const headerOf = (name: RecordName): string => PREFIX + (name === "weakVersion" ? "weak-version" : name)

/** The headers of a put. */
export const toHeaders = (
  key: string,
  bytes: Uint8Array,
  meta: RenditionMeta,
  cacheControl: string | undefined,
): Readonly<Record<string, string>> => {
  // S3 serves the object with its own ETag. Any other one has to be recorded.
  const { etag, ...record } = toRecord(meta)
  const recorded = isOwnTag(bytes, meta) || etag === undefined ? record : { ...record, etag }
  const entries = Object.entries(recorded).map(([name, text]) => [headerOf(name as RecordName), text])
  return {
    ...Object.fromEntries(entries),
    [`${PREFIX}cache-tag`]: encodeValue(cacheTagsOf(key)),
    "content-type": meta.contentType,
    ...(cacheControl !== undefined && { "cache-control": cacheControl }),
  }
}

const textOf = (headers: IncomingHttpHeaders, name: string): string | undefined => {
  const value = headers[name]
  return Array.isArray(value) ? value.join(", ") : value
}

/** An object's ETag, quoted and strong; undefined from a server that sends none. */
export const tagOf = (headers: IncomingHttpHeaders): string | undefined => {
  const tag = textOf(headers, "etag")?.replace(/^W\//, "")
  // Ceph sends it without quotes.
  return tag ? `"${tag.replaceAll('"', "")}"` : undefined
}

/** The record of an object, from the headers of a response; undefined without any ETag. An object without our metadata is foreign. */
export const fromHeaders = (headers: IncomingHttpHeaders): RenditionMeta | undefined => {
  const etag = textOf(headers, headerOf("etag")) ?? tagOf(headers)
  if (etag === undefined) return undefined
  return fromRecord((name) => textOf(headers, headerOf(name)), {
    etag,
    contentType: textOf(headers, "content-type") ?? "application/octet-stream",
    modifiedMs: Date.parse(textOf(headers, "last-modified") ?? ""),
  })
}
