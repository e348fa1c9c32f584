// Writes a gallery of photos: node page.mjs shop/mug.jpg shop/bag.jpg > index.html
// Needs a server at IMAGES_URL: imgtailor serve ./photos --sizes 320w,640w,1280w,1920w,360x270,720x540
import { createPictures } from "./picture.mjs"

const { photos, img, picture } = createPictures({
  baseUrl: process.env["IMAGES_URL"] ?? "http://localhost:3000",
  sizes: ["320w", "640w", "1280w", "1920w", "360x270", "720x540"],
})

const [first, ...others] = process.argv.slice(2)
// A photo that the server cannot describe does not end the program.
const withInfo = async (original) => [original, await photos.info(original).catch(() => undefined)]

console.log(`<!doctype html>
<meta name="viewport" content="width=device-width">
<style>body { margin: 0 } img { display: block; max-width: 100%; height: auto }</style>`)
if (first) {
  const [original, info] = await withInfo(first)
  console.log(picture(original, { shape: "320w", info, priority: true }, { alt: "" }))
}
for (const [original, info] of await Promise.all(others.map(withInfo)))
  console.log(img(original, { shape: "360x270", info, width: 360 }, { alt: "" }))
