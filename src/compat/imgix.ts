/**
 * Responsible for URLs of imgix: `/shop/bag.jpg?w=300&h=200&fit=crop`. unpic rounds widths below 1, which are shares of the original, so its
 * extractor is not used.
 */
import { combine, toRequested } from "./combine.ts"
import {
  background,
  blur,
  CONTAIN,
  COVER,
  fit,
  format,
  gravity,
  INSIDE,
  type Meaning,
  positive,
  positiveOrShare,
  ratio,
  rotation,
} from "./meanings.ts"
import { parseQuery } from "./query.ts"
import type { Part, Service } from "./service.ts"
import { sourceIn } from "./source.ts"

const FLIPS: Readonly<Record<string, object>> = {
  h: { flop: true },
  v: { flip: true },
  hv: { flip: true, flop: true },
}

const CROPS = { entropy: "entropy", edges: "attention", faces: "smart", focalpoint: "center" } as const

/** The first word that is understood: `faces,entropy` and `top,left` are lists. */
const crop: Meaning = (value) => {
  const whole = gravity(CROPS)(value)
  return Object.keys(whole ?? {}).length > 0 ? whole : gravity(CROPS)(value.split(",")[0] ?? "")
}

const MEANINGS: Readonly<Record<string, Meaning>> = {
  w: positiveOrShare("width"),
  h: positiveOrShare("height"),
  dpr: positive("dpr"),
  fm: format,
  fit: fit({
    clip: INSIDE,
    max: INSIDE,
    crop: COVER,
    min: COVER,
    scale: COVER,
    facearea: { look: { fit: "cover" }, gravity: "smart" },
    fill: CONTAIN,
    fillmax: CONTAIN,
  }),
  crop,
  ar: ratio(":"),
  bg: (value) => background(value.length === 8 ? value.slice(2) : value),
  rot: rotation,
  or: (value) => (value === "0" || value === "1" ? {} : rotation(value)),
  flip: (value) => (Object.hasOwn(FLIPS, value) ? { look: { ...FLIPS[value] } } : undefined),
  blur: blur((amount) => amount / 10),
  sharp: (value) => (Number(value) > 0 ? { look: { sharpen: true } } : {}),
  usm: (value) => (Number(value) > 0 ? { look: { sharpen: true } } : {}),
  sat: (value) => (value === "-100" ? { look: { grayscale: true } } : value === "0" ? {} : undefined),
  monochrome: () => ({ look: { grayscale: true } }),
  mask: (value) => (value === "ellipse" ? { look: { round: "circle" } } : undefined),
  page: (value) => (value === "1" ? {} : undefined),
}

/** Parameters of imgix that no size can have. All others are ignored: signatures, versions, encoder settings, campaigns. */
const EFFECTS =
  /^(?:rect|trim|pad|border|txt|mark|blend|bri|con|exp|gam|high|shad|vib|hue|invert|sepia|htn|px|duotone|corner-radius|transparency|bg-|gen-|upscale|frame|colorize|mask-|palette|faces$|fill$|max-[wh]$|min-[wh]$)/

const NEUTRAL = /^(?:0|none|false|solid)$/

const ofOthers = (name: string, value: string): Part | undefined =>
  EFFECTS.test(name) && !NEUTRAL.test(value) ? undefined : {}

/** True where a ratio counts: imgix ignores `ar` for other fits. */
const isCrop = (query: string): boolean => /(?:^|&)fit=(?:crop|facearea|min)(?:&|$)/.test(query)

/** imgix. */
export const imgix: Service = {
  parse: ({ path, query }) => {
    const options = parseQuery(query).filter(([name]) => name !== "ar" || isCrop(query))
    const combined = combine(options, MEANINGS, ofOthers)
    // A source of the type "web proxy" has whole URLs as paths.
    return toRequested(combined, sourceIn(path), "inside")
  },
}
