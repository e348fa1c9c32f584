/**
 * Addresses as Nuxt Image's and unpic's provider `ipx` writes them, `/_ipx/w_300,h_200,f_webp/shop/bag.jpg`, read as ours. What they ask
 * for is snapped to the list (sizes/snap.ts), so they reach nothing that our own addresses do not. Which text means what is unpic's to
 * know; which segments may be part of a key is decided here as for our own (sizes/key.ts).
 *
 * Commas or ampersands separate modifiers: unpic writes the one, Nuxt Image the other, and ipx reads both.
 */
import { FORMATS, formatOfName } from "../sizes/format.ts"
import {
  decodePath,
  encodeKey,
  formatKey,
  type Grammar,
  type OriginalKey,
  type Refusal,
  splitKey,
} from "../sizes/key.ts"
import type { Size } from "../sizes/list.ts"
import { MAX_SIDE } from "../sizes/size.ts"
import { snap } from "../sizes/snap.ts"
import { asAlias, resolveUrlPath, type ResolvedUrl } from "./url-path.ts"

/** What unpic's `extract` makes of an address, as far as it matters here. */
export type ExtractIpx = (url: string) => { readonly operations: object } | null

/** A scheme with a slash, escaped or not. */
const ABSOLUTE = /^[a-z][a-z0-9+.-]*(?::|%3a)(?:\/|%2f)/i

const refuse = (detail: string, hint: string): Refusal => ({ refused: "bad-url", detail, hint })

const refuseModifiers = (detail: string, basePath: string): Refusal =>
  refuse(detail, `Expected whole pixels, like ${basePath}/_ipx/w_300,h_200/photo.jpg, s_300x200, w_300 or _ for none.`)

/** Its sides and `dpr` as numbers, NaN for what is none; what is not said is absent. Of a side without a value unpic leaves the letter. */
const askedIn = (operations: Readonly<Record<string, unknown>>): Readonly<Record<string, number>> => {
  const { w, h, width = w, height = h, dpr } = operations
  const said = Object.entries({ width, height, dpr }).filter(([, value]) => value !== undefined)
  return Object.fromEntries(said.map(([name, value]) => [name, value === "" ? NaN : Number(value)]))
}

/** The listed size for what is asked; where no side is, the largest that shows the whole picture, which is asked for as it is. */
const sizeFor = ({ width, height, dpr }: Readonly<Record<string, number>>, { sizes }: Grammar): Size | undefined =>
  width === undefined && height === undefined
    ? (snap({ width: MAX_SIDE }, sizes) ?? snap({ height: MAX_SIDE }, sizes))
    : snap({ ...(width && { width }), ...(height && { height }), dpr }, sizes)

const refuseSize = ({ width, height }: Readonly<Record<string, number>>, { sizes }: Grammar): Refusal => {
  const kind = width === undefined ? (height === undefined ? "width or height" : "height") : "width"
  const what = width !== undefined && height !== undefined ? "is no crop" : `is no size by ${kind}`
  return {
    refused: "size-not-allowed",
    detail: `On the list of sizes there ${what}.`,
    hint: `Allowed: ${sizes.map(({ name }) => name).join(", ")}.`,
  }
}

/** `jpg` is what some call JPEG. */
const formatIn = (said: unknown): (typeof FORMATS)[number] | undefined =>
  FORMATS.find((format) => format === (said === "jpg" ? "jpeg" : said))

/** The address of ours. */
const toOwn = (
  original: string,
  operations: Readonly<Record<string, unknown>>,
  accept: string | undefined,
  basePath: string,
  grammar: Grammar,
): ResolvedUrl | Refusal => {
  const asked = askedIn(operations)
  if (!Object.values(asked).every((value) => value > 0 && value < Infinity))
    return refuseModifiers("A side or the density is no number above 0.", basePath)
  // So unpic reads it.
  if (Object.values(operations).includes("undefined")) return refuseModifiers("A modifier has no value.", basePath)
  const size = sizeFor(asked, grammar)
  if (!size) return refuseSize(asked, grammar)
  const said = formatIn(operations["format"])
  const isOwn = said !== undefined && formatOfName(splitKey(original).file) === said
  const format = said && !isOwn && grammar.formats.includes(said) ? said : undefined
  const key = formatKey({ original: original as OriginalKey, size, format })
  // Whoever asks for the original's own format gets no other.
  const wanted = resolveUrlPath(`${basePath}/${encodeKey(key)}`, isOwn ? undefined : accept, basePath, grammar)
  if ("refused" in wanted) return wanted
  return asAlias({ ...wanted, isNegotiated: wanted.isNegotiated && !isOwn }, basePath)
}

/** Whether a raw path is one of these. */
export const isIpx = (path: string, basePath: string): boolean => path.startsWith(`${basePath}/_ipx/`)

/** Like {@link resolveUrlPath}, for a path of which {@link isIpx} is true. */
export const createResolveIpx =
  (extract: ExtractIpx): typeof resolveUrlPath =>
  (path, accept, basePath, grammar) => {
    const below = path.slice(`${basePath}/_ipx/`.length)
    const [modifiers = ""] = below.split("/")
    if (ABSOLUTE.test(below.slice(modifiers.length + 1))) {
      const hint = `Expected a photo of this installation, like ${basePath}/_ipx/w_300/shop/photo.jpg.`
      return refuse("The original is the address of another server.", hint)
    }
    const segments = decodePath(`/${below}`)
    if ("refused" in segments) return { ...segments, hint: `Expected ${basePath}/_ipx/<modifiers>/<directory>/<file>.` }
    if (segments.length < 2) return refuseModifiers("The address has no original.", basePath)
    // Only what it is made for: the original might come back otherwise than it was sent.
    const extracted = extract(`/_ipx/${modifiers.replaceAll("&", ",").replaceAll("#", "%23")}/photo`)
    if (!extracted) return refuseModifiers("The address has no modifiers.", basePath)
    return toOwn(segments.slice(1).join("/"), { ...extracted.operations }, accept, basePath, grammar)
  }
