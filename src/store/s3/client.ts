/**
 * Responsible for one call to S3: signed, sent, and repeated after a transient failure.
 *
 * Invariants:
 * - A call ends within its own time limit and the caller's, also if the network hangs.
 * - A failure that repetition would not change is returned at once. Every other failure throws `store-unavailable` or `store-denied`.
 */
import { AwsV4Signer } from "aws4fetch"

import { orAbort } from "../../abort.ts"
import { storeDenied } from "../../errors.ts"
import type { Attempt } from "../../retry.ts"
import { boundedCall } from "../bounded-call.ts"
import type { CallOptions } from "../store.ts"
import { exchange, isSuccess, type Reply } from "../transport.ts"
import { urlOf } from "./address.ts"
import type { S3Credentials } from "./credential-types.ts"
import { isExpired, isTransient, type S3Failure, parseS3Failure, toStoreError } from "./failure.ts"
import type { S3Connection } from "./options.ts"
import { formatS3Url } from "./place.ts"

/** A request to S3. */
export interface S3Call {
  readonly method: "GET" | "HEAD" | "PUT" | "DELETE"
  /** Relative to the connection's prefix. Absent for the bucket itself. */
  readonly key?: string
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array
  /** @throws {original-too-large} if the response is longer */
  readonly maxBytes?: number | undefined
}

/** A success, or a failure that repetition would not change. */
export type S3Result =
  | { readonly reply: Reply; readonly failure?: undefined }
  | { readonly reply?: undefined; readonly failure: S3Failure }

/** Sends calls to one bucket. */
export interface S3Client {
  /** @throws {store-unavailable} {store-denied} and the signal's reason */
  readonly send: (call: S3Call, options?: CallOptions) => Promise<S3Result>
  /** The `s3://bucket/key` of a key, for messages. */
  readonly nameOf: (key: string) => string
}

/** Signing keys by day, region and secret: four of the five hashes of a signature are the same for a whole day. */
const signingKeys = new Map<string, ArrayBuffer>()

const sign = async (
  { address, place }: S3Connection,
  { method, key, query, headers, body }: S3Call,
  { accessKeyId, secretAccessKey, sessionToken }: S3Credentials,
): Promise<{ readonly method: string; readonly url: URL; readonly headers: Readonly<Record<string, string>> }> => {
  const signer = new AwsV4Signer({
    method,
    url: urlOf(address, key === undefined ? "" : place.prefix + key, query).href,
    headers: { ...headers },
    ...(body && { body }),
    accessKeyId,
    secretAccessKey,
    ...(sessionToken && { sessionToken }),
    service: "s3",
    region: address.region,
    cache: signingKeys,
  })
  const signed = await signer.sign()
  return { method: signed.method, url: signed.url, headers: Object.fromEntries(signed.headers) }
}

const sendOnce = async (connection: S3Connection, call: S3Call, signal: AbortSignal): Promise<Attempt<S3Result>> => {
  const { timeouts, place, credentials: source } = connection
  const name = formatS3Url(place, call.key)
  const credentials = await orAbort(source.get(), signal).catch((error: unknown) => {
    throw signal.aborted ? error : storeDenied("s3", name, error)
  })
  const request = await sign(connection, call, credentials)
  const limits = { idleMs: timeouts.idleMs, wholeMs: timeouts.attemptMs, maxBytes: call.maxBytes, signal }
  const reply = await exchange({ ...request, body: call.body }, limits)
  if (isSuccess(reply.status)) return { value: { reply } }
  const failure = parseS3Failure(reply)
  if (isExpired(failure)) source.forget(credentials)
  const isWorthRepeating = isTransient(failure) || isExpired(failure)
  return isWorthRepeating ? { transient: toStoreError(failure, name) } : { value: { failure } }
}

/** A client for the bucket of a connection. */
export const createClient = (connection: S3Connection): S3Client => {
  const { place, timeouts, retries } = connection
  return {
    send: (call, options = {}) =>
      boundedCall(
        { store: "s3", name: formatS3Url(place, call.key), callMs: timeouts.callMs, retries },
        (signal) => sendOnce(connection, call, signal),
        options,
      ),
    nameOf: (key) => formatS3Url(place, key),
  }
}
