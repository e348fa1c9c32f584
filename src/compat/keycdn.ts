/** Responsible for URLs of KeyCDN's image processing: `/shop/bag.jpg?width=300&height=200`. unpic returns its queries unchanged, so they are read here. */
import { combine, ignoreOthers, toRequested } from "./combine.ts"
import {
  background,
  blur,
  CONTAIN,
  COVER,
  fit,
  flag,
  format,
  gravity,
  INSIDE,
  type Meaning,
  positive,
  rotation,
} from "./meanings.ts"
import { parseQuery } from "./query.ts"
import type { Service } from "./service.ts"

const off: Meaning = (value) => (/^(?:|0|false)$/.test(value) ? {} : undefined)

const MEANINGS: Readonly<Record<string, Meaning>> = {
  width: positive("width"),
  height: positive("height"),
  format,
  fit: fit({ cover: COVER, outside: COVER, fill: COVER, contain: CONTAIN, inside: INSIDE }),
  position: gravity(),
  crop: gravity({ smart: "smart", entropy: "entropy", attention: "attention" }),
  bg: background,
  rotate: rotation,
  flip: flag({ look: { flip: true } }),
  flop: flag({ look: { flop: true } }),
  grayscale: flag({ look: { grayscale: true } }),
  sharpen: (value) => (value === "0" ? {} : { look: { sharpen: true } }),
  blur: blur((sigma) => sigma),
  trim: (value) => (value === "0" ? {} : { look: { trim: Math.min(254, Math.round(Number(value)) || 10) } }),
  // Effects that no size can have.
  extend: off,
  gamma: off,
  negate: off,
  normalize: off,
  threshold: off,
  tint: off,
  olurl: off,
}

/** KeyCDN. */
export const keycdn: Service = {
  parse: ({ path, query }) => toRequested(combine(parseQuery(query), MEANINGS, ignoreOthers), path),
}
