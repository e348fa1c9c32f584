/** Responsible for single calls to a bucket, whose failures local checks describe one by one. */
import { randomUUID } from "node:crypto"

import { describeError } from "../errors.ts"
import { formatKey, type Grammar, type OriginalKey } from "../sizes/key.ts"
import type { Bucket } from "../store/s3/bucket.ts"
import type { S3Call } from "../store/s3/client.ts"
import { describeFailure, type S3Failure } from "../store/s3/failure.ts"
import { FIRST_BYTE } from "../store/s3/not-found.ts"
import type { CallOptions } from "../store/store.ts"
import type { Reply } from "../store/transport.ts"

/** The outcome of a call: a reply, or a failure of S3 or of the network in one line. */
export interface ProbeOutcome {
  readonly reply?: Reply
  readonly failure?: S3Failure | undefined
  /** Undefined after a success. */
  readonly problem?: string
}

/** Sends one call. Never throws, except the signal's reason. */
export const probe = async ({ client }: Bucket, call: S3Call, options: CallOptions): Promise<ProbeOutcome> => {
  try {
    const { reply, failure } = await client.send(call, options)
    return reply ? { reply } : { failure, problem: describeFailure(failure) }
  } catch (error) {
    options.signal?.throwIfAborted()
    return { problem: describeError(error) }
  }
}

/** Reads the first byte of an object. */
export const probeGet = (bucket: Bucket, key: string, options: CallOptions): Promise<ProbeOutcome> =>
  probe(bucket, { method: "GET", key, headers: FIRST_BYTE }, options)

/** A key below no folder of originals that exists. */
export const missingKey = (): string => `imgtailor-doctor/${randomUUID()}.jpg`

/** The key of a rendition in a listed size, which policies for listed sizes include. */
export const probeRenditionKey = ({ sizes }: Pick<Grammar, "sizes">): string =>
  formatKey({ original: missingKey() as OriginalKey, size: sizes[0], format: undefined })

/** True where an object does not exist, rather than the bucket or the permission. */
export const isMissing = ({ failure }: ProbeOutcome): boolean =>
  failure?.status === 404 && failure.code !== "NoSuchBucket"
