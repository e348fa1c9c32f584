/**
 * Responsible for URLs of Storyblok's image service: `/f/39898/3310x2192/e4ec08624e/bag.jpg/m/300x200/smart/filters:format(webp)`. The part
 * behind `/m/` has the grammar of thumbor. unpic does not read `fit-in` and `smart`, so its extractor is not used.
 */
import { recode, refuse } from "../sizes/decode-path.ts"
import { toRequested } from "./combine.ts"
import type { Service } from "./service.ts"
import { partsOf } from "./thumbor.ts"

/** Without modifiers, the URL is that of the original. */
const PATH = /^(\/f\/\d+\/(?:\d+x\d+\/)?\w+\/[^/]+)(?:\/m(?:\/(.*))?)?$/

/** Storyblok. */
export const storyblok: Service = {
  parse: ({ path }) => {
    const [, source, modifiers = ""] = PATH.exec(path) ?? []
    if (source === undefined) return refuse("bad-url", "The URL names no original of Storyblok.")
    const readable = (recode(decodeURIComponent, modifiers) ?? modifiers).replace(/\/+$/, "")
    const parts = partsOf(readable === "" ? "" : `${readable}/`)
    if (!parts) return refuse("bad-url", "The part of the URL behind /m/ is not understood.")
    return toRequested(parts, source)
  },
}
