/** Responsible for `s3://bucket/prefix` in settings. Loads no code of the store, so that reading a setting costs nothing. */
import { normalisePrefix } from "../prefix.ts"
import type { KeyLimits } from "../store.ts"

/** A bucket, and a prefix in it. */
export interface S3Place {
  readonly bucket: string
  /** Empty, or ends with a slash. */
  readonly prefix: string
}

/** 1 024 bytes of UTF-8 in all, however they are divided by slashes (S3 User Guide, "Creating object key names"). */
const MAX_KEY_BYTES = 1024

/** Amazon's rule, extended by the capitals and underscores of older buckets and of other servers. */
const BUCKET = /^[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9]$/

const SCHEME = "s3://"

/**
 * Parses `s3://bucket/prefix`. Bucket and prefix are written without escapes.
 * @returns undefined for any other text
 */
export const parseS3Url = (text: string): S3Place | undefined => {
  if (!text.startsWith(SCHEME)) return undefined
  const [bucket = "", ...rest] = text.slice(SCHEME.length).split("/")
  const prefix = normalisePrefix(rest.join("/"))
  return BUCKET.test(bucket) && prefix !== undefined ? { bucket, prefix } : undefined
}

/** The inverse of {@link parseS3Url}, with a slash at the end of a prefix. */
export const formatS3Url = ({ bucket, prefix }: S3Place, key = ""): string => `${SCHEME}${bucket}/${prefix}${key}`

/** The part of S3's limit that a prefix leaves to keys. */
export const keyLimitsOf = ({ prefix }: S3Place): KeyLimits => {
  const key = MAX_KEY_BYTES - Buffer.byteLength(prefix)
  return { segment: key, key }
}
