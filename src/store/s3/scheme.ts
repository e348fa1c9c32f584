/** Responsible for S3 in the table of URL schemes. Reading a setting loads nothing else of it. */
import { timeoutsWithin } from "../bounded-call.ts"
import type { OpenOptions, Scheme } from "../scheme.ts"
import type { S3Options } from "./options.ts"
import { formatS3Url, keyLimitsOf, parseS3Url, type S3Place } from "./place.ts"

const placeOf = (url: string): S3Place => parseS3Url(url) ?? { bucket: "", prefix: "" }

const toS3Options = (url: string, options: OpenOptions): S3Options => ({
  ...placeOf(url),
  endpoint: options.s3Endpoint,
  region: options.s3Region,
  pathStyle: options.s3PathStyle,
  timeouts: timeoutsWithin(options.deadlineMs),
  onNotice: options.onNotice,
})

/** Buckets of S3 and of servers with its API. */
export const s3Scheme: Scheme = {
  name: "s3",
  form: "s3://bucket/prefix",
  normalise: (text) => {
    const place = parseS3Url(text)
    return place && formatS3Url(place).replace(/\/$/, "")
  },
  missingSetting: (url, { s3Endpoint, s3Region }) =>
    s3Endpoint === undefined && s3Region === undefined
      ? `s3Region: Expected the region of ${url}, in this setting or in AWS_REGION.`
      : undefined,
  openOriginals: async (url, options) => {
    const { s3Originals } = await import("./s3.ts")
    return s3Originals(toS3Options(url, options))
  },
  renditions: {
    keyLimits: (url) => keyLimitsOf(placeOf(url)),
    open: async (url, options) => {
      const { s3Renditions } = await import("./s3.ts")
      return s3Renditions({ ...toS3Options(url, options), cacheControl: options.cacheControl })
    },
  },
}
