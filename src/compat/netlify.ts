/** Responsible for URLs of Netlify's Image CDN: `/.netlify/images?url=/shop/bag.jpg&w=300&h=200&fit=cover`. */
import { refuse } from "../sizes/decode-path.ts"
import { combine, ignoreOthers, toRequested } from "./combine.ts"
import { COVER, fit, format, gravity, INSIDE, positive } from "./meanings.ts"
import { extractQuery } from "./query.ts"
import type { Service } from "./service.ts"

// Loaded with the service, since bundles of functions leave unpic out.
const { extract } = await import("unpic/providers/netlify")

const MEANINGS = {
  width: positive("width"),
  height: positive("height"),
  format,
  fit: fit({ contain: INSIDE, cover: COVER, fill: COVER }),
  position: gravity(),
}

/** Netlify. */
export const netlify: Service = {
  parse: ({ query }) => {
    const { source = "", options = [] } = extractQuery(extract, "/.netlify/images", query) ?? {}
    if (source === "") return refuse("bad-url", "The URL has no url parameter, which names the original.")
    return toRequested(combine(options, MEANINGS, ignoreOthers), source, "inside")
  },
}
