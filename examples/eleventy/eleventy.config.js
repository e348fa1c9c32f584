// Needs a server at IMAGES_URL: imgtailor serve --demo --sizes 320w,640w,1280w,1920w,360x270,720x540
import { createClient, photoElements } from "imgtailor/client"

const photos = createClient({
  baseUrl: process.env.IMAGES_URL ?? "http://localhost:3000",
  sizes: ["320w", "640w", "1280w", "1920w", "360x270", "720x540"],
})

const escape = (text) => String(text).replaceAll("&", "&amp;").replaceAll('"', "&quot;")
const tag = (name, values) =>
  `<${name}${Object.entries(values)
    .map(([key, value]) => ` ${key}="${escape(value)}"`)
    .join("")}>`

export default (eleventy) => {
  /** `options` are those of the client's `picture`; `attributes` are added to the `<img>`. */
  eleventy.addShortcode("photo", async (original, options, attributes) => {
    // A photo that the server cannot describe is displayed without its dimensions.
    const info = await photos.info(original).catch((error) => console.warn(`${original}: ${error.message}`))
    const { sources, img } = photoElements(photos, original, { info, ...options })
    const children = [...sources.map((source) => tag("source", source)), tag("img", { ...attributes, ...img })]
    return `<picture>${children.join("")}</picture>`
  })
}
