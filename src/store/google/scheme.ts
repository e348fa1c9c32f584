/** Responsible for Google Cloud Storage in the table of URL schemes. Reading a setting loads nothing else of it. */
import { timeoutsWithin } from "../bounded-call.ts"
import type { OpenOptions, Scheme } from "../scheme.ts"
import type { GoogleOptions } from "./options.ts"
import { formatGoogleUrl, type GooglePlace, keyLimitsOf, parseGoogleUrl } from "./place.ts"

const placeOf = (url: string): GooglePlace => parseGoogleUrl(url) ?? { bucket: "", prefix: "" }

const toGoogleOptions = (url: string, { deadlineMs, onNotice }: OpenOptions): GoogleOptions => ({
  ...placeOf(url),
  timeouts: timeoutsWithin(deadlineMs),
  onNotice,
})

/** Buckets of Google Cloud Storage. */
export const googleScheme: Scheme = {
  name: "google",
  form: "gs://bucket/prefix",
  normalise: (text) => {
    const place = parseGoogleUrl(text)
    return place && formatGoogleUrl(place).replace(/\/$/, "")
  },
  openOriginals: async (url, options) => {
    const { googleOriginals } = await import("./google.ts")
    return googleOriginals(toGoogleOptions(url, options))
  },
  renditions: {
    keyLimits: (url) => keyLimitsOf(placeOf(url)),
    open: async (url, options) => {
      const { googleRenditions } = await import("./google.ts")
      return googleRenditions({ ...toGoogleOptions(url, options), cacheControl: options.cacheControl })
    },
  },
}
