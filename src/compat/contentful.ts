/**
 * Responsible for URLs of Contentful's Images API: `/<space>/<asset>/<token>/bag.jpg?w=300&h=200&fit=fill`. unpic returns its queries
 * unchanged, so they are read here.
 */
import { combine, ignoreOthers, toRequested } from "./combine.ts"
import { background, CONTAIN, COVER, fit, format, gravity, type Meaning, positive, toPositive } from "./meanings.ts"
import { parseQuery } from "./query.ts"
import type { Service } from "./service.ts"

const round: Meaning = (value) => {
  if (value === "max") return { look: { round: "circle" } }
  const radius = Math.round(toPositive(value))
  return radius > 0 ? { look: { round: radius } } : value === "0" ? {} : undefined
}

const MEANINGS: Readonly<Record<string, Meaning>> = {
  w: positive("width"),
  h: positive("height"),
  fm: format,
  // `crop` cuts out pixels of the original without resizing, which no size can do.
  fit: fit({ fill: COVER, thumb: COVER, scale: COVER, pad: CONTAIN }),
  f: gravity({ face: "smart", faces: "smart" }),
  bg: (value) => background(value.replace(/^rgb:/, "")),
  r: round,
}

/** Contentful. */
export const contentful: Service = {
  parse: ({ path, query }) => toRequested(combine(parseQuery(query), MEANINGS, ignoreOthers), path, "inside"),
}
