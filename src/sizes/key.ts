/**
 * Addresses: original + size + format to key and back. The address is the storage key, so this file decides what can ever be stored.
 *
 * `<dir>/<size>/<file>` is a base rendition, `<dir>/<size>/<file>.webp` an explicit format, `<dir>/info/<file>.json` the facts.
 * Parsing does no I/O. One address can mean two originals (`img.jpg.webp`: the WebP of `img.jpg`, or an original of that name); parsing
 * gives both readings in order, and the second counts only when the first original is absent.
 * Holds: what was formatted is among parse's readings; every reading formats back to the same key; no segment is empty, `.` or `..`.
 * It runs in CloudFront Functions too, whose engine knows little beyond ES5 and counts characters where others count UTF-16 units.
 */
import { FORMATS, type Format, formatOfName } from "./format.ts"
import { INFO, isSizeName, nearestSize, type Size, type SizeList } from "./list.ts"
import { parseSize } from "./size.ts"

declare const brand: unique symbol
/** A checked key of an original. */
export type OriginalKey = string & { readonly [brand]: "original" }
/** A checked key of a rendition. */
export type RenditionKey = string & { readonly [brand]: "rendition" }

/** What addresses mean in one installation. */
export interface Grammar {
  readonly sizes: SizeList
  /** Explicit formats, in order of preference. */
  readonly formats: readonly Format[]
  /** Refused, still purged. */
  readonly retired: { readonly sizes: readonly string[]; readonly formats: readonly Format[] }
  /** Originals and renditions live in one store: a key with a size as its last but one segment is then never an original. */
  readonly sharedStore: boolean
  /** What precedes every address, for hints; parsing starts behind it. */
  readonly basePath?: string
  /** What the store of renditions can hold, in UTF-8 bytes. */
  readonly maxBytes: { readonly segment: number; readonly key: number }
}

/** One meaning of a picture's address; `format` is undefined for the original's own. */
interface ImageReading<S> {
  readonly original: OriginalKey
  readonly size: S
  readonly format: Format | undefined
}

/** One meaning of an address. `size` is "info" for the facts. */
export type Reading = ImageReading<Size | typeof INFO>

/** Why an address means nothing, in words for whoever asked. */
export interface Refusal {
  readonly refused: "bad-url" | "size-not-allowed" | "format-not-allowed" | "original-not-found"
  readonly detail: string
  readonly hint?: string
}

/** What an address means. */
export interface Parsed {
  readonly key: RenditionKey
  /** In order; never empty. */
  readonly readings: readonly [Reading, ...Reading[]]
  /** What to say when every original is absent and the file's last extension is a format that is not listed. */
  readonly otherwise?: Refusal
}

const refuse = (refused: Refusal["refused"], detail: string, hint?: string): Refusal => ({
  refused,
  detail,
  ...(hint && { hint }),
})

/** Length in UTF-8 bytes, of a well-formed string. Half a surrogate pair counts for two, which makes four of a whole one. */
const utf8Length = (text: string): number => {
  let bytes = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code < 0x80) bytes += 1
    else if (code < 0x800 || (code >= 0xd800 && code < 0xe000)) bytes += 2
    else bytes += code < 0x10000 ? 3 : 4
  }
  return bytes
}

/** Undefined for a malformed escape, bad UTF-8 and half a surrogate pair, which has no encoding. */
const recode = (code: (text: string) => string, text: string): string | undefined => {
  try {
    return code(text)
  } catch {
    return undefined
  }
}

/** True for a decoded segment that can be part of a key: control characters are those of Unicode's category Cc. */
const isSegment = (segment: string): boolean =>
  !/^\.{0,2}$|[/\\\0-\x1f\x7f-\x9f]/.test(segment) && recode(encodeURIComponent, segment) !== undefined

/** Why a decoded segment cannot be part of a key. */
const segmentFault = (segment: string): string => {
  if (segment === "") return "an empty segment"
  if (segment === "." || segment === "..") return `the segment "${segment}"`
  if (/[/\\]/.test(segment)) return "an escaped slash or a backslash"
  return recode(encodeURIComponent, segment) ? "a control character" : "half a surrogate pair"
}

/**
 * Segments of a raw path (`/a%20b/480h/c.jpg`, no query): split at `/` first, then each decoded once.
 * Refuses what no key can hold: malformed escapes, bad UTF-8, slashes and control characters within a segment, empty and dot segments.
 * The root (`/`) has none.
 */
export const decodePath = (path: string): readonly string[] | Refusal => {
  if (!path.startsWith("/")) return refuse("bad-url", "Expected a path that starts with a slash.")
  const segments: string[] = []
  if (path === "/") return segments
  for (const raw of path.slice(1).split("/")) {
    const segment = recode(decodeURIComponent, raw)
    if (segment === undefined)
      return refuse("bad-url", "The address has a malformed escape.", "A percent sign is written %25.")
    if (!isSegment(segment)) {
      const detail = `The address has ${segmentFault(segment)}.`
      return refuse("bad-url", detail, "Expected /<directory>/<size>/<file>.")
    }
    segments.push(segment)
  }
  return segments
}

/** An original's key, checked; undefined for a text that can be none (empty, absolute, dot segments, control characters). */
export const toOriginalKey = (text: string): OriginalKey | undefined =>
  text.split("/").every(isSegment) ? (text as OriginalKey) : undefined

/** The directory of a key, with its trailing slash (empty at the root), and its file. */
export const splitKey = (key: string): { readonly directory: string; readonly file: string } => {
  const at = key.lastIndexOf("/") + 1
  return { directory: key.slice(0, at), file: key.slice(at) }
}

/** What a key is made of: of a size, its name alone. */
export interface KeyParts extends Pick<Reading, "original" | "format"> {
  readonly size: Pick<Size, "name"> | typeof INFO
}

/** The key of a rendition; the inverse of {@link parseKey}. */
export const formatKey = ({ original, size, format }: KeyParts): RenditionKey => {
  const { directory, file } = splitKey(original)
  const extension = size === INFO ? "json" : format
  return `${directory}${size === INFO ? INFO : size.name}/${file}${extension ? `.${extension}` : ""}` as RenditionKey
}

/** Canonical percent-encoding of a key, without a leading slash: all but unreserved characters (RFC 3986 §2.3) are escaped. */
export const encodeKey = (key: string): string =>
  key
    .split("/")
    .map((segment) =>
      encodeURIComponent(segment).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`),
    )
    .join("/")

const isReserved = (segment: string | undefined, { sizes, retired }: Grammar): boolean =>
  segment !== undefined &&
  (segment === INFO || retired.sizes.includes(segment) || sizes.some((size) => size.name === segment))

/** False for a key that can only be a rendition: in a shared store, one whose last but one segment is a size, present or retired. */
export const canBeOriginal = (key: string, grammar: Grammar): boolean =>
  !grammar.sharedStore || !isRenditionKey(key, grammar)

/** True for a key whose last but one segment is a size, present or retired, or `info`: in a store of renditions, it is one. */
export const isRenditionKey = (key: string, grammar: Grammar): boolean => {
  const segments = key.split("/")
  return isReserved(segments[segments.length - 2], grammar)
}

const refuseSize = (asked: string, { sizes, retired }: Grammar): Refusal => {
  const shown = JSON.stringify(utf8Length(asked) > 64 ? `${/^[ -~]{0,64}/.exec(asked)?.[0]}…` : asked)
  const nearest = nearestSize(asked, sizes)
  const all = `Allowed: ${sizes.map((size) => size.name).join(", ")}.`
  const what = retired.sizes.includes(asked) ? `${shown} is retired.` : `${shown} is not on the list of sizes.`
  return refuse("size-not-allowed", what, nearest ? `The nearest is ${nearest.name}. ${all}` : all)
}

const parseInfo = (directory: string, file: string, { basePath = "" }: Grammar): Parsed | Refusal => {
  const original = file.slice(0, -".json".length)
  if (!file.endsWith(".json") || !isSegment(original)) {
    return refuse(
      "bad-url",
      "Facts of a photo are addressed with .json at the end.",
      `Try ${basePath}/${encodeKey(`${directory}${INFO}/${file}`)}.json.`,
    )
  }
  return {
    key: `${directory}${INFO}/${file}` as RenditionKey,
    readings: [{ original: `${directory}${original}` as OriginalKey, size: INFO, format: undefined }],
  }
}

/** The key that an encoded one decodes to; undefined where it can be none. */
export const decodeKey = (path: string): string | undefined =>
  /%2f/i.test(path) ? undefined : toOriginalKey(recode(decodeURIComponent, path) ?? "")

/** What the address of a picture means, in order, for any list of formats: the last extension may be a format, or the file's own. */
export const imageReadings = <S>(
  directory: string,
  file: string,
  size: S,
  formats: readonly Format[],
): readonly [ImageReading<S>, ...ImageReading<S>[]] => {
  const base = { original: (directory + file) as OriginalKey, size, format: undefined }
  const format = formats.find((one) => file.endsWith(`.${one}`))
  const rest = file.slice(0, -`.${format}`.length)
  if (!format || !isSegment(rest)) return [base]
  const explicit = { original: (directory + rest) as OriginalKey, size, format }
  return formatOfName(rest) ? [explicit, base] : [base, explicit]
}

const parseImage = (directory: string, file: string, size: Size, { formats, retired }: Grammar): Parsed => {
  const readings = imageReadings(directory, file, size, FORMATS)
  const base = readings.find(({ format }) => format === undefined) ?? readings[0]
  const key = formatKey(base)
  const format = readings.find((reading) => reading !== base)?.format
  if (!format || formats.includes(format)) return { key, readings }
  if (readings[0] === base) return { key, readings: [base] }
  const why = retired.formats.includes(format) ? "is retired" : "is not on the list of formats"
  const allowed = `Allowed: ${formats.join(", ") || "none but the original's own"}.`
  return { key, readings: [base], otherwise: refuse("format-not-allowed", `"${format}" ${why}.`, allowed) }
}

const longest = (texts: readonly string[]): number => texts.reduce((most, text) => Math.max(most, utf8Length(text)), 0)

/** True where every key that an original can have, and its record, fits the store. */
const fits = (original: string, { sizes, formats, retired, maxBytes }: Grammar): boolean => {
  const { directory, file } = splitKey(original)
  const ending = ".".length + longest(["json"].concat(formats, retired.formats))
  const name = longest(
    [INFO].concat(
      sizes.map((size) => size.name),
      retired.sizes,
    ),
  )
  const fileBytes = utf8Length(file) + ending + ".json".length
  return (
    Math.max(fileBytes, longest(directory.split("/"))) <= maxBytes.segment &&
    utf8Length(directory) + name + 1 + fileBytes <= maxBytes.key
  )
}

/** What decoded segments mean: a key with its readings, or a refusal with a reason. */
export const parseKey = (segments: readonly string[], grammar: Grammar): Parsed | Refusal => {
  const file = segments[segments.length - 1]
  const sizeSegment = segments[segments.length - 2]
  if (file === undefined || sizeSegment === undefined) {
    const { basePath = "" } = grammar
    return refuse(
      "bad-url",
      "The address has no size.",
      `Expected ${basePath}/<directory>/<size>/<file>, for instance ${basePath}/${grammar.sizes[0].name}/photo.jpg.`,
    )
  }
  const directory = segments
    .slice(0, -2)
    .map((segment) => `${segment}/`)
    .join("")
  const size = grammar.sizes.find(({ name }) => name === sizeSegment)
  if (!size && sizeSegment !== INFO) return refuseSize(sizeSegment, grammar)
  const parsed = size ? parseImage(directory, file, size, grammar) : parseInfo(directory, file, grammar)
  if ("refused" in parsed) return parsed
  const fitting = parsed.readings.filter(({ original }) => fits(original, grammar))
  if (fitting.length === 0) return refuse("bad-url", "The address is too long to be stored.")
  const readings = fitting.filter(({ original }) => canBeOriginal(original, grammar))
  if (readings.length > 0) return { ...parsed, readings: readings as [Reading, ...Reading[]] }
  return refuse(
    "original-not-found",
    "A rendition is no original.",
    "Ask for a size of the photo that it was made from.",
  )
}

/**
 * Every original that a rendition's key may be of, whatever the list of sizes and formats is, was or will be; never empty. More than one
 * where the file ends in a format's extension: the file as it is named, and what is left without it.
 */
export const originalsIn = (key: string): readonly [string, ...string[]] => {
  const segments = key.split("/")
  const file = segments[segments.length - 1] ?? ""
  const size = segments[segments.length - 2]
  const directory = segments
    .slice(0, -2)
    .map((segment) => `${segment}/`)
    .join("")
  if (size === INFO) return [`${directory}${file.replace(/\.json$/, "")}`]
  const extension = FORMATS.find((format) => file.endsWith(`.${format}`))
  const named = `${directory}${file}`
  return extension ? [named, named.slice(0, -extension.length - 1)] : [named]
}

/** Every key that an original can ever have: each size, present or retired, as base and in every format ever listed, and its info. */
export const keysOf = (original: OriginalKey, { sizes, formats, retired }: Grammar): readonly RenditionKey[] => {
  const { directory, file } = splitKey(original)
  const endings = ["", ...[...formats, ...retired.formats].map((format) => `.${format}`)]
  const names = [...sizes.map((size) => size.name), ...retired.sizes]
  const keys = names.flatMap((name) => endings.map((ending) => `${directory}${name}/${file}${ending}`))
  return [...keys, `${directory}${INFO}/${file}.json`] as RenditionKey[]
}

/** True for a text that may stand in `retired.sizes`: a size or a size's name. */
export const isSizeSegment = (text: string): boolean => parseSize(text) !== undefined || isSizeName(text)
