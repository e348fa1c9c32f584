// Pictures as HTML, for any program that writes pages.
import { createClient } from "imgtailor/client"

const escape = (text) => String(text).replaceAll("&", "&amp;").replaceAll('"', "&quot;")

/** An element without content. */
export const tag = (name, values) =>
  `<${name}${Object.entries(values)
    .map(([key, value]) => ` ${key}="${escape(value)}"`)
    .join("")}>`

/** For one server and its list: `img` and `picture` of an original as text. `more` are attributes of your own: `alt`, `class` … */
export const createPictures = (options) => {
  const photos = createClient(options)
  return {
    photos,
    img: (original, shown, more = {}) => tag("img", { ...more, ...photos.img(original, shown) }),
    picture: (original, shown, more = {}) => {
      const { sources, img } = photos.picture(original, shown)
      const children = [...sources.map((source) => tag("source", source)), tag("img", { ...more, ...img })]
      return `<picture>${children.join("")}</picture>`
    },
  }
}
