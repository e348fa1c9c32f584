/** Responsible for Azure in the table of URL schemes. Reading a setting loads nothing else of it. */
import { timeoutsWithin } from "../bounded-call.ts"
import type { OpenOptions, Scheme } from "../scheme.ts"
import type { AzureOptions } from "./options.ts"
import { type AzurePlace, formatAzureUrl, keyLimitsOf, parseAzureUrl } from "./place.ts"

const placeOf = (url: string): AzurePlace => parseAzureUrl(url) ?? { account: "", container: "", prefix: "" }

const toAzureOptions = (url: string, { deadlineMs, onNotice }: OpenOptions): AzureOptions => ({
  ...placeOf(url),
  timeouts: timeoutsWithin(deadlineMs),
  onNotice,
})

/** Containers of Azure Blob Storage. */
export const azureScheme: Scheme = {
  name: "azure",
  form: "azure://account/container/prefix",
  normalise: (text) => {
    const place = parseAzureUrl(text)
    return place && formatAzureUrl(place).replace(/\/$/, "")
  },
  openOriginals: async (url, options) => {
    const { azureOriginals } = await import("./azure.ts")
    return azureOriginals(toAzureOptions(url, options))
  },
  renditions: {
    keyLimits: (url) => keyLimitsOf(placeOf(url)),
    open: async (url, options) => {
      const { azureRenditions } = await import("./azure.ts")
      return azureRenditions({ ...toAzureOptions(url, options), cacheControl: options.cacheControl })
    },
  },
}
