/**
 * Responsible for URLs of Shopify's CDN: `/cdn/shop/files/bag.jpg?v=1&width=300`, and the older `/s/files/1/2/3/products/bag_300x200_crop_center.jpg`.
 * unpic does not know a width alone in a name (`_300x`), so its extractor is not used.
 */
import { combine, ignoreOthers, toRequested } from "./combine.ts"
import { background, CONTAIN, format, gravity, type Meaning, positive } from "./meanings.ts"
import { parseQuery } from "./query.ts"
import type { Part, Service } from "./service.ts"

/** Sides of the boxes that names stand for; 0 is the original. */
const NAMED: Readonly<Record<string, number>> = {
  pico: 16,
  icon: 32,
  thumb: 50,
  small: 100,
  compact: 160,
  medium: 240,
  large: 480,
  grande: 600,
  original: 0,
  master: 0,
}

/** A crop and a scale follow a size: without one, `logo@2x.png` and `size_x.png` are names of originals. */
const SUFFIX =
  /(?:_(?:(?<name>pico|icon|thumb|small|compact|medium|large|grande|original|master)|(?=x?\d)(?<width>\d*)x(?<height>\d*))(?:_crop_(?<crop>top|center|bottom|left|right))?(?:@(?<scale>[23])x)?)?(?:\.progressive)?(?<extension>\.[a-z0-9]+)$/i

const crop: Meaning = (value) => (value === "region" ? undefined : { look: { fit: "cover" }, ...gravity()(value) })

const MEANINGS: Readonly<Record<string, Meaning>> = {
  width: positive("width"),
  height: positive("height"),
  crop,
  // `pjpg` is a progressive JPEG.
  format: (value) => format(value === "pjpg" ? "jpeg" : value),
  pad_color: (value) => ({ ...CONTAIN, ...background(value) }),
}

type Groups = Readonly<Record<string, string | undefined>>

/** The request in the end of a name. Without a crop, a box is not filled. */
const fromName = ({ name, width = "", height = "", crop: word, scale }: Groups): Part => {
  const side = name === undefined ? undefined : (NAMED[name] ?? 0)
  const sides: Part =
    side === undefined
      ? { ...positive("width")(width), ...positive("height")(height) }
      : side > 0
        ? { width: side, height: side }
        : {}
  return {
    ...sides,
    ...(scale && { dpr: Number(scale) }),
    ...(word ? crop(word) : { look: { fit: "inside" } }),
  }
}

/** Shopify. */
export const shopify: Service = {
  parse: ({ path, query }) => {
    const match = SUFFIX.exec(path)
    const groups: Groups = match?.groups ?? {}
    const hasSuffix = match !== null && match[0].length > (groups["extension"] ?? "").length
    const named: Part = hasSuffix ? fromName(groups) : {}
    const { part, unsupported } = combine(parseQuery(query), MEANINGS, ignoreOthers)
    const look = { ...named.look, ...part.look }
    const source = hasSuffix ? path.slice(0, match.index) + (groups["extension"] ?? "") : path
    return toRequested({ part: { ...named, ...part, look }, unsupported }, source)
  },
}
