/**
 * Responsible for URLs of ImageEngine: `/shop/bag.jpg?imgeng=/w_300/h_200/m_cropbox`. unpic keeps directives that it does not know in one
 * text, so its extractor is not used.
 */
import { combine, ignoreOthers, toRequested } from "./combine.ts"
import { CONTAIN, COVER, fit, format, INSIDE, type Meaning, type Option, positive, rotation } from "./meanings.ts"
import { parseQuery } from "./query.ts"
import type { Service } from "./service.ts"

/** `auto,640` is 640 without client hints. */
const side =
  (name: "width" | "height"): Meaning =>
  (value) =>
    positive(name)(value.replace(/^auto,/, ""))

const MEANINGS: Readonly<Record<string, Meaning>> = {
  w: side("width"),
  h: side("height"),
  f: format,
  m: fit({ box: INSIDE, cropbox: COVER, outside: COVER, stretch: COVER, letterbox: CONTAIN }),
  r: rotation,
  s: (value) => (value === "0" ? {} : { look: { sharpen: true } }),
  // Cuts out a part before resizing.
  cr: () => undefined,
}

/** `/w_300/h_200`: a name, an underscore and a value between slashes. */
const directivesIn = (text: string): readonly Option[] =>
  text
    .split("/")
    .filter((part) => part !== "")
    .map((part): Option => [part.split("_")[0] ?? "", part.slice(part.indexOf("_") + 1)])

/** ImageEngine. */
export const imageengine: Service = {
  parse: ({ path, query }) => {
    const directives = parseQuery(query).flatMap(([name, value]) => (name === "imgeng" ? directivesIn(value) : []))
    return toRequested(combine(directives, MEANINGS, ignoreOthers), path, "inside")
  },
}
