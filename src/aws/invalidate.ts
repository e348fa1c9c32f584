/**
 * Responsible for invalidating all copies of an original's renditions in CloudFront, by the cache tag that each of them has.
 *
 * Invariants:
 * - After a call that did not throw, CloudFront has accepted the invalidation.
 * - It names only tags.
 * - Each has a different reference. CloudFront answers a repeated reference with the old invalidation, and copies cached since would stay.
 */
import { randomUUID } from "node:crypto"

import { cacheTagOf } from "../store/cache-tag.ts"
import type { CredentialSource } from "../store/s3/credential-types.ts"
import { parseBody, textOf } from "../store/s3/failure.ts"
import { type AwsCall, callAws, toApiError } from "./aws-api.ts"
import type { Distribution } from "./function-config.ts"

const VERSION = "2020-05-31"

/**
 * A transient failure with status 400: 3 000 paths and tags may be in progress (CloudFront Developer Guide, "Concurrent invalidation
 * request maximum").
 */
const TOO_MANY = "TooManyInvalidationsInProgress"

/** CloudFront API reference, "CreateInvalidation" and "InvalidationBatch"; an item that begins with # is a tag. */
const batchOf = (originals: readonly string[]): string => {
  const items = originals.map((original) => `<Path>#${cacheTagOf(original)}</Path>`)
  const paths = `<Paths><Quantity>${items.length}</Quantity><Items>${items.join("")}</Items></Paths>`
  const reference = `<CallerReference>imgtailor-${randomUUID()}</CallerReference>`
  return `<InvalidationBatch xmlns="http://cloudfront.amazonaws.com/doc/${VERSION}/">${paths}${reference}</InvalidationBatch>`
}

const ADVICE: Readonly<Record<string, string>> = {
  AccessDenied: " Allow cloudfront:CreateInvalidation on the distribution in the function's role.",
  NoSuchDistribution: " Set IMGTAILOR_DISTRIBUTION to the ID of a distribution of this account.",
}

/**
 * Creates one invalidation for the renditions of some originals.
 * @param originals at least one and at most 3 000, each once
 * @param source credentials. @default those of the process
 * @returns the ID of the invalidation
 * @throws {store-unavailable} {store-denied} CloudFront has not accepted it, after three attempts if it may later
 */
export const invalidate = async (
  { id, endpoint }: Distribution,
  originals: readonly string[],
  source?: CredentialSource,
): Promise<string> => {
  const call: AwsCall = {
    service: "cloudfront",
    region: "us-east-1",
    method: "POST",
    url: `${endpoint}/${VERSION}/distribution/${id}/invalidation`,
    headers: { "content-type": "application/xml" },
    body: batchOf(originals),
    name: id,
    isTransient: ({ code }) => code === TOO_MANY,
  }
  const { reply, failure } = await callAws(call, source)
  if (failure) throw toApiError(failure, call, ADVICE[failure.code])
  return textOf(parseBody(reply.body), "Id")
}
