/** Responsible for `https://host/path` and `http://host/path` in settings. */
import { encodeKey } from "../../sizes/key.ts"

/**
 * The base URL of originals without a slash at its end; undefined for a URL with credentials, a query, a fragment or a dot segment.
 * @example
 * parseHttpUrl("https://cms.example.com/media/") // "https://cms.example.com/media"
 */
export const parseHttpUrl = (text: string): string | undefined => {
  if (!/^https?:\/\/[^/?#@\\]+(?:\/[^?#\\]*)?$/.test(text) || !URL.canParse(text)) return undefined
  const { origin, pathname } = new URL(text)
  const path = pathname.replace(/\/$/, "")
  // A path that changes when it is parsed has dot segments or unescaped characters, and would not be a prefix of the URLs.
  const given = text.replace(/^https?:\/\/[^/]+/, "").replace(/\/$/, "")
  return given !== path || /\/(?:\/|$)/.test(path) ? undefined : origin + path
}

/** The URL of an original. Its key is encoded once, so that names with `%`, `+`, `#`, `?` and spaces stay the same. */
export const urlOf = (base: string, key: string): URL => new URL(`${base}/${encodeKey(key)}`)
