// Writes a page of photos: node page.mjs shop/mug.jpg shop/bag.jpg > index.html
// Needs a server at IMAGES_URL: imgtailor serve ./photos --sizes 320w,640w,1280w,1920w,360x270,720x540
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

/** Any image, with a source for each format; `props` are passed to `<Image>`. */
const Photo = ({ original, options, props }) => {
  const { sources, image } = photo(photos, original, options)
  return createElement(
    "picture",
    {},
    ...sources.map((source) => createElement(Source, source)),
    createElement(Image, { ...image, ...props }),
  )
}

/** Without info: crops, and uncropped images of originals larger than all sizes. */
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
// A photo that the server cannot describe does not end the program.
const describe = async (original) => ({ original, info: await photos.info(original).catch(() => undefined) })
const withInfo = await Promise.all(others.map(describe))

console.log(`<!doctype html>
<meta name="viewport" content="width=device-width">
<style>body { margin: 0 }</style>`)
if (first) console.log(renderToStaticMarkup(createElement(Banner, { original: first })))
for (const { original, info } of withInfo) {
  const options = { shape: info ? "320w" : "360x270", info, width: 360 }
  console.log(renderToStaticMarkup(createElement(Photo, { original, options, props: { alt: "" } })))
}
