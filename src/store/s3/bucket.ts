/** Responsible for reading objects of one bucket, for originals and renditions alike. */
import { describeError, codeOf } from "../../errors.ts"
import { type CallOptions, type GetOptions, isSafeKey, type StoreProblem } from "../store.ts"
import type { Reply } from "../transport.ts"
import { createClient, type S3Client, type S3Result } from "./client.ts"
import type { CredentialSource } from "./credential-types.ts"
import { cachedCredentials, defaultCredentials } from "./credentials.ts"
import { describeFailure, isAccessDenied } from "./failure.ts"
import { createNotFound, FIRST_BYTE, type NotFound } from "./not-found.ts"
import { resolveS3, type S3Options } from "./options.ts"
import type { S3Place } from "./place.ts"
import { findRegion } from "./region.ts"

/** One bucket, or the part of it under a prefix. */
export interface Bucket {
  readonly client: S3Client
  readonly place: S3Place
  readonly notFound: NotFound
}

/** Shared by all stores of this process. */
let processCredentials: CredentialSource | undefined

const sourceOf = (credentials: S3Options["credentials"]): CredentialSource => {
  if (credentials === undefined) return (processCredentials ??= defaultCredentials())
  return cachedCredentials(typeof credentials === "function" ? credentials : async () => credentials)
}

/** @throws {bad-config} without a region, or with a malformed prefix */
export const openBucket = (options: S3Options): Bucket => {
  const connection = resolveS3(options, findRegion(), sourceOf)
  const { place, notify } = connection
  const client = createClient(connection)
  return { client, place, notFound: createNotFound(client, place, notify) }
}

/** An object; undefined if it counts as absent. */
export const readObject = async (
  { client, notFound }: Bucket,
  key: string,
  options: GetOptions,
): Promise<Reply | undefined> => {
  if (!isSafeKey(key)) return undefined
  const { reply, failure } = await client.send({ method: "GET", key, maxBytes: options.maxBytes }, options)
  return reply ?? notFound.absentOr(failure, key, options)
}

/**
 * The headers of an object with a safe key, from a request for its first byte. HEAD costs as much and needs the same permission, but its
 * errors have no body that distinguishes a missing object from a missing bucket or a wrong key.
 */
export const peekObject = async ({ client }: Bucket, key: string, options: CallOptions): Promise<S3Result> => {
  const result = await client.send({ method: "GET", key, headers: FIRST_BYTE }, options)
  // An empty object has no first byte.
  return result.failure?.status === 416 ? client.send({ method: "GET", key }, options) : result
}

/** A key that need not exist. */
const PROBE_KEY = "imgtailor-probe"

/** Failures that only the operator can repair, besides those that throw `store-denied`. */
const PERMANENT: ReadonlySet<string> = new Set(["NoSuchBucket", "InvalidBucketName", "AllAccessDisabled"])

/** Looks whether the bucket can be read. Nothing is written: policies may allow the keys of listed sizes alone. */
export const checkBucket = async (bucket: Bucket, options: CallOptions): Promise<StoreProblem | undefined> => {
  const { client } = bucket
  const name = client.nameOf("").replace(/\/$/, "")
  try {
    const { failure } = await client.send({ method: "GET", key: PROBE_KEY, headers: FIRST_BYTE }, options)
    // A missing key looks forbidden where the bucket may not be listed.
    if (!failure || failure.code === "NoSuchKey" || failure.status === 416 || isAccessDenied(failure)) return undefined
    const isPermanent = PERMANENT.has(failure.code) || [301, 307, 400, 401, 403].includes(failure.status)
    return { message: `Cannot use ${name}: ${describeFailure(failure)}`, isPermanent }
  } catch (error) {
    options.signal?.throwIfAborted()
    const cause = (error instanceof Error && error.cause) || error
    return { message: `Cannot use ${name}: ${describeError(cause)}`, isPermanent: codeOf(error) === "store-denied" }
  }
}
