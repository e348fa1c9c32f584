// With a server at IMAGES_URL: imgtailor serve --demo --sizes 320w,640w,1280w,1920w,360x270,720x540
import { createClient } from "imgtailor/client"

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
  /** `shown` says how, as of the client's `picture`; `more` are attributes of your own. */
  eleventy.addShortcode("photo", async (original, shown, more) => {
    const { sources, img } = photos.picture(original, { info: await photos.info(original), ...shown })
    return `<picture>${sources.map((source) => tag("source", source)).join("")}${tag("img", { ...more, ...img })}</picture>`
  })
}
