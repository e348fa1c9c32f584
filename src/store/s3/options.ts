/** Responsible for the options of the S3 stores and their defaults. */
import { badConfig } from "../../errors.ts"
import type { Retries } from "../../retry.ts"
import { addressOf, type S3Address } from "./address.ts"
import type { CredentialSource, S3Credentials } from "./credential-types.ts"
import { normalisePrefix, type S3Place } from "./place.ts"

/** Time limits, in milliseconds. Each applies by itself. */
export interface S3Timeouts {
  /** The longest time without a byte: while connecting, before the first byte, and between bytes. @default 5000 */
  readonly idleMs: number
  /** One attempt in all. @default 15000 */
  readonly attemptMs: number
  /** A call with all its attempts and the pauses between them. @default 25000 */
  readonly callMs: number
}

/** A bucket, how to reach it and with which credentials. */
export interface S3Options {
  readonly bucket: string
  /** Precedes every key, like `photos/`. @default "" */
  readonly prefix?: string | undefined
  /** @default AWS_REGION, else AWS_DEFAULT_REGION; with an endpoint "us-east-1", on R2 "auto" */
  readonly region?: string | undefined
  /** URL of a server other than Amazon's: `https://<account>.r2.cloudflarestorage.com`, `http://127.0.0.1:9000`. */
  readonly endpoint?: string | undefined
  /** The bucket is in the path instead of the host name. @default true with an endpoint, or if the bucket has a dot in its name */
  readonly pathStyle?: boolean | undefined
  /** Keys, or a function that returns them and is called again before they expire. @default looked up as docs/stores.md describes */
  readonly credentials?: S3Credentials | (() => Promise<S3Credentials>) | undefined
  readonly timeouts?: Partial<S3Timeouts> | undefined
  readonly retries?: Partial<Retries> | undefined
  /** Receives sentences for the operator about problems that no request fails for. */
  readonly onNotice?: ((text: string) => void) | undefined
}

/** Complete options. */
export interface S3Connection {
  readonly place: S3Place
  readonly address: S3Address
  readonly credentials: CredentialSource
  readonly timeouts: S3Timeouts
  readonly retries: Retries
  readonly notify: (text: string) => void
}

const TIMEOUTS: S3Timeouts = { idleMs: 5000, attemptMs: 15_000, callMs: 25_000 }
const RETRIES: Retries = { attempts: 4, baseMs: 100, longestMs: 2000 }

/** Time limits with which a call ends before a request's deadline, so that the store's own error is reported. */
export const timeoutsWithin = (deadlineMs: number): S3Timeouts => ({
  idleMs: Math.min(TIMEOUTS.idleMs, deadlineMs / 6),
  attemptMs: Math.min(TIMEOUTS.attemptMs, deadlineMs / 2),
  callMs: Math.min(TIMEOUTS.callMs, (deadlineMs * 5) / 6),
})

/** @throws {bad-config} without a region, or with a malformed prefix */
export const resolveS3 = (
  options: S3Options,
  defaultRegion: string | undefined,
  sourceOf: (credentials: S3Options["credentials"]) => CredentialSource,
): S3Connection => {
  const { bucket, endpoint, pathStyle } = options
  const region = options.region ?? (endpoint === undefined ? defaultRegion : undefined)
  const prefix = normalisePrefix(options.prefix ?? "")
  const address = addressOf({ bucket, endpoint, region, pathStyle })
  if (!address)
    throw badConfig([`s3Region: Expected the region of the bucket ${bucket}, in this setting or in AWS_REGION.`])
  if (prefix === undefined)
    throw badConfig([`prefix: Expected a prefix like photos/2026, got ${JSON.stringify(options.prefix)}.`])
  return {
    place: { bucket, prefix },
    address,
    credentials: sourceOf(options.credentials),
    timeouts: { ...TIMEOUTS, ...options.timeouts },
    retries: { ...RETRIES, ...options.retries },
    notify: options.onNotice ?? (() => {}),
  }
}
