/**
 * Responsible for keys: from original, size and format to a key and back. A key is also the path in the URL and in the store, so this
 * module decides which files can ever be stored. It does no I/O.
 *
 * `<dir>/<size>/<file>` is a base rendition, `<dir>/<size>/<file>.webp` has an explicit format, `<dir>/info/<file>.json` describes the
 * original. A key can belong to two originals: `img.jpg.webp` is the WebP of `img.jpg`, or a base rendition of an original of that name.
 * Parsing returns both readings in order; the second applies only if the first original does not exist.
 *
 * Invariants:
 * - `parseKey` returns the reading that `formatKey` was called with, and every reading formats to the same key.
 * - No segment of a key is empty, `.` or `..`.
 *
 * The module also runs in CloudFront Functions, whose engine has little beyond ES5 and counts characters instead of UTF-16 units.
 */
import { isSegment, recode, refuse, type Refusal } from "./decode-path.ts"
import { FORMATS, type Format, hasImageExtension, isImageName } from "./format.ts"
import { endingBytes, fits } from "./key-length.ts"
import { INFO, nearestSize, type Size, type SizeList, sizeNamed } from "./list.ts"
import { NO_ORIGINAL, refuseInfo, refuseLongName, refuseMissingSize, refuseSize, TOO_LONG } from "./reject-key.ts"

declare const brand: unique symbol
/** The key of an original, validated. */
export type OriginalKey = string & { readonly [brand]: "original" }
/** The key of a rendition, validated. */
export type RenditionKey = string & { readonly [brand]: "rendition" }

/** The settings that decide which URLs an installation accepts. */
export interface Grammar {
  readonly sizes: SizeList
  /** Explicit formats, in order of preference. */
  readonly formats: readonly Format[]
  /** No longer accepted in URLs, but still purged. */
  readonly retired: { readonly sizes: readonly string[]; readonly formats: readonly Format[] }
  /** True if one store holds originals and renditions: a key with a size as its second-to-last segment is then never an original. */
  readonly sharedStore: boolean
  /** URL path prefix, for hints in error messages. Parsed paths do not include it. */
  readonly basePath?: string
  /** Limits of the store of renditions, in UTF-8 bytes. */
  readonly maxBytes: { readonly segment: number; readonly key: number }
}

/** One reading of an image's key. */
interface ImageReading<S> {
  readonly original: OriginalKey
  readonly size: S
  /** The explicit format; undefined for a base URL. */
  readonly format: Format | undefined
}

/** One reading of a key. `size` is "info" for the description of the original. */
export type Reading = ImageReading<Size | typeof INFO>

/** A parsed key. */
export interface Parsed {
  readonly key: RenditionKey
  /** In order of preference; never empty. */
  readonly readings: readonly [Reading, ...Reading[]]
  /** The error if no original exists and the last extension is a format that is not listed. */
  readonly otherwise?: Refusal
  /** For a size with a forced format: another key that the URL means if no original of this one exists. */
  readonly alternative?: Parsed
}

/**
 * The key of an original; undefined for an invalid one (empty, absolute, with dot segments or control characters).
 * @example
 * toOriginalKey("shop/bag.jpg") // "shop/bag.jpg"
 * toOriginalKey("../bag.jpg") // undefined
 */
export const toOriginalKey = (text: string): OriginalKey | undefined =>
  text.split("/").every(isSegment) ? (text as OriginalKey) : undefined

/** The directory of a key, with its trailing slash (empty for the root), and its file. */
export const splitKey = (key: string): { readonly directory: string; readonly file: string } => {
  const at = key.lastIndexOf("/") + 1
  return { directory: key.slice(0, at), file: key.slice(at) }
}

/** The parts of a key. Only the name of a size matters. */
export interface KeyParts extends Pick<Reading, "original" | "format"> {
  readonly size: Pick<Size, "name"> | typeof INFO
}

/**
 * The key of a rendition; the inverse of {@link parseKey}.
 * @example
 * const original = toOriginalKey("shop/bag.jpg")
 * if (original) formatKey({ original, size: { name: "640w" }, format: "webp" }) // "shop/640w/bag.jpg.webp"
 */
export const formatKey = ({ original, size, format }: KeyParts): RenditionKey => {
  const { directory, file } = splitKey(original)
  const extension = size === INFO ? "json" : format
  return `${directory}${size === INFO ? INFO : size.name}/${file}${extension ? `.${extension}` : ""}` as RenditionKey
}

/**
 * The canonical percent-encoding of a key, without a leading slash: only unreserved characters (RFC 3986 §2.3) are not escaped.
 * @example
 * encodeKey("a b/480h/c.jpg") // "a%20b/480h/c.jpg"
 */
export const encodeKey = (key: string): string =>
  key
    .split("/")
    .map((segment) =>
      encodeURIComponent(segment).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`),
    )
    .join("/")

/**
 * False for a key that can only be a rendition: in a shared store, one whose second-to-last segment is a size, listed or retired.
 * @example
 * canBeOriginal("shop/640w/bag.jpg", { ...grammar, sharedStore: true }) // false if 640w is a size
 */
export const canBeOriginal = (key: string, grammar: Grammar): boolean =>
  !grammar.sharedStore || !isRenditionKey(key, grammar)

/** True for a key whose second-to-last segment is `info` or a size, listed or retired. */
export const isRenditionKey = (key: string, { sizes, retired }: Grammar): boolean => {
  const segments = key.split("/")
  const segment = segments[segments.length - 2] ?? ""
  return segment === INFO || retired.sizes.includes(segment) || sizeNamed(segment, sizes) !== undefined
}

/** The key of an original that is named like an image; undefined for any other text, and for a key that can only be a rendition. */
export const imageKeyOf = (text: string, grammar: Grammar): OriginalKey | undefined => {
  const key = toOriginalKey(text)
  return key !== undefined && isImageName(splitKey(key).file) && canBeOriginal(key, grammar) ? key : undefined
}

const rejectSize = (
  directory: string,
  requested: string,
  file: string,
  { sizes, retired, basePath = "" }: Grammar,
): Refusal => {
  const names = sizes.map(({ name }) => name)
  const isRetired = retired.sizes.includes(requested)
  const withSize = `${basePath}/${encodeKey(`${directory}${requested}/${names[0]}/${file}`)}`
  return refuseSize(requested, names, { nearest: nearestSize(requested, sizes)?.name, isRetired, withSize })
}

const parseInfo = (directory: string, file: string, { basePath = "" }: Grammar): Parsed | Refusal => {
  const original = file.slice(0, -".json".length)
  if (!file.endsWith(".json") || !isSegment(original)) {
    return refuseInfo(`${basePath}/${encodeKey(`${directory}${INFO}/${file}`)}.json`)
  }
  return {
    key: `${directory}${INFO}/${file}` as RenditionKey,
    readings: [{ original: `${directory}${original}` as OriginalKey, size: INFO, format: undefined }],
  }
}

/** The decoded form of an encoded key; undefined for an invalid one. */
export const decodeKey = (path: string): string | undefined =>
  /%2f/i.test(path) ? undefined : toOriginalKey(recode(decodeURIComponent, path) ?? "")

/** The readings of an image's key, in order of preference: its last extension may be an explicit format, or part of the original's name. */
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
  return hasImageExtension(rest) ? [explicit, base] : [base, explicit]
}

/** The explicit formats of a size, in order of preference. */
export const formatsOf = (
  { format, formats }: Pick<Size, "format" | "formats">,
  grammar: Pick<Grammar, "formats">,
): readonly Format[] => (format ? [format] : (formats ?? grammar.formats))

/** The key of an image in a forced format, and its only reading. */
const forcedKey = (original: string, size: Size, format: Format): Parsed => {
  const reading = { original: original as OriginalKey, size, format }
  return { key: formatKey(reading), readings: [reading] }
}

/**
 * For a size with a forced format, the base URL means the explicit key too: `social/mug.png` is `social/mug.png.jpeg`. A URL that ends in
 * the format can be either.
 */
const parseForced = (directory: string, file: string, size: Size, format: Format): Parsed => {
  const base = forcedKey(directory + file, size, format)
  const rest = file.slice(0, -`.${format}`.length)
  if (!file.endsWith(`.${format}`) || !isSegment(rest)) return base
  const explicit = forcedKey(directory + rest, size, format)
  return hasImageExtension(rest) ? { ...explicit, alternative: base } : { ...base, alternative: explicit }
}

const refuseFormat = (format: Format, size: Size, grammar: Grammar): Refusal => {
  const why = grammar.retired.formats.includes(format) ? "is retired" : "is not on the list of formats"
  const allowed = `Allowed: ${formatsOf(size, grammar).join(", ") || "none but the original's own"}.`
  return refuse("format-not-allowed", `"${format}" ${why}.`, allowed)
}

const parseImage = (directory: string, file: string, size: Size, grammar: Grammar): Parsed => {
  const readings = imageReadings(directory, file, size, FORMATS)
  const base = readings.find(({ format }) => format === undefined) ?? readings[0]
  const format = readings.find((reading) => reading !== base)?.format
  const isListed = !format || formatsOf(size, grammar).includes(format)
  const parsed = size.format
    ? parseForced(directory, file, size, size.format)
    : { key: formatKey(base), readings: isListed ? readings : ([base] as const) }
  return isListed || readings[0] === base ? parsed : { ...parsed, otherwise: refuseFormat(format, size, grammar) }
}

/** A parsed key without the readings that the store cannot hold. */
const fitParsed = (parsed: Parsed, grammar: Grammar): Parsed | Refusal => {
  const fitting = parsed.readings.filter(({ original }) => fits(splitKey(original), grammar))
  if (fitting.length === 0) {
    const { segment, key } = grammar.maxBytes
    return segment < key ? refuseLongName(segment - endingBytes(grammar)) : TOO_LONG
  }
  const readings = fitting.filter(({ original }) => canBeOriginal(original, grammar))
  if (readings.length > 0) return { ...parsed, readings: readings as [Reading, ...Reading[]] }
  return NO_ORIGINAL
}

/**
 * Parses the decoded segments of a URL path; see {@link decodePath}. An alias gives the key of its size.
 * @returns a key with its readings, or the reason why it is rejected
 * @example
 * const parsed = parseKey(["shop", "640w", "bag.jpg.webp"], grammar)
 * if ("readings" in parsed) parsed.readings[0].original // "shop/bag.jpg"; its format is "webp"
 */
export const parseKey = (segments: readonly string[], grammar: Grammar): Parsed | Refusal => {
  const file = segments[segments.length - 1]
  const sizeSegment = segments[segments.length - 2]
  if (file === undefined || sizeSegment === undefined)
    return refuseMissingSize(grammar.sizes[0].name, grammar.basePath ?? "")
  const directory = segments
    .slice(0, -2)
    .map((segment) => `${segment}/`)
    .join("")
  const size = sizeNamed(sizeSegment, grammar.sizes)
  if (!size && sizeSegment !== INFO) return rejectSize(directory, sizeSegment, file, grammar)
  const parsed = size ? parseImage(directory, file, size, grammar) : parseInfo(directory, file, grammar)
  if ("refused" in parsed) return parsed
  const { alternative, ...first } = parsed
  const fitted = fitParsed(first, grammar)
  const other = alternative && fitParsed(alternative, grammar)
  if (!other || "refused" in other) return fitted
  return "refused" in fitted ? other : { ...fitted, alternative: other }
}
