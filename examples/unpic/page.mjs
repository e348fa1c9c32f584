// A page of whatever photos are named: node page.mjs shop/mug.jpg shop/bag.jpg > index.html
// with a server at IMAGES_URL: imgtailor serve ./photos --sizes 320w,640w,1280w,1920w,360x270,720x540
import { Image, Source } from "@unpic/react/base"
import { createClient } from "imgtailor/client"
import { createProvider, photo } from "imgtailor/unpic"
import { createElement } from "react"
import { renderToStaticMarkup } from "react-dom/server"

const settings = {
  baseUrl: process.env["IMAGES_URL"] ?? "http://localhost:3000",
  sizes: ["320w", "640w", "1280w", "1920w", "360x270", "720x540"],
}
const photos = createClient(settings)
const { transform, breakpoints } = createProvider(settings)

/** Any picture, with a source for each format; `more` are props of your own. */
const Photo = ({ original, shown, more }) => {
  const { sources, image } = photo(photos, original, shown)
  return createElement(
    "picture",
    {},
    ...sources.map((source) => createElement(Source, source)),
    createElement(Image, { ...image, ...more }),
  )
}

/** Without facts of the original: crops, and whole pictures that are larger than every size. */
const Banner = ({ original }) =>
  createElement(Image, {
    src: original,
    transformer: transform,
    operations: { shape: "360x270" },
    breakpoints: breakpoints("360x270"),
    layout: "fullWidth",
    aspectRatio: 4 / 3,
    sizes: "100vw",
    alt: "",
  })

const [first, ...others] = process.argv.slice(2)
const known = await Promise.all(others.map(async (original) => ({ original, info: await photos.info(original) })))

console.log(`<!doctype html>
<meta name="viewport" content="width=device-width">
<style>body { margin: 0 }</style>`)
if (first) console.log(renderToStaticMarkup(createElement(Banner, { original: first })))
for (const { original, info } of known) {
  const shown = { shape: "320w", info, width: 360 }
  console.log(renderToStaticMarkup(createElement(Photo, { original, shown, more: { alt: "" } })))
}
