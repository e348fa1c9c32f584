/** Responsible for the headers by which a CDN can forget all renditions of an original: `Cache-Tag`, `CDN-Tag` and `Surrogate-Key`. */
import type { RenditionKey } from "../sizes/key.ts"
import type { Headers, RenditionHeaders } from "./headers.ts"
import type { ResolvedUrl } from "./url-path.ts"

/** Returns the headers of a rendition, for a hit and for a 304. */
export type UrlHeaders = (
  rendition: Parameters<RenditionHeaders>[0],
  resolved: ResolvedUrl,
  size: Parameters<RenditionHeaders>[2],
) => ReturnType<RenditionHeaders>

/**
 * The same headers with tags.
 * @param tagsOf returns the tags of a key, separated by commas; without it, there are none
 */
export const withCacheTags = (
  headersOf: RenditionHeaders,
  tagsOf: ((key: RenditionKey) => string) | undefined,
): UrlHeaders => {
  if (!tagsOf) return headersOf
  return (rendition, resolved, size) => {
    const { whole, notModified } = headersOf(rendition, resolved, size)
    const tags = tagsOf(resolved.parsed.key)
    // Cloudflare, Akamai and Bunny separate tags by commas, Fastly keys by spaces.
    const tagged: Headers = { "cache-tag": tags, "cdn-tag": tags, "surrogate-key": tags.replaceAll(",", " ") }
    return { whole: { ...whole, ...tagged }, notModified: { ...notModified, ...tagged } }
  }
}
