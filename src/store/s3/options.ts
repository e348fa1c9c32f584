/** Responsible for the options of the S3 stores and their defaults. */
import { badConfig } from "../../errors.ts"
import type { Retries } from "../../retry.ts"
import { DEFAULT_RETRIES, DEFAULT_TIMEOUTS, type Timeouts } from "../bounded-call.ts"
import { normalisePrefix } from "../prefix.ts"
import { addressOf, type S3Address } from "./address.ts"
import type { CredentialSource, S3Credentials } from "./credential-types.ts"
import type { S3Place } from "./place.ts"

/** Time limits, in milliseconds. Each applies by itself. */
export type S3Timeouts = Timeouts

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
    timeouts: { ...DEFAULT_TIMEOUTS, ...options.timeouts },
    retries: { ...DEFAULT_RETRIES, ...options.retries },
    notify: options.onNotice ?? (() => {}),
  }
}
