/**
 * Tells CloudFront to forget every copy of an original's renditions, by the tag that each of them carries.
 *
 * Holds: of a call that did not throw, CloudFront has accepted the invalidation; it names tags and nothing else; each has a reference of
 * its own, since one that was used before gets the old invalidation for an answer, and what was cached after that one would stay.
 */
import { randomUUID } from "node:crypto"

import { AwsV4Signer } from "aws4fetch"

import { codeOf, storeDenied, storeUnavailable, type TailorError } from "../errors.ts"
import { type Attempt, retry } from "../retry.ts"
import type { CredentialSource, S3Credentials } from "../store/s3/credential-types.ts"
import { defaultCredentials } from "../store/s3/credentials.ts"
import { elementsOf, isExpired, isTransient, parseBody, type S3Failure, textOf } from "../store/s3/failure.ts"
import { cacheTagOf } from "../store/s3/record.ts"
import { type Exchange, exchange, isSuccess, type Reply } from "../store/s3/transport.ts"
import type { Distribution } from "./function-config.ts"

const VERSION = "2020-05-31"
const LIMITS = { idleMs: 5000, wholeMs: 10_000 }
/** Few: Lambda calls a failed function again some minutes later. */
const RETRIES = { attempts: 3, baseMs: 400, longestMs: 2000 }

/**
 * What passes, besides what passes with S3: 3 000 paths and tags may be under way at one time (CloudFront Developer Guide, "Concurrent
 * invalidation request maximum").
 */
const PASSING = "TooManyInvalidationsInProgress"

/** @see CloudFront API reference, "CreateInvalidation" and "InvalidationBatch"; a tag is an item that begins with # */
const batchOf = (originals: readonly string[]): string => {
  const items = originals.map((original) => `<Path>#${cacheTagOf(original)}</Path>`)
  const paths = `<Paths><Quantity>${items.length}</Quantity><Items>${items.join("")}</Items></Paths>`
  const reference = `<CallerReference>imgtailor-${randomUUID()}</CallerReference>`
  return `<InvalidationBatch xmlns="http://cloudfront.amazonaws.com/doc/${VERSION}/">${paths}${reference}</InvalidationBatch>`
}

const sign = async (
  { id, endpoint }: Distribution,
  body: string,
  { accessKeyId, secretAccessKey, sessionToken }: S3Credentials,
): Promise<Exchange> => {
  const signer = new AwsV4Signer({
    method: "POST",
    url: `${endpoint}/${VERSION}/distribution/${id}/invalidation`,
    headers: { "content-type": "application/xml" },
    body,
    accessKeyId,
    secretAccessKey,
    ...(sessionToken && { sessionToken }),
    service: "cloudfront",
    // Where a service has no regions, this one is signed for.
    region: "us-east-1",
  })
  const { method, url, headers } = await signer.sign()
  return { method, url, headers: Object.fromEntries(headers), body: Buffer.from(body) }
}

/** What a refusal says: an error within a response, where S3 has the error alone. */
const toFailure = ({ status, body }: Reply): S3Failure => {
  const [error] = elementsOf(parseBody(body), "Error")
  return { status, code: textOf(error, "Code"), message: textOf(error, "Message") }
}

const ADVICE: Readonly<Record<string, string>> = {
  AccessDenied: " The function's role needs cloudfront:CreateInvalidation on the distribution.",
  NoSuchDistribution: " Expected the id of a distribution of this account in IMGTAILOR_DISTRIBUTION.",
}

const toError = ({ status, code, message }: S3Failure, id: string): TailorError => {
  const what = `${[status, code].filter(Boolean).join(" ")}${message && `: ${message}`}${ADVICE[code] ?? ""}`
  return (status === 401 || status === 403 ? storeDenied : storeUnavailable)("cloudfront", id, what)
}

const sendOnce = async (
  distribution: Distribution,
  body: string,
  source: CredentialSource,
): Promise<Attempt<string>> => {
  const { id } = distribution
  const credentials = await source.get().catch((error: unknown) => {
    throw storeDenied("cloudfront", id, error)
  })
  const reply = await exchange(await sign(distribution, body, credentials), LIMITS)
  if (isSuccess(reply.status)) return { value: textOf(parseBody(reply.body), "Id") }
  const failure = toFailure(reply)
  if (isExpired(failure)) source.forget(credentials)
  const error = toError(failure, id)
  if (isTransient(failure) || isExpired(failure) || failure.code === PASSING) return { transient: error }
  throw error
}

/** Every error of the network counts as transient. */
const attempt = async (
  distribution: Distribution,
  body: string,
  source: CredentialSource,
): Promise<Attempt<string>> => {
  try {
    return await sendOnce(distribution, body, source)
  } catch (error) {
    if (codeOf(error)) throw error
    return { transient: storeUnavailable("cloudfront", distribution.id, error) }
  }
}

/** Found once for all calls of a process. */
let found: CredentialSource | undefined

/**
 * Creates one invalidation for all of some originals, by `cacheTagOf` of each.
 * @param originals at least one and at most 3 000, each once
 * @returns the invalidation's id
 * @throws {store-unavailable} {store-denied} where CloudFront has not accepted it, after three attempts if it may later
 */
export const invalidate = async (
  distribution: Distribution,
  originals: readonly string[],
  source: CredentialSource = (found ??= defaultCredentials()),
): Promise<string> => {
  // Of several attempts at most one counts, since they have one reference.
  const body = batchOf(originals)
  return retry(() => attempt(distribution, body, source), RETRIES)
}
