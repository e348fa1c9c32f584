/** Responsible for servers of HTTP in the table of URL schemes. */
import { timeoutsWithin } from "../bounded-call.ts"
import type { Scheme } from "../scheme.ts"
import { parseHttpUrl } from "./place.ts"

/** Servers of HTTP, whose originals can be read. */
export const httpScheme: Scheme = {
  name: "http",
  form: "https://host/path",
  normalise: parseHttpUrl,
  openOriginals: async (baseUrl, { originalsHeaders, maxBytes, deadlineMs, onNotice }) => {
    const { httpOriginals } = await import("./http.ts")
    return httpOriginals({
      baseUrl,
      headers: originalsHeaders,
      maxBytes,
      timeouts: timeoutsWithin(deadlineMs),
      onNotice,
    })
  },
}
