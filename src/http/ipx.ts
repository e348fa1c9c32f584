/**
 * Responsible for URLs of ipx, as Nuxt Image and unpic's provider `ipx` write them: `/_ipx/w_300,h_200,f_webp/shop/bag.jpg`. The size is
 * snapped to a listed one (sizes/snap.ts), so these URLs reach nothing that other URLs do not. unpic parses the modifiers; sizes/key.ts
 * decides which segments may be part of a key.
 *
 * Modifiers are separated by commas (unpic) or ampersands (Nuxt Image). ipx accepts both.
 */
import { decodePath, type Refusal } from "../sizes/decode-path.ts"
import { FORMATS, formatOfName } from "../sizes/format.ts"
import { encodeKey, formatKey, type Grammar, type OriginalKey, splitKey } from "../sizes/key.ts"
import type { Size } from "../sizes/list.ts"
import { MAX_SIDE } from "../sizes/size.ts"
import { snap } from "../sizes/snap.ts"
import { asAlias, refuseLong, resolveUrlPath, type ResolvedUrl } from "./url-path.ts"

/** The part of the result of unpic's `extract` that is used here. */
export type ExtractIpx = (url: string) => { readonly operations: object } | null

type Operations = Readonly<Record<string, unknown>>
type Requested = Readonly<Record<string, number>>

/** A URL scheme with a slash, escaped or not. */
const ABSOLUTE = /^[a-z][a-z0-9+.-]*(?::|%3a)(?:\/|%2f)/i
/** Longest `/_ipx/<modifiers>/`, in characters. */
const MAX_MODIFIERS = 256

const refuse = (detail: string, hint: string): Refusal => ({ refused: "bad-url", detail, hint })

const refuseModifiers = (detail: string, basePath: string): Refusal =>
  refuse(
    detail,
    `Expected pixels as whole numbers, like ${basePath}/_ipx/w_300,h_200/photo.jpg, s_300x200, w_300, or _ for no modifiers.`,
  )

/**
 * Width, height and `dpr` as numbers: NaN for an invalid value, absent where not given. For a modifier without a value unpic leaves the
 * letter as its name.
 */
const requestedIn = (operations: Operations): Requested => {
  const { w, h, width = w, height = h, dpr } = operations
  const given = Object.entries({ width, height, dpr }).filter(([, value]) => value !== undefined)
  return Object.fromEntries(given.map(([name, value]) => [name, value === "" ? NaN : Number(value)]))
}

/** The listed size for a request. Without width and height it is the largest one that shows the whole picture. */
const sizeFor = ({ width, height, dpr }: Requested, { sizes }: Grammar): Size | undefined =>
  width === undefined && height === undefined
    ? (snap({ width: MAX_SIDE }, sizes) ?? snap({ height: MAX_SIDE }, sizes))
    : snap({ ...(width && { width }), ...(height && { height }), dpr }, sizes)

const refuseSize = ({ width, height }: Requested, { sizes }: Grammar): Refusal => {
  const side = width === undefined ? (height === undefined ? "width or height" : "height") : "width"
  const missing = width !== undefined && height !== undefined ? "crop" : `size by ${side}`
  return {
    refused: "size-not-allowed",
    detail: `The list of sizes has no ${missing}.`,
    hint: `Allowed: ${sizes.map(({ name }) => name).join(", ")}.`,
  }
}

/** `jpg` is another name for JPEG. */
const formatIn = (value: unknown): (typeof FORMATS)[number] | undefined =>
  FORMATS.find((format) => format === (value === "jpg" ? "jpeg" : value))

const resolveOperations = (
  original: string,
  operations: Operations,
  accept: string | undefined,
  basePath: string,
  grammar: Grammar,
): ResolvedUrl | Refusal => {
  const requested = requestedIn(operations)
  if (!Object.values(requested).every((value) => value > 0 && value < Infinity))
    return refuseModifiers("A width, height or dpr is not a number above 0.", basePath)
  // unpic's value for a modifier without one.
  if (Object.values(operations).includes("undefined")) return refuseModifiers("A modifier has no value.", basePath)
  const size = sizeFor(requested, grammar)
  if (!size) return refuseSize(requested, grammar)
  const requestedFormat = formatIn(operations["format"])
  const isOwnFormat = requestedFormat !== undefined && formatOfName(splitKey(original).file) === requestedFormat
  const format =
    requestedFormat && !isOwnFormat && grammar.formats.includes(requestedFormat) ? requestedFormat : undefined
  const key = formatKey({ original: original as OriginalKey, size, format })
  // A request for the original's own format is not negotiated.
  const resolved = resolveUrlPath(`${basePath}/${encodeKey(key)}`, isOwnFormat ? undefined : accept, basePath, grammar)
  if ("refused" in resolved) return resolved
  return asAlias({ ...resolved, isNegotiated: resolved.isNegotiated && !isOwnFormat }, basePath)
}

/** True for the raw path of an ipx URL. */
export const isIpx = (path: string, basePath: string): boolean => path.startsWith(`${basePath}/_ipx/`)

/** Like {@link resolveUrlPath}, for a path of which {@link isIpx} is true. */
export const createResolveIpx =
  (extract: ExtractIpx): typeof resolveUrlPath =>
  (path, accept, basePath, grammar) => {
    const tooLong = refuseLong(path, basePath.length + MAX_MODIFIERS, grammar)
    if (tooLong) return tooLong
    const below = path.slice(`${basePath}/_ipx/`.length)
    const [modifiers = ""] = below.split("/")
    if (ABSOLUTE.test(below.slice(modifiers.length + 1))) {
      const hint = `Expected an original of this installation, like ${basePath}/_ipx/w_300/shop/photo.jpg.`
      return refuse("The original is a URL of another server.", hint)
    }
    const segments = decodePath(`/${below}`)
    if ("refused" in segments) return { ...segments, hint: `Expected ${basePath}/_ipx/<modifiers>/<directory>/<file>.` }
    if (segments.length < 2) return refuseModifiers("The URL has no original.", basePath)
    // Only the modifiers are passed to unpic, since it might change the original's name.
    const extracted = extract(`/_ipx/${modifiers.replaceAll("&", ",").replaceAll("#", "%23")}/photo`)
    if (!extracted) return refuseModifiers("The URL has no modifiers.", basePath)
    return resolveOperations(segments.slice(1).join("/"), { ...extracted.operations }, accept, basePath, grammar)
  }
