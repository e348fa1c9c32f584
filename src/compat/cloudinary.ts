/**
 * Responsible for URLs of Cloudinary: `/demo/image/upload/c_fill,w_300,h_200/f_auto,q_auto/v1/shop/bag.jpg`. unpic does not read `fetch`, chained
 * transformations and versions, so its extractor is not used.
 */
import { recode, refuse } from "../sizes/decode-path.ts"
import { chain } from "./chain.ts"
import { combine, type Combined, toRequested } from "./combine.ts"
import {
  background,
  blur,
  CONTAIN,
  COVER,
  fit,
  format,
  gravity,
  ignored,
  INSIDE,
  type Meaning,
  type Option,
  positive,
  positiveOrShare,
  ratio,
  rotation,
  toPositive,
} from "./meanings.ts"
import type { Part, Service } from "./service.ts"
import { sourceIn } from "./source.ts"

const PLACE = /\/(?:image\/(?<type>upload|fetch|private|authenticated)|iu)\/(?:s--[\w-]+--\/)?(?<rest>.+)$/

/** Names of parameters, in front of `_`. Segments that consist of these are transformations, not folders. */
const PARAMETER =
  /^(?:a|ac|af|ar|b|bo|br|c|co|cs|d|dl|dn|dpr|du|e|eo|f|fl|fn|fps|g|h|if|ki|l|o|p|pg|q|r|so|sp|t|u|vc|vs|w|x|y|z)_|^\$/

const SMART = { auto: "smart", face: "smart", faces: "smart" } as const
const FLIPS: Readonly<Record<string, object>> = { hflip: { flop: true }, vflip: { flip: true } }

const angle: Meaning = (value) => {
  let part: Part = {}
  for (const word of value.split(".")) {
    if (Object.hasOwn(FLIPS, word)) part = { look: { ...part.look, ...FLIPS[word] } }
    else if (!/^(?:auto|exif|ignore)/.test(word)) {
      const turned = rotation(word)
      if (!turned) return undefined
      part = { look: { ...part.look, ...turned.look } }
    }
  }
  return part
}

const EFFECTS: Readonly<Record<string, Meaning>> = {
  grayscale: () => ({ look: { grayscale: true } }),
  blackwhite: () => undefined,
  sharpen: () => ({ look: { sharpen: true } }),
  unsharp_mask: () => ({ look: { sharpen: true } }),
  blur: blur((strength) => strength / 20),
  trim: (value) => ({ look: { trim: Math.min(254, Math.round(toPositive(value)) || 10) } }),
  saturation: (value) => (value === "-100" ? { look: { grayscale: true } } : undefined),
}

const effect: Meaning = (value) => {
  const [name = "", amount = ""] = value.split(":")
  const meaning = Object.hasOwn(EFFECTS, name) ? EFFECTS[name] : undefined
  return meaning?.(amount === "" && name === "blur" ? "100" : amount)
}

const radius: Meaning = (value) => {
  if (value === "max") return { look: { round: "circle" } }
  if (value === "0") return {}
  const pixels = Math.round(toPositive(value))
  return pixels > 0 ? { look: { round: pixels } } : undefined
}

const colour: Meaning = (value) => {
  if (value === "auto" || value.startsWith("auto:")) return { look: { background: "dominant" } }
  if (value.startsWith("blurred")) return { look: { background: "blur" } }
  return background(value.replace(/^rgb:/, ""))
}

const zero: Meaning = (value) => (value === "0" ? {} : undefined)

/** Flags that change pixels. The others concern encoders, metadata and downloads. */
const DRAWING =
  /^(?:layer_apply|cutter|region_relative|relative|tiled|text_|no_overflow|clip|splice|truncate_ts|getinfo)/

const MEANINGS: Readonly<Record<string, Meaning>> = {
  w: positiveOrShare("width"),
  h: positiveOrShare("height"),
  dpr: positive("dpr"),
  ar: (value) => ratio(":")(value),
  c: fit({
    scale: COVER,
    fill: COVER,
    lfill: COVER,
    auto: { look: { fit: "cover" }, gravity: "smart" },
    thumb: { look: { fit: "cover" }, gravity: "smart" },
    fit: INSIDE,
    limit: INSIDE,
    mfit: INSIDE,
    pad: CONTAIN,
    lpad: CONTAIN,
    mpad: CONTAIN,
    fill_pad: CONTAIN,
    auto_pad: CONTAIN,
  }),
  g: (value) => gravity(SMART)(value.split(":")[0] ?? ""),
  f: format,
  a: angle,
  b: colour,
  e: effect,
  r: radius,
  t: (value) => (value.includes(":") ? undefined : { name: value }),
  fl: (value) => (value.split(".").some((name) => DRAWING.test(name)) ? undefined : {}),
  pg: (value) => (value === "1" ? {} : undefined),
  x: zero,
  y: zero,
  o: (value) => (value === "100" ? {} : undefined),
  ...Object.fromEntries("q d cs dn co z".split(" ").map((name) => [name, ignored])),
}

const toOption = (text: string): Option => {
  const at = text.startsWith("$") ? 1 : text.indexOf("_")
  return [text.slice(0, at), text.slice(at + 1)]
}

const isTransformation = (segment: string): boolean => segment.split(",").every((text) => PARAMETER.test(text))

/** The transformations in front of the version or the original, and the rest. */
const splitRest = (rest: string): { readonly steps: readonly string[]; readonly original: string } => {
  const segments = rest.split("/")
  const decoded = segments.map((segment) => recode(decodeURIComponent, segment) ?? segment)
  let end = decoded.findIndex((segment) => !isTransformation(segment))
  if (end < 0) end = segments.length
  const isVersioned = /^v\d+$/.test(segments[end] ?? "") && segments.length > end + 1
  return { steps: decoded.slice(0, end), original: segments.slice(isVersioned ? end + 1 : end).join("/") }
}

const combineStep = (step: string): Combined => combine(step.split(",").map(toOption), MEANINGS, () => undefined)

/** Cloudinary. */
export const cloudinary: Service = {
  parse: ({ path }) => {
    const { rest = "" } = PLACE.exec(path)?.groups ?? {}
    const { steps, original } = splitRest(rest)
    if (original === "") return refuse("bad-url", "The URL names no original.")
    return toRequested(chain(steps.map(combineStep)), sourceIn(`/${original}`))
  },
}
