/** Responsible for decoding URL paths, and for the segments of paths and keys: which ones are valid, and how long they are. */

/** Why a URL path is rejected, in words for the client. */
export interface Refusal {
  readonly refused: "bad-url" | "size-not-allowed" | "format-not-allowed" | "original-not-found"
  readonly detail: string
  readonly hint?: string
}

/** Creates a {@link Refusal}. */
export const refuse = (refused: Refusal["refused"], detail: string, hint?: string): Refusal => ({
  refused,
  detail,
  ...(hint && { hint }),
})

/** Length in UTF-8 bytes of a well-formed string. Half a surrogate pair counts as two, so that a pair makes four. */
export const utf8Length = (text: string): number => {
  let byteLength = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code < 0x80) byteLength += 1
    else if (code < 0x800 || (code >= 0xd800 && code < 0xe000)) byteLength += 2
    else byteLength += code < 0x10000 ? 3 : 4
  }
  return byteLength
}

/** Undefined for a malformed escape, invalid UTF-8, and half a surrogate pair, which has no encoding. */
export const recode = (code: (text: string) => string, text: string): string | undefined => {
  try {
    return code(text)
  } catch {
    return undefined
  }
}

/** True for a decoded segment that can be part of a key. Control characters are the Unicode category Cc. */
export const isSegment = (segment: string): boolean =>
  !/^\.{0,2}$|[/\\\0-\x1f\x7f-\x9f]/.test(segment) && recode(encodeURIComponent, segment) !== undefined

/** Why a decoded segment cannot be part of a key. */
export const segmentFault = (segment: string): string => {
  if (segment === "") return "an empty segment"
  if (segment === "." || segment === "..") return `the segment "${segment}"`
  if (/[/\\]/.test(segment)) return "an escaped slash or a backslash"
  return recode(encodeURIComponent, segment) ? "a control character" : "half a surrogate pair"
}

/**
 * The decoded segments of a raw URL path without a query; none for `/`. The path is split at `/` before each segment is decoded once.
 * Rejects malformed escapes, invalid UTF-8, slashes and control characters within a segment, empty segments and dot segments.
 * @example
 * decodePath("/a%20b/480h/c.jpg") // ["a b", "480h", "c.jpg"]
 */
export const decodePath = (path: string): readonly string[] | Refusal => {
  if (!path.startsWith("/")) return refuse("bad-url", "Expected a URL path that starts with a slash.")
  const segments: string[] = []
  if (path === "/") return segments
  for (const raw of path.slice(1).split("/")) {
    const segment = recode(decodeURIComponent, raw)
    if (segment === undefined)
      return refuse("bad-url", "The URL has a malformed escape.", "Write a percent sign as %25.")
    if (!isSegment(segment)) {
      const detail = `The URL has ${segmentFault(segment)}.`
      return refuse("bad-url", detail, "Expected /<directory>/<size>/<file>.")
    }
    segments.push(segment)
  }
  return segments
}
