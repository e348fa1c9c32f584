/** Responsible for URLs of Astro's image endpoint: `/_image?href=%2F_astro%2Fbag.Bx2.jpg&w=640&h=480&f=webp`. */
import { refuse } from "../sizes/decode-path.ts"
import { combine, ignoreOthers, toRequested } from "./combine.ts"
import { background, CONTAIN, COVER, fit, format, gravity, INSIDE, positive } from "./meanings.ts"
import { extractQuery } from "./query.ts"
import type { Service } from "./service.ts"

// Loaded with the service, since bundles of functions leave unpic out.
const { extract } = await import("unpic/providers/astro")

const MEANINGS = {
  width: positive("width"),
  height: positive("height"),
  format,
  fit: fit({
    cover: COVER,
    outside: COVER,
    fill: COVER,
    contain: CONTAIN,
    inside: INSIDE,
    none: {},
    "scale-down": INSIDE,
  }),
  position: gravity({ entropy: "entropy", attention: "attention" }),
  background,
}

/** Astro. */
export const astro: Service = {
  parse: ({ query }) => {
    const { source = "", options = [] } = extractQuery(extract, "/_image", query) ?? {}
    if (source === "") return refuse("bad-url", "The URL has no href parameter, which names the original.")
    const names = new Set(options.map(([name]) => name))
    // Without `fit`, Astro resizes to the width and keeps the ratio.
    const isWidthOnly = names.has("width") && !names.has("fit")
    const used = isWidthOnly ? options.filter(([name]) => name !== "height") : options
    return toRequested(combine(used, MEANINGS, ignoreOthers), source)
  },
}
