/**
 * Responsible for URLs of WordPress's Photon (`i0.wp.com`): `/shop.example.com/wp-content/uploads/bag.jpg?resize=300,200`, and of files on
 * WordPress.com: `/2026/01/bag.jpg?w=300`. unpic does not parse `resize` and `fit`, so its extractor is not used.
 */
import { combine, toRequested } from "./combine.ts"
import { flag, ignored, type Meaning, positive, toPositive } from "./meanings.ts"
import { parseQuery } from "./query.ts"
import type { Look, Service } from "./service.ts"

const box =
  (fit: Look["fit"]): Meaning =>
  (value) => {
    const [width = "", height = "", ...rest] = value.split(/[,x]/)
    return rest.length > 0 ? undefined : { width: toPositive(width), height: toPositive(height), look: { fit } }
  }

/** The bars are black. */
const letterbox: Meaning = (value) => {
  const part = box("contain")(value)
  return part && { ...part, background: "#000000" }
}

/** `crop=1` crops to `w` and `h`; four numbers cut out a part, which no size does. */
const crop: Meaning = (value) => flag({ look: { fit: "cover" } })(value)

const MEANINGS: Readonly<Record<string, Meaning>> = {
  w: positive("width"),
  h: positive("height"),
  zoom: positive("dpr"),
  resize: box("cover"),
  fit: box("inside"),
  lb: letterbox,
  letterbox,
  crop,
  filter: (value) => (value === "grayscale" ? { look: { grayscale: true } } : undefined),
  ulb: (value) => (value === "" || value === "0" ? {} : undefined),
  unlb: (value) => (value === "" || value === "0" ? {} : undefined),
  brightness: (value) => (value === "0" ? {} : undefined),
  contrast: (value) => (value === "0" ? {} : undefined),
  colorize: () => undefined,
  smooth: () => undefined,
  quality: ignored,
  strip: ignored,
  ssl: ignored,
}

/** WordPress. */
export const wordpress: Service = {
  parse: ({ path, query }) => ({
    ...toRequested(
      combine(parseQuery(query), MEANINGS, () => ({})),
      path,
      "inside",
    ),
    canBeginWithHost: true,
  }),
}
