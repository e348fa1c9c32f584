/**
 * Responsible for the requests that the edge function accepts: from a URL path and `Accept` to the path of the stored object, with as
 * little work as possible, since CloudFront limits the time of a function. Error messages are not its business.
 *
 * Invariants:
 * - Accepts exactly the URLs that `resolveUrlPath` accepts, and returns the same key, encoded canonically; a test compares them.
 * - Uses built-in functions on whole strings. A loop over characters or segments costs more than the rest together.
 *
 * See docs/decisions/030-edge-fast-path.md.
 */
import { CONTENT_TYPES, type Format, formatOfName } from "../../sizes/format.ts"
import { INFO } from "../../sizes/list.ts"
import { negotiate } from "../../sizes/negotiate.ts"
import { type EdgeList, formatsOf, hasName, valueOf } from "./edge-list.ts"

/** Any character but a slash and unreserved ones (RFC 3986 §2.3). A path without one is in canonical form. */
const ESCAPABLE = /[^\w.~/-]/

/** An empty segment or a dot segment. */
const NO_SEGMENT = /\/\.{0,2}(?:\/|$)/

/** In a decoded path: a backslash or a control character (Unicode category Cc). */
const CONTROL = /[\\\0-\x1f\x7f-\x9f]/

/** Characters that `encodeURIComponent` does not escape, although RFC 3986 reserves them. */
const ESCAPES: Readonly<Record<string, string>> = { "!": "%21", "'": "%27", "(": "%28", ")": "%29", "*": "%2A" }
const UNESCAPED = /[!'()*]/g

/** The canonical encoding of a raw path; empty for one that cannot be decoded or has control characters. */
const recode = (path: string): string => {
  // An escaped slash would be part of a segment.
  if (/%2f/i.test(path)) return ""
  try {
    const decoded = decodeURIComponent(path)
    if (CONTROL.test(decoded)) return ""
    const encoded = encodeURIComponent(decoded).split("%2F").join("/")
    if (encoded.search(UNESCAPED) < 0) return encoded
    return encoded.replace(UNESCAPED, (character) => ESCAPES[character] as string)
  } catch {
    return ""
  }
}

/** The canonical encoding of a raw path behind its base path; empty for one that no key has. */
export const toCanonical = (uri: string, { basePath, maxBytes }: EdgeList): string => {
  // A longer path is not worth decoding: an escaped byte has three characters.
  if (uri.length > basePath.length + 1 + 3 * maxBytes.key || !uri.startsWith(`${basePath}/`)) return ""
  const path = uri.slice(basePath.length)
  const encoded = ESCAPABLE.test(path) ? recode(path) : path
  return NO_SEGMENT.test(encoded) ? "" : encoded
}

/** A canonical path around its size: `head` ends and `tail` starts with a slash. */
export interface PathParts {
  readonly head: string
  readonly size: string
  readonly tail: string
}

/** The parts of a canonical path; the size is empty if it has fewer than two segments. */
export const partsOf = (path: string): PathParts => {
  const end = path.lastIndexOf("/")
  const start = path.lastIndexOf("/", end - 1) + 1
  return { head: path.slice(0, start), size: path.slice(start, end), tail: path.slice(end) }
}

/** Length of an encoded text after decoding, in UTF-8 bytes: an escape has three characters. */
const decodedLength = (text: string): number => text.length - 2 * (text.split("%").length - 1)

/** Like `negotiate`, for a file whose base URL is negotiable. Parses `Accept` only where it must. */
const chooseFormat = (accept: string, file: string, formats: readonly Format[]): Format | undefined => {
  if (accept !== accept.toLowerCase()) return negotiate(accept, file, formats)
  const elements = `,${accept},`
  for (let index = 0; index < formats.length; index++) {
    const format = formats[index] as Format
    const type = CONTENT_TYPES[format]
    const at = elements.indexOf(type)
    if (at < 0) continue
    // Without parameters it has the highest weight, unless it is named again.
    const isHighest = elements.indexOf(`,${type},`) === at - 1 && elements.lastIndexOf(type) === at
    return isHighest ? format : negotiate(accept, file, formats)
  }
  return undefined
}

const extensionOf = (tail: string): string => tail.slice(tail.lastIndexOf(".") + 1)

/** A file name that is only an extension, or has only dots before it: `.json`, `..json`, `...json`. */
const NO_STEM = /^\/\.{0,2}\.\w+$/

/** True if every key of the original is within the limits of the bucket. */
export const fits = ({ head, size, tail }: PathParts, list: EdgeList): boolean => {
  const { room } = list
  if (head.length + tail.length <= room) return true
  // Only a long path needs a closer look: its escapes become bytes, and its last extension may not be part of the original's name.
  const extension = extensionOf(tail)
  const isFormat = formatsOf(size, list).includes(extension as Format) || valueOf(list.forced, size) === extension
  const isAdded = (size === INFO || isFormat) && !NO_STEM.test(tail)
  return decodedLength(head + tail) - (isAdded ? extension.length + 1 : 0) <= room
}

/** True if the last folder of the original is named like a size: in a shared store, it can only be a rendition. */
const isInSizeFolder = (head: string, { names, retired, aliases }: EdgeList): boolean => {
  const parent = head.slice(head.lastIndexOf("/", head.length - 2) + 1, -1)
  return parent === INFO || hasName(names, parent) || hasName(retired, parent) || valueOf(aliases, parent) !== undefined
}

/** The name of the listed size for an unlisted one; undefined if there is none. */
export type SnapSize = (size: string, list: EdgeList) => string | undefined

/** A canonical path with a listed size. Undefined if its size is not listed and none is chosen for it, and for info without a name. */
export const toListed = (path: string, list: EdgeList, snapSize: SnapSize | undefined): PathParts | undefined => {
  const parts = partsOf(path)
  const { head, size, tail } = parts
  if (hasName(list.names, size)) return parts
  if (size === INFO) return tail.endsWith(".json") && !NO_STEM.test(tail) ? parts : undefined
  const name = valueOf(list.aliases, size) ?? (hasName(list.retired, size) ? undefined : snapSize?.(size, list))
  return name === undefined ? undefined : { head, size: name, tail }
}

/** The path of a size with a forced format: the base URL means the explicit key. */
const toForcedPath = (path: string, tail: string, format: string): string => {
  const rest = tail.slice(1, -format.length - 1)
  return tail.endsWith(`.${format}`) && !NO_STEM.test(tail) && formatOfName(rest) ? path : `${path}.${format}`
}

/** The path of the stored object; undefined for a request that is refused. */
export const toStoredPath = (
  uri: string,
  accept: string | undefined,
  list: EdgeList,
  snapSize?: SnapSize,
): string | undefined => {
  const { sharedStore } = list
  const parts = toListed(toCanonical(uri, list), list, snapSize)
  if (!parts || !fits(parts, list) || (sharedStore && isInSizeFolder(parts.head, list))) return undefined
  const { head, size, tail } = parts
  const path = head + size + tail
  const forced = valueOf(list.forced, size)
  if (forced !== undefined) return toForcedPath(path, tail, forced)
  const formats = formatsOf(size, list)
  // Encoded, it is ASCII.
  const extension = extensionOf(tail).toLowerCase()
  if (!accept || size === INFO || formats.includes(extension as Format)) return path
  const file = tail.slice(1)
  const format = formatOfName(file) ? chooseFormat(accept, file, formats) : undefined
  return format ? `${path}.${format}` : path
}
