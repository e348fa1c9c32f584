/**
 * Responsible for URLs of Supabase Storage: `/storage/v1/render/image/public/shop/bag.jpg?width=300&height=200`. The bucket is the first
 * segment of the original. unpic returns the whole URL of the object instead, so its extractor is not used.
 */
import { refuse } from "../sizes/decode-path.ts"
import { combine, ignoreOthers, toRequested } from "./combine.ts"
import { COVER, fit, INSIDE, positive } from "./meanings.ts"
import { parseQuery } from "./query.ts"
import type { Service } from "./service.ts"

const PATH = /^\/storage\/v1\/(?:render\/image|object)\/(?:public|sign|authenticated)(\/[^/]+\/.+)$/

const MEANINGS = {
  width: positive("width"),
  height: positive("height"),
  resize: fit({ cover: COVER, fill: COVER, contain: INSIDE }),
}

/** Supabase. */
export const supabase: Service = {
  parse: ({ path, query }) => {
    const source = PATH.exec(path)?.[1]
    if (source === undefined) return refuse("bad-url", "The URL names no original after its bucket.")
    return toRequested(combine(parseQuery(query), MEANINGS, ignoreOthers), source)
  },
}
