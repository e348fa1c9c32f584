/**
 * Responsible for URLs of ImageKit: `/demo/tr:w-300,h-200/shop/bag.jpg` or `/demo/shop/bag.jpg?tr=w-300,h-200`. unpic does not split chained
 * transformations, so its extractor is not used.
 */
import { recode } from "../sizes/decode-path.ts"
import { chain } from "./chain.ts"
import { combine, type Combined, toRequested } from "./combine.ts"
import {
  background,
  blur,
  CONTAIN,
  COVER,
  fit,
  flag,
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
import { parseQuery } from "./query.ts"
import type { Service } from "./service.ts"
import { sourceIn } from "./source.ts"

const FLIPS: Readonly<Record<string, object>> = {
  h: { flop: true },
  v: { flip: true },
  h_v: { flip: true, flop: true },
}

const effect: Meaning = (value) => {
  if (value === "grayscale") return { look: { grayscale: true } }
  return /^(?:sharpen|usm)(?:$|-)/.test(value) ? { look: { sharpen: true } } : undefined
}

const MEANINGS: Readonly<Record<string, Meaning>> = {
  w: positiveOrShare("width"),
  h: positiveOrShare("height"),
  dpr: positive("dpr"),
  ar: ratio("-"),
  f: format,
  c: fit({ maintain_ratio: COVER, force: COVER, at_max: INSIDE, at_max_enlarge: INSIDE, at_least: COVER }),
  cm: (value) => (value === "pad_resize" ? CONTAIN : undefined),
  fo: gravity({ auto: "smart", face: "smart" }),
  rt: (value) => (value === "auto" ? {} : rotation(value)),
  fl: (value) => (Object.hasOwn(FLIPS, value) ? { look: { ...FLIPS[value] } } : undefined),
  bl: blur((radius) => radius / 2),
  bg: (value) => (value.includes("dominant") ? { look: { background: "dominant" } } : background(value)),
  e: effect,
  t: (value) => flag({ look: { trim: 10 } })(/^\d+$/.test(value) ? "true" : value),
  r: (value) => {
    if (value === "max") return { look: { round: "circle" } }
    const pixels = Math.round(toPositive(value))
    return pixels > 0 ? { look: { round: pixels } } : undefined
  },
  n: (value) => ({ name: value }),
  pg: (value) => (value === "1" ? {} : undefined),
  ...Object.fromEntries("q pr lo md cp di orig xmp".split(" ").map((name) => [name, ignored])),
}

const toOption = (text: string): Option => {
  const at = text.indexOf("-")
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)]
}

const combineStep = (step: string): Combined =>
  combine(step.split(",").filter(Boolean).map(toOption), MEANINGS, () => undefined)

/** Transformations of a path, and the path without them. */
const splitPath = (path: string): { readonly steps: string; readonly rest: string } => {
  const segments = path.split("/")
  const at = segments.findIndex((segment) => /^tr(?::|%3a)/i.test(segment))
  if (at < 0) return { steps: "", rest: path }
  const steps = recode(decodeURIComponent, segments[at] ?? "") ?? ""
  return { steps: steps.slice("tr:".length), rest: segments.toSpliced(at, 1).join("/") }
}

/** ImageKit. */
export const imagekit: Service = {
  parse: ({ path, query }) => {
    const { steps, rest } = splitPath(path)
    const inQuery = parseQuery(query).find(([name]) => name === "tr")?.[1] ?? ""
    const all = (steps || inQuery).split(":").filter(Boolean)
    // A whole URL can follow the ID of the account.
    const at = Math.max(0, rest.search(/\/https?(?::|%3a)/i))
    return toRequested(chain(all.map(combineStep)), sourceIn(rest.slice(at)))
  },
}
