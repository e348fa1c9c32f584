/** Responsible for `gs://bucket/prefix` in settings. Loads no code of the store, so that reading a setting costs nothing. */
import { normalisePrefix } from "../prefix.ts"
import type { KeyLimits } from "../store.ts"

/** A bucket, and a prefix in it. */
export interface GooglePlace {
  readonly bucket: string
  /** Empty, or ends with a slash. */
  readonly prefix: string
}

/** 1 024 bytes of UTF-8 (Google Cloud documentation, "Object names"). */
const MAX_KEY_BYTES = 1024

/** Google Cloud documentation, "Bucket names": longer only with dots. */
const BUCKET = /^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$/

const SCHEME = "gs://"

/**
 * Parses `gs://bucket/prefix`, which is written without escapes.
 * @returns undefined for any other text
 */
export const parseGoogleUrl = (text: string): GooglePlace | undefined => {
  if (!text.startsWith(SCHEME)) return undefined
  const [bucket = "", ...rest] = text.slice(SCHEME.length).split("/")
  const prefix = normalisePrefix(rest.join("/"))
  return BUCKET.test(bucket) && prefix !== undefined ? { bucket, prefix } : undefined
}

/** The inverse of {@link parseGoogleUrl}, with a slash at the end of a prefix. */
export const formatGoogleUrl = ({ bucket, prefix }: GooglePlace, key = ""): string =>
  `${SCHEME}${bucket}/${prefix}${key}`

/** The part of Google's limit that a prefix leaves to keys. */
export const keyLimitsOf = ({ prefix }: GooglePlace): KeyLimits => {
  const key = MAX_KEY_BYTES - Buffer.byteLength(prefix)
  return { segment: key, key }
}
