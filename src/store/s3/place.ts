/** `s3://bucket/prefix` as text, and how the objects in it are addressed. Knows nothing of requests, so that reading a setting costs nothing. */
import { encodeKey } from "../../sizes/key.ts"
import type { KeyLimits } from "../store.ts"

/** A bucket, and where in it. */
export interface S3Place {
  readonly bucket: string
  /** Empty, or with a slash at its end. */
  readonly prefix: string
}

/** S3 API reference, "Creating object key names": 1 024 bytes of UTF-8, however they are divided by slashes. */
const MAX_KEY_BYTES = 1024

/** Amazon's rule, and with capitals and underscores those of older buckets and of other servers. */
const BUCKET = /^[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9]$/

const SCHEME = "s3://"

/** What a prefix is with a slash at its end, or empty; undefined where it has an empty or dot segment. */
export const normalisePrefix = (prefix: string): string | undefined => {
  const trimmed = prefix.replace(/\/$/, "")
  if (trimmed === "") return ""
  return trimmed.split("/").some((segment) => ["", ".", ".."].includes(segment)) ? undefined : `${trimmed}/`
}

/** `s3://bucket/prefix`, its parts as they are written, without any escapes; undefined where it is no such place. */
export const parseS3Url = (text: string): S3Place | undefined => {
  if (!text.startsWith(SCHEME)) return undefined
  const [bucket = "", ...rest] = text.slice(SCHEME.length).split("/")
  const prefix = normalisePrefix(rest.join("/"))
  return BUCKET.test(bucket) && prefix !== undefined ? { bucket, prefix } : undefined
}

/** The inverse of {@link parseS3Url}, with a slash at its end where there is a prefix. */
export const formatS3Url = ({ bucket, prefix }: S3Place, key = ""): string => `${SCHEME}${bucket}/${prefix}${key}`

/** What is left of S3's limit for keys below a prefix. */
export const keyLimitsOf = ({ prefix }: S3Place): KeyLimits => {
  const key = MAX_KEY_BYTES - Buffer.byteLength(prefix)
  return { segment: key, key }
}

/** Where requests go. */
export interface S3Address {
  /** Scheme, host and, in path style, the bucket; no slash at its end. */
  readonly base: string
  readonly region: string
}

/** What decides where requests go. */
export interface S3AddressOptions {
  readonly bucket: string
  /** Of another server than Amazon's, like `http://127.0.0.1:9000`. */
  readonly endpoint?: string | undefined
  readonly region?: string | undefined
  /** The bucket in the path rather than in the host's name. @default true with an endpoint, or for a bucket with dots in its name */
  readonly pathStyle?: boolean | undefined
}

const amazonOf = (region: string): string =>
  `https://s3.${region}.amazonaws.com${region.startsWith("cn-") ? ".cn" : ""}`

/** R2 calls its only region so; other servers than Amazon's care little, and most expect the oldest. */
const defaultRegionOf = (endpoint: string): string =>
  new URL(endpoint).hostname.endsWith(".r2.cloudflarestorage.com") ? "auto" : "us-east-1"

/** Where requests go; undefined without a region where only Amazon's can be meant. */
export const addressOf = ({ bucket, endpoint, region, pathStyle }: S3AddressOptions): S3Address | undefined => {
  if (endpoint === undefined && region === undefined) return undefined
  const known = region ?? defaultRegionOf(endpoint ?? "")
  const { protocol, host } = new URL(endpoint ?? amazonOf(known))
  // Amazon's certificate is for one label before its own name.
  const isInPath = pathStyle ?? (endpoint !== undefined || bucket.includes("."))
  return { base: isInPath ? `${protocol}//${host}/${bucket}` : `${protocol}//${bucket}.${host}`, region: known }
}

/** RFC 3986, as signatures want it: a space is `%20`, and what `encodeURIComponent` leaves is escaped too. */
const encodeQuery = (query: Readonly<Record<string, string>>): string =>
  Object.entries(query)
    .map(([name, value]) => `${name}=${encodeKey(value).replaceAll("/", "%2F")}`)
    .join("&")

/** The address of an object, or with an empty key of the bucket. */
export const urlOf = ({ base }: S3Address, key: string, query: Readonly<Record<string, string>> = {}): URL => {
  const search = encodeQuery(query)
  return new URL(`${base}/${encodeKey(key)}${search && `?${search}`}`)
}
