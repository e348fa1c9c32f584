/**
 * Responsible for URLs of thumbor: `/unsafe/fit-in/300x200/smart/filters:quality(80)/shop/bag.jpg`, signed or not. The parts in front of the
 * original have a fixed order.
 */
import { recode, type Refusal, refuse } from "../sizes/decode-path.ts"
import { combine, type Combined, refuseOthers, toRequested } from "./combine.ts"
import {
  background,
  blur,
  format,
  ignored,
  type Meaning,
  type Option,
  positiveOrNone,
  rotation,
  toPositive,
} from "./meanings.ts"
import type { Look, Part, Service } from "./service.ts"
import { BAD_SIGNATURE, isHmac } from "./signature.ts"
import { sourceIn } from "./source.ts"

const PARTS =
  /^(?:debug\/)?(?<meta>meta(?:data)?\/)?(?<trim>trim(?::[a-z-]+)?(?::(?<tolerance>\d+))?\/)?(?<crop>[\d.]+x[\d.]+:[\d.]+x[\d.]+\/)?(?<fit>(?:adaptive-)?(?:full-)?fit-in\/)?(?:stretch\/)?(?<size>(?<flop>-)?(?<width>\d+|orig)?x(?<flip>-)?(?<height>\d+|orig)?\/)?(?<across>(?:left|right|center)\/)?(?<down>(?:top|bottom|middle)\/)?(?<smart>smart\/)?(?:filters:(?<filters>(?:[a-z_]+\([^()]*\):?)*)\/)?(?<original>.+)$/

const firstOf = (value: string): string => value.split(",")[0]?.trim() ?? ""

/** Corners of one radius; a second number would make them elliptic. */
const round: Meaning = (value) => {
  const [first = "", second] = firstOf(value).split("|")
  const radius = Math.round(toPositive(first))
  return radius > 0 && (second === undefined || second === first) ? { look: { round: radius } } : undefined
}

const fill: Meaning = (value) => {
  const [colour = "", always] = value.split(",")
  if (colour === "blur") return { look: { fit: "contain", background: "blur" } }
  if (colour === "auto") return { look: { fit: "contain", background: "dominant" } }
  if (colour === "transparent")
    return { look: { fit: "contain", ...(always === "1" && { background: "transparent" }) } }
  return { look: { fit: "contain" }, ...background(colour) }
}

const MEANINGS: Readonly<Record<string, Meaning>> = {
  format,
  fill,
  background_color: background,
  grayscale: () => ({ look: { grayscale: true } }),
  rotate: (value) => rotation(String(360 - Number(value))),
  blur: (value) => blur((sigma) => sigma)(value.split(",")[1] ?? firstOf(value)),
  sharpen: () => ({ look: { sharpen: true } }),
  round_corner: round,
  round_corners: round,
  ...Object.fromEntries(
    [
      "quality strip_exif strip_icc strip_metadata no_upscale upscale max_bytes max_age autojpg autojpeg focal cover",
      "saliency conserve_exif conserve_profile",
    ].flatMap((names) => names.split(" ").map((name) => [name, ignored] as const)),
  ),
}

/** `quality(80):format(webp)`. Arguments can have colons and slashes, but no closing brackets. */
const filtersIn = (text: string): readonly Option[] =>
  [...text.matchAll(/([a-z_]+)\(([^)]*)\):?/g)].map(([, name = "", value = ""]) => [name, value])

type Groups = Readonly<Record<string, string | undefined>>

const GRAVITIES: ReadonlyMap<string, Part["gravity"]> = new Map([
  ["left", "west"],
  ["right", "east"],
  ["top", "north"],
  ["bottom", "south"],
  ["left top", "northwest"],
  ["right top", "northeast"],
  ["left bottom", "southwest"],
  ["right bottom", "southeast"],
])

const gravityIn = ({ across = "", down = "", smart }: Groups): Part["gravity"] => {
  const words = [across, down].map((word) => word.slice(0, -1)).filter((word) => !/^(?:|center|middle)$/.test(word))
  return GRAVITIES.get(words.join(" ")) ?? (smart ? "smart" : undefined)
}

const lookIn = ({ trim, tolerance, fit, flop, flip }: Groups): Look => ({
  ...(trim && { trim: Math.min(254, Number(tolerance) || 10) }),
  ...(fit && { fit: "inside" }),
  ...(flop && { flop: true }),
  ...(flip && { flip: true }),
})

const sideIn = (name: "width" | "height", text = ""): Part =>
  text === "orig" ? {} : (positiveOrNone(name)(text) ?? {})

const verify = (signature: string, rest: string, key: string): Refusal | undefined => {
  const messages = [rest, recode(decodeURIComponent, rest) ?? rest]
  return messages.some((message) => isHmac(signature, message, { algorithm: "sha1", key })) ? undefined : BAD_SIGNATURE
}

/** Parts of the path that no size can have. */
const unsupportedIn = ({ meta, crop }: Groups): readonly string[] => [
  ...(meta ? ["meta"] : []),
  ...(crop ? [crop.slice(0, -1)] : []),
]

const combinedIn = (groups: Groups): Combined => {
  const { filters = "", width, height } = groups
  const { part, unsupported } = combine(filtersIn(filters), MEANINGS, refuseOthers)
  const gravity = gravityIn(groups)
  const sides = { ...sideIn("width", width), ...sideIn("height", height) }
  const look = { ...lookIn(groups), ...part.look }
  return {
    part: { ...sides, ...(gravity && { gravity }), ...part, look },
    unsupported: [...unsupported, ...unsupportedIn(groups)],
  }
}

/**
 * The options in front of an original, for services with the same grammar. Undefined for any other text.
 * @param text empty, or decoded and with a slash at its end: `300x200/smart/filters:format(webp)/`
 */
export const partsOf = (text: string): Combined | undefined => {
  const groups: Groups | undefined = PARTS.exec(`${text}original`)?.groups
  return groups?.["original"] === "original" ? combinedIn(groups) : undefined
}

/** thumbor. */
export const thumbor: Service = {
  parse: ({ path }, key) => {
    const [, signature = "", rest = ""] = /^\/([^/]+)\/(.+)$/.exec(path) ?? []
    const refusal = key === undefined ? undefined : verify(signature, rest, key)
    if (refusal) return refusal
    // Brackets, colons and commas can be escaped; the original is not decoded here.
    const readable = rest.replace(/^.*filters(?::|%3a)[^/]*\//i, (text) => recode(decodeURIComponent, text) ?? text)
    const groups: Groups = PARTS.exec(readable)?.groups ?? {}
    const { original } = groups
    if (!original) return refuse("bad-url", "The URL names no original.")
    // Clients escape the original as one segment.
    const source = /%2f/i.test(original) ? (recode(decodeURIComponent, original) ?? original) : original
    return { ...toRequested(combinedIn(groups), sourceIn(`/${source}`)), canBeginWithHost: true }
  },
}
