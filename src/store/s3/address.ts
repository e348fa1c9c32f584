/** Responsible for the URLs of requests to S3. */
import { encodeKey } from "../../sizes/key.ts"

/** Where the requests for a bucket go. */
export interface S3Address {
  /** Scheme, host and, in path style, the bucket; without a slash at the end. */
  readonly base: string
  readonly region: string
}

/** Options that decide where requests go. */
export interface S3AddressOptions {
  readonly bucket: string
  /** URL of a server other than Amazon's, like `http://127.0.0.1:9000`. */
  readonly endpoint?: string | undefined
  readonly region?: string | undefined
  /** The bucket is in the path instead of the host name. @default true with an endpoint, or if the bucket has a dot in its name */
  readonly pathStyle?: boolean | undefined
}

const amazonOf = (region: string): string =>
  `https://s3.${region}.amazonaws.com${region.startsWith("cn-") ? ".cn" : ""}`

/** The only region of R2 is "auto". Most other servers accept any region, and expect the oldest. */
const defaultRegionOf = (endpoint: string): string =>
  new URL(endpoint).hostname.endsWith(".r2.cloudflarestorage.com") ? "auto" : "us-east-1"

/** Where the requests for a bucket go; undefined if neither region nor endpoint is known. */
export const addressOf = ({ bucket, endpoint, region, pathStyle }: S3AddressOptions): S3Address | undefined => {
  if (endpoint === undefined && region === undefined) return undefined
  const known = region ?? defaultRegionOf(endpoint ?? "")
  const { protocol, host } = new URL(endpoint ?? amazonOf(known))
  // Amazon's certificate covers one label before its own name.
  const isInPath = pathStyle ?? (endpoint !== undefined || bucket.includes("."))
  return { base: isInPath ? `${protocol}//${host}/${bucket}` : `${protocol}//${bucket}.${host}`, region: known }
}

/** RFC 3986, as signatures require: a space is `%20`, and the characters that `encodeURIComponent` keeps are escaped too. */
const encodeQuery = (query: Readonly<Record<string, string>>): string =>
  Object.entries(query)
    .map(([name, value]) => `${name}=${encodeKey(value).replaceAll("/", "%2F")}`)
    .join("&")

/** The URL of an object or, with an empty key, of the bucket. */
export const urlOf = ({ base }: S3Address, key: string, query: Readonly<Record<string, string>> = {}): URL => {
  const search = encodeQuery(query)
  return new URL(`${base}/${encodeKey(key)}${search && `?${search}`}`)
}
