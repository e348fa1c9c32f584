// Images as HTML, for any program that writes pages.
import { createClient, photoElements } from "imgtailor/client"

const escape = (text) => String(text).replaceAll("&", "&amp;").replaceAll('"', "&quot;")

/** An HTML element without content. */
export const tag = (name, values) =>
  `<${name}${Object.entries(values)
    .map(([key, value]) => ` ${key}="${escape(value)}"`)
    .join("")}>`

/**
 * Functions for one server and its list. `img` and `picture` return HTML; `attributes` are added, for instance `alt` or `class`. An uncropped
 * photo without info is an `<img>` without dimensions.
 */
export const createPictures = (server) => {
  const photos = createClient(server)
  const picture = (original, options, attributes = {}) => {
    const { sources, img } = photoElements(photos, original, options)
    const image = tag("img", { ...attributes, ...img })
    return sources.length > 0
      ? `<picture>${sources.map((source) => tag("source", source)).join("")}${image}</picture>`
      : image
  }
  const img = (original, options, attributes) => picture(original, { ...options, element: "img" }, attributes)
  return { photos, img, picture }
}
