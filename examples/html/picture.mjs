// Images as HTML, for any program that writes pages.
import { createClient } from "imgtailor/client"

const escape = (text) => String(text).replaceAll("&", "&amp;").replaceAll('"', "&quot;")

/** An HTML element without content. */
export const tag = (name, values) =>
  `<${name}${Object.entries(values)
    .map(([key, value]) => ` ${key}="${escape(value)}"`)
    .join("")}>`

/** Functions for one server and its list. `img` and `picture` return HTML; `attributes` are added, for instance `alt` or `class`. */
export const createPictures = (server) => {
  const photos = createClient(server)
  return {
    photos,
    img: (original, options, attributes = {}) => tag("img", { ...attributes, ...photos.img(original, options) }),
    picture: (original, options, attributes = {}) => {
      const { sources, img } = photos.picture(original, options)
      const children = [...sources.map((source) => tag("source", source)), tag("img", { ...attributes, ...img })]
      return `<picture>${children.join("")}</picture>`
    },
  }
}
