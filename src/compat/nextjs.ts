/** Responsible for URLs of next/image: `/_next/image?url=%2Fshop%2Fbag.jpg&w=640&q=75`. */
import { refuse } from "../sizes/decode-path.ts"
import { combine, ignoreOthers, toRequested } from "./combine.ts"
import { positive } from "./meanings.ts"
import { extractQuery } from "./query.ts"
import type { Service } from "./service.ts"

// Loaded with the service, since bundles of functions leave unpic out.
const { extract } = await import("unpic/providers/nextjs")

const MEANINGS = { width: positive("width") }

/** A service with the query of Next.js below another path. */
export const imageEndpoint = (path: string): Service => ({
  parse: ({ query }) => {
    const { source = "", options = [] } = extractQuery(extract, path, query) ?? {}
    if (source === "") return refuse("bad-url", "The URL has no url parameter, which names the original.")
    return toRequested(combine(options, MEANINGS, ignoreOthers), source)
  },
})

/** Next.js. */
export const nextjs: Service = imageEndpoint("/_next/image")
