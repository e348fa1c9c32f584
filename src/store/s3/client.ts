/**
 * One call to S3: signed, sent, and where that failed in passing, sent again after a random pause.
 *
 * Holds: a call ends within its limit and within the caller's, whatever the network does; a refusal that will not change is given back
 * at once; everything else is `store-unavailable` or `store-denied`.
 */
import { AwsV4Signer } from "aws4fetch"

import { orAbort } from "../../abort.ts"
import { codeOf, storeDenied, storeUnavailable } from "../../errors.ts"
import { type Attempt, retry } from "../../retry.ts"
import type { CallOptions } from "../store.ts"
import type { S3Credentials } from "./credential-types.ts"
import { isExpired, isTransient, type S3Failure, parseS3Failure, toStoreError } from "./failure.ts"
import type { S3Connection } from "./options.ts"
import { formatS3Url, urlOf } from "./place.ts"
import { exchange, isSuccess, type Reply } from "./transport.ts"

/** What to ask. */
export interface S3Call {
  readonly method: "GET" | "PUT" | "DELETE"
  /** Below the connection's prefix; none for the bucket. */
  readonly key?: string
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array
  /** @throws {original-too-large} where more comes */
  readonly maxBytes?: number | undefined
}

/** A success, or a refusal that will not change by asking again. */
export type S3Result =
  | { readonly reply: Reply; readonly failure?: undefined }
  | { readonly reply?: undefined; readonly failure: S3Failure }

/** A connection that calls can be made by. */
export interface S3Client {
  /** @throws {store-unavailable} {store-denied} and the signal's reason */
  readonly send: (call: S3Call, options?: CallOptions) => Promise<S3Result>
  /** `s3://bucket/key` of a key, for messages. */
  readonly nameOf: (key: string) => string
}

/** What a network or a server does in passing; other system errors (an unknown host, a bad certificate) stay. */
const PASSING: ReadonlySet<string> = new Set([
  "ECONNRESET",
  "ECONNREFUSED",
  "ECONNABORTED",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EAI_AGAIN",
  "HPE_INVALID_CONSTANT",
  "ERR_STALLED",
  "ERR_SHORT_BODY",
])

const isPassingError = (error: unknown): boolean =>
  error instanceof Error && "code" in error && PASSING.has(String(error.code))

/** Kept by day, region and secret: four of the five hashes of a signature are the same all day long. */
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

const attempt = async (connection: S3Connection, call: S3Call, signal: AbortSignal): Promise<Attempt<S3Result>> => {
  try {
    return await sendOnce(connection, call, signal)
  } catch (error) {
    if (signal.aborted || !isPassingError(error)) throw error
    return { transient: storeUnavailable("s3", formatS3Url(connection.place, call.key), error) }
  }
}

export const createClient = (connection: S3Connection): S3Client => {
  const { place, timeouts, retries } = connection
  const send: S3Client["send"] = async (call, { signal } = {}) => {
    signal?.throwIfAborted()
    const name = formatS3Url(place, call.key)
    const limit = new AbortController()
    const timer = setTimeout(
      () => limit.abort(storeUnavailable("s3", name, `not over after ${timeouts.callMs} ms`)),
      timeouts.callMs,
    )
    try {
      const both = signal ? AbortSignal.any([limit.signal, signal]) : limit.signal
      return await retry(() => attempt(connection, call, both), retries, both)
    } catch (error) {
      signal?.throwIfAborted()
      throw codeOf(error) ? error : storeUnavailable("s3", name, error)
    } finally {
      clearTimeout(timer)
    }
  }
  return { send, nameOf: (key) => formatS3Url(place, key) }
}
