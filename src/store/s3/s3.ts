/**
 * Originals and renditions in S3, or in a store that speaks as it does. The public entry `imgtailor/stores/s3`.
 *
 * Holds: S3 itself writes whole or not at all, and the last writer wins; what is read was compared with the length that was announced;
 * no call outlasts its limits.
 */
import { createHash } from "node:crypto"

import { storeUnavailable } from "../../errors.ts"
import {
  type CallOptions,
  type GetOptions,
  isSafeKey,
  type Originals,
  type OriginalStat,
  type Renditions,
} from "../store.ts"
import { createClient, type S3Client } from "./client.ts"
import type { CredentialSource } from "./credential-types.ts"
import { cachedCredentials, defaultCredentials } from "./credentials.ts"
import { toStoreError } from "./failure.ts"
import { listKeys } from "./list-objects.ts"
import { type AbsentOr, createAbsentOr } from "./not-found.ts"
import { resolveS3, type S3Connection, type S3Options } from "./options.ts"
import { keyLimitsOf, type S3Place } from "./place.ts"
import { fromHeaders, isOwnTag, tagOf, toHeaders } from "./record.ts"
import { findRegion } from "./region.ts"
import type { Reply } from "./transport.ts"

export type { Retries } from "../../retry.ts"
export type { S3Credentials } from "./credential-types.ts"
export type { S3Options, S3Timeouts } from "./options.ts"
export { cacheTagOf } from "./record.ts"

/** The same for renditions. */
export interface S3RenditionsOptions extends S3Options {
  /** `Cache-Control` of objects that are stored without one of their own. @default none */
  readonly cacheControl?: string | undefined
}

/** Deleted at one time. */
const DELETIONS = 32

/** Found once for all stores of a process. */
let found: CredentialSource | undefined

const sourceOf = (credentials: S3Options["credentials"]): CredentialSource => {
  if (credentials === undefined) return (found ??= defaultCredentials())
  return cachedCredentials(typeof credentials === "function" ? credentials : async () => credentials)
}

/** What both stores read through. */
interface Bucket {
  readonly client: S3Client
  readonly place: S3Place
  readonly absentOr: AbsentOr
}

const openBucket = (options: S3Options): Bucket => {
  const connection: S3Connection = resolveS3(options, findRegion(), sourceOf)
  const { place, notify } = connection
  const client = createClient(connection)
  return { client, place, absentOr: createAbsentOr(client, place, notify) }
}

const read = async ({ client, absentOr }: Bucket, key: string, options: GetOptions): Promise<Reply | undefined> => {
  if (!isSafeKey(key)) return undefined
  const { reply, failure } = await client.send({ method: "GET", key, maxBytes: options.maxBytes }, options)
  return reply ?? absentOr(failure, key, options)
}

/**
 * The headers of an object, by asking for its first byte: HEAD costs as much and needs the same permission, but a refusal of it has no
 * body to tell a missing object from a missing bucket or a bad key by.
 */
const peek = async (bucket: Bucket, key: string, options: CallOptions): Promise<Reply | undefined> => {
  if (!isSafeKey(key)) return undefined
  const { client, absentOr } = bucket
  const { reply, failure } = await client.send({ method: "GET", key, headers: { range: "bytes=0-0" } }, options)
  // Of an empty object there is no first byte.
  if (failure?.status === 416) return read(bucket, key, options)
  return reply ?? absentOr(failure, key, options)
}

/** The length of the whole object, of which a part came. */
const lengthOf = ({ headers, body }: Reply): number => {
  const total = headers["content-range"]?.split("/").at(-1)
  return total === undefined ? body.length : Number(total)
}

const toStat = (reply: Reply, name: string): OriginalStat => {
  const etag = tagOf(reply.headers)
  if (etag === undefined) throw storeUnavailable("s3", name, "the answer has no ETag")
  // Events name it without quotes.
  return { version: etag.replaceAll('"', ""), byteLength: lengthOf(reply), isStable: true }
}

/**
 * Originals in S3. Only ever read; needs `s3:GetObject`, and with `s3:ListBucket` a missing original is told from a forbidden one.
 * @example
 * createTailor({ originals: s3Originals({ bucket: "shop-photos", region: "eu-central-1" }), … })
 */
export const s3Originals = (options: S3Options): Originals => {
  const bucket = openBucket(options)
  const { client, place } = bucket
  return {
    name: "s3",
    head: async (key, callOptions = {}) => {
      const reply = await peek(bucket, key, callOptions)
      return reply && toStat(reply, client.nameOf(key))
    },
    get: async (key, getOptions = {}) => {
      const reply = await read(bucket, key, getOptions)
      return reply && { stat: toStat(reply, client.nameOf(key)), bytes: reply.body }
    },
    list: (prefix, listOptions) => listKeys(client, place, prefix, listOptions),
  }
}

const hexOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex")

/** Whether there was an object, as far as we may see. Absent ones are left alone: in a bucket with versions a deletion leaves a mark. */
const removeOne = async (bucket: Bucket, key: string, options: CallOptions): Promise<boolean> => {
  if (!isSafeKey(key)) return false
  const { client } = bucket
  const { failure: unseen } = await client.send({ method: "GET", key, headers: { range: "bytes=0-0" } }, options)
  if (unseen?.status === 404 && unseen.code !== "NoSuchBucket") return false
  const { failure } = await client.send({ method: "DELETE", key }, options)
  if (failure && failure.code !== "NoSuchKey") throw toStoreError(failure, client.nameOf(key))
  // Who may delete but not read learns nothing of what was there.
  return unseen === undefined || unseen.status === 416
}

/** One by one, since each then needs no more than the permission for its own key, and no body that every server reads differently. */
const removeAll = async (bucket: Bucket, keys: readonly string[], options: CallOptions): Promise<number> => {
  const queue = keys.values()
  let removed = 0
  const work = async (): Promise<void> => {
    for (const key of queue) if (await removeOne(bucket, key, options)) removed += 1
  }
  await Promise.all(Array.from({ length: Math.min(DELETIONS, keys.length) }, work))
  return removed
}

/** Renditions in S3. Reading and writing need `s3:GetObject` and `s3:PutObject`, purging `s3:DeleteObject`, listing `s3:ListBucket`. */
export const s3Renditions = (options: S3RenditionsOptions): Renditions => {
  const bucket = openBucket(options)
  const { client, place } = bucket

  const metaOf = (reply: Reply, key: string): NonNullable<ReturnType<typeof fromHeaders>> => {
    const meta = fromHeaders(reply.headers)
    if (!meta) throw storeUnavailable("s3", client.nameOf(key), "the answer has no ETag")
    return meta
  }

  return {
    name: "s3",
    keyLimits: keyLimitsOf(place),
    head: async (key, callOptions = {}) => {
      const reply = await peek(bucket, key, callOptions)
      return reply && metaOf(reply, key)
    },
    get: async (key, callOptions = {}) => {
      const reply = await read(bucket, key, callOptions)
      return reply && { meta: metaOf(reply, key), byteLength: reply.body.length, body: reply.body }
    },
    put: async (key, bytes, meta, putOptions = {}) => {
      if (!isSafeKey(key)) throw storeUnavailable("s3", client.nameOf(key), "no key of a rendition")
      // With its hash signed, nothing but these bytes can be stored under this request.
      const cacheControl = putOptions.cacheControl ?? options.cacheControl
      const headers = { ...toHeaders(key, bytes, meta, cacheControl), "x-amz-content-sha256": hexOf(bytes) }
      const { reply, failure } = await client.send({ method: "PUT", key, headers, body: bytes }, putOptions)
      if (failure) throw toStoreError(failure, client.nameOf(key))
      const etag = tagOf(reply.headers)
      return etag === undefined || etag === meta.etag || !isOwnTag(bytes, meta) ? undefined : { etag }
    },
    delete: (keys, callOptions = {}) => removeAll(bucket, keys, callOptions),
    list: (prefix, callOptions) => listKeys(client, place, prefix, callOptions),
  }
}
