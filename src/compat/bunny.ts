/** Responsible for URLs of Bunny Optimizer: `/shop/bag.jpg?width=300&height=200`. unpic returns its queries unchanged, so they are read here. */
import { combine, ignoreOthers, toRequested } from "./combine.ts"
import { blur, flag, format, gravity, type Meaning, positive, ratio } from "./meanings.ts"
import { parseQuery } from "./query.ts"
import type { Service } from "./service.ts"

const zero: Meaning = (value) => (/^-?0*$/.test(value) ? {} : undefined)

const MEANINGS: Readonly<Record<string, Meaning>> = {
  width: positive("width"),
  height: positive("height"),
  aspect_ratio: ratio(":"),
  crop_gravity: gravity({ forget: "center" }),
  face_crop: () => ({ gravity: "smart" }),
  output: format,
  format,
  sharpen: flag({ look: { sharpen: true } }),
  blur: blur((amount) => amount / 2),
  flip: flag({ look: { flip: true } }),
  flop: flag({ look: { flop: true } }),
  class: (value) => ({ name: value }),
  saturation: (value) => (value === "-100" ? { look: { grayscale: true } } : zero(value)),
  // Cuts out a part before resizing.
  crop: () => undefined,
  sepia: zero,
  hue: zero,
  brightness: zero,
  contrast: zero,
  gamma: zero,
  tint: () => undefined,
}

/** Bunny. */
export const bunny: Service = {
  parse: ({ path, query }) => toRequested(combine(parseQuery(query), MEANINGS, ignoreOthers), path),
}
