/** Responsible for renditions in S3. S3 writes whole objects or nothing, and the last writer wins. */
import { createHash } from "node:crypto"

import { storeUnavailable } from "../../errors.ts"
import { createLru } from "../../lru.ts"
import { removeEach } from "../remove-each.ts"
import { type CallOptions, isSafeKey, type RenditionMeta, type Renditions } from "../store.ts"
import type { Reply } from "../transport.ts"
import { type Bucket, checkBucket, openBucket, peekObject, readObject } from "./bucket.ts"
import { toStoreError } from "./failure.ts"
import { listKeys } from "./list-objects.ts"
import { FIRST_BYTE } from "./not-found.ts"
import type { S3Options } from "./options.ts"
import { keyLimitsOf } from "./place.ts"
import { fromHeaders, isOwnTag, tagOf, toHeaders } from "./record.ts"

/** Options for renditions in S3. */
export interface S3RenditionsOptions extends S3Options {
  /** The default `Cache-Control` of stored objects. @default none */
  readonly cacheControl?: string | undefined
}

const hexOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex")

/** Deletes an object. Returns true if it existed. An absent one is left alone: in a bucket with versions, a deletion adds a marker. */
const removeOne = async ({ client }: Bucket, key: string, options: CallOptions): Promise<boolean> => {
  if (!isSafeKey(key)) return false
  const { failure: unread } = await client.send({ method: "GET", key, headers: FIRST_BYTE }, options)
  if (unread?.status === 404 && unread.code !== "NoSuchBucket") return false
  const { failure } = await client.send({ method: "DELETE", key }, options)
  if (failure && failure.code !== "NoSuchKey") throw toStoreError(failure, client.nameOf(key))
  // A client that may delete but not read cannot tell whether the object existed.
  return unread === undefined || unread.status === 416
}

/** Objects whose record a server did not keep: they look like those of other programs, which are served until they are purged. */
interface LostRecords {
  readonly onPut: (key: string) => void
  /** True for an object that was put with a record and has none. From then on, no object without a record is used. */
  readonly isLost: (key: string, meta: RenditionMeta) => boolean
}

/** Keys put lately, to notice a server that drops metadata. */
const MAX_PUT = 1000

const createLostRecords = (notify: ((text: string) => void) | undefined): LostRecords => {
  const put = createLru<string>(MAX_PUT)
  let dropsRecords = false
  return {
    onPut: (key) => void put.set(key, key),
    isLost: (key, { isForeign = false }) => {
      if (!isForeign) return false
      if (!dropsRecords && put.has(key)) {
        dropsRecords = true
        notify?.(
          "The server does not store x-amz-meta-* headers, so each rendition is rendered again. Use another store.",
        )
      }
      return dropsRecords
    },
  }
}

/**
 * Renditions in S3, or in a server with its API. Reading and writing need `s3:GetObject` and `s3:PutObject`, purging `s3:DeleteObject`,
 * listing `s3:ListBucket`.
 * @throws {bad-config} without a region, or with a malformed prefix
 * @example
 * createTailor({
 *   originals: "photos",
 *   renditions: s3Renditions({ bucket: "shop-renditions", region: "eu-central-1" }),
 *   sizes: ["360x270"],
 * })
 */
export const s3Renditions = (options: S3RenditionsOptions): Renditions => {
  const bucket = openBucket(options)
  const { client, place, notFound } = bucket

  const lost = createLostRecords(options.onNotice)
  const metaOf = (reply: Reply, key: string): RenditionMeta | undefined => {
    const meta = fromHeaders(reply.headers)
    if (!meta) throw storeUnavailable("s3", client.nameOf(key), "the response has no ETag")
    return lost.isLost(key, meta) ? undefined : meta
  }

  return {
    name: "s3",
    keyLimits: keyLimitsOf(place),
    head: async (key, callOptions = {}) => {
      if (!isSafeKey(key)) return undefined
      const { reply, failure } = await peekObject(bucket, key, callOptions)
      return reply ? metaOf(reply, key) : notFound.absentOr(failure, key, callOptions)
    },
    get: async (key, callOptions = {}) => {
      const reply = await readObject(bucket, key, callOptions)
      const meta = reply && metaOf(reply, key)
      return meta && { meta, byteLength: reply.body.length, body: reply.body }
    },
    put: async (key, bytes, meta, putOptions = {}) => {
      if (!isSafeKey(key)) throw storeUnavailable("s3", client.nameOf(key), "not a valid key")
      const cacheControl = putOptions.cacheControl ?? options.cacheControl
      // The signature covers this hash, so the request can store no other bytes.
      const headers = { ...toHeaders(key, bytes, meta, cacheControl), "x-amz-content-sha256": hexOf(bytes) }
      const { reply, failure } = await client.send({ method: "PUT", key, headers, body: bytes }, putOptions)
      if (failure) throw toStoreError(failure, client.nameOf(key))
      lost.onPut(key)
      const etag = tagOf(reply.headers)
      return etag === undefined || etag === meta.etag || !isOwnTag(bytes, meta) ? undefined : { etag }
    },
    delete: (keys, callOptions = {}) => removeEach(keys, (key) => removeOne(bucket, key, callOptions)),
    list: (prefix, callOptions) =>
      listKeys(client, place, prefix, { signal: callOptions?.signal, after: callOptions?.after }),
    check: (callOptions = {}) => checkBucket(bucket, callOptions),
  }
}
