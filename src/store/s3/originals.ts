/** Responsible for originals in S3. */
import { storeUnavailable } from "../../errors.ts"
import { parseFocalPoint } from "../../sizes/focal-point.ts"
import { decodeContent } from "../content-encoding.ts"
import { type CallOptions, isSafeKey, type Originals, type OriginalStat } from "../store.ts"
import type { Reply } from "../transport.ts"
import { type Bucket, checkBucket, openBucket, peekObject, readObject } from "./bucket.ts"
import { listKeys } from "./list-objects.ts"
import { FIRST_BYTE, isArchived } from "./not-found.ts"
import type { S3Options } from "./options.ts"
import { tagOf } from "./record.ts"

/** The length of the whole object. */
const lengthOf = ({ headers, body }: Reply): number => {
  const total = headers["content-range"]?.split("/").at(-1) ?? headers["content-length"]
  return total === undefined ? body.length : Number(total)
}

/** `Last-Modified` has a resolution of one second. */
const TICK_MS = 2000

/** MinIO has no ETag for objects that older versions wrote: their time and length are the version then. */
const statWithoutTag = ({ headers }: Reply, byteLength: number): OriginalStat | undefined => {
  const { "last-modified": lastModified, date } = headers
  if (lastModified === undefined) return undefined
  const ageMs = Date.parse(date ?? "") - Date.parse(lastModified)
  return { version: `${lastModified} ${byteLength}`, byteLength, isStable: ageMs >= TICK_MS }
}

const toStat = (reply: Reply, name: string): OriginalStat => {
  const byteLength = lengthOf(reply)
  const etag = tagOf(reply.headers)
  // S3's events name the ETag without quotes.
  const stat = etag
    ? { version: etag.replaceAll('"', ""), byteLength, isStable: true }
    : statWithoutTag(reply, byteLength)
  if (!stat) throw storeUnavailable("s3", name, "the response has neither an ETag nor Last-Modified")
  const focalPoint = parseFocalPoint(reply.headers["x-amz-meta-focal-point"]?.toString())
  const modifiedMs = Date.parse(reply.headers["last-modified"] ?? "")
  return { ...stat, ...(!Number.isNaN(modifiedMs) && { modifiedMs }), ...(focalPoint && { focalPoint }) }
}

/** An archived object still has a version, so that its stored renditions stay fresh. */
const peek = async (bucket: Bucket, key: string, options: CallOptions): Promise<Reply | undefined> => {
  if (!isSafeKey(key)) return undefined
  const { reply, failure } = await peekObject(bucket, key, options)
  if (reply) return reply
  const archived = isArchived(failure) ? await bucket.client.send({ method: "HEAD", key }, options) : undefined
  return archived?.reply ?? bucket.notFound.absentOr(failure, key, options)
}

const isGone = async ({ client }: Bucket, key: string, options: CallOptions): Promise<boolean> => {
  if (!isSafeKey(key)) return false
  try {
    const { failure } = await client.send({ method: "GET", key, headers: FIRST_BYTE }, options)
    return failure?.code === "NoSuchKey"
  } catch {
    options.signal?.throwIfAborted()
    return false
  }
}

/**
 * Originals in S3, or in a server with its API. They are only read. Needs `s3:GetObject`; with `s3:ListBucket`, originals can be listed
 * and the log distinguishes missing and forbidden ones.
 * @throws {bad-config} without a region, or with a malformed prefix
 * @example
 * createTailor({ originals: s3Originals({ bucket: "shop-photos", region: "eu-central-1" }), sizes: ["360x270"] })
 */
export const s3Originals = (options: S3Options): Originals => {
  const bucket = openBucket(options)
  const { client, place, notFound } = bucket
  return {
    name: "s3",
    head: async (key, headOptions = {}) => {
      const reply = await peek(bucket, key, headOptions)
      if (!reply) return undefined
      notFound.onFound(key)
      return toStat(reply, client.nameOf(key))
    },
    get: async (key, getOptions = {}) => {
      const reply = await readObject(bucket, key, getOptions)
      if (!reply) return undefined
      notFound.onFound(key)
      const { maxBytes = Infinity } = getOptions
      const bytes = await decodeContent(reply.body, reply.headers["content-encoding"], maxBytes)
      return { stat: { ...toStat(reply, client.nameOf(key)), byteLength: bytes.length }, bytes }
    },
    list: (prefix, listOptions) => listKeys(client, place, prefix, listOptions),
    isGone: (key, callOptions = {}) => isGone(bucket, key, callOptions),
    check: (callOptions = {}) => checkBucket(bucket, callOptions),
  }
}
