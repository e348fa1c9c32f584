// Astro: its own <Image> and <Picture>, with the image service.
import { readFile } from "node:fs/promises"
import { join } from "node:path"

import { withSizes } from "../cases.mjs"
import { PHOTOS } from "../photos.mjs"

const LAYOUTS = { fixed: "fixed", constrained: "constrained", full: "full-width", box: "full-width" }

/** Astro prints `sizes` on a <source> only if the page gives it. */
const sizesAttribute = ({ layout, width, sizes, element }) => {
  if (element !== "picture" || layout === "box") return sizes
  if (layout === "fixed") return `${width}px`
  return `${layout === "full" ? "" : `(min-width: ${width}px) ${width}px, `}(min-resolution: 3x) 66.66vw, 100vw`
}

/** Whether width and height alone determine the shape: the uncropped image in the original's ratio, a crop in another. */
const isClear = ({ photo, shape, width, height }) => {
  const original = PHOTOS[photo]
  const [, w, h] = /^(\d+)x(\d+)$/.exec(shape) ?? []
  if (w) return Boolean(width && height && w * original.height !== h * original.width)
  return Boolean(width && /\dw$/.test(shape))
}

const propsOf = (one) => {
  const { id, key, shape, layout, width, height, format, priority } = one
  return {
    src: key,
    inferSize: true,
    ...(!isClear(one) && { shape }),
    width,
    height,
    layout: LAYOUTS[layout],
    sizes: sizesAttribute(one),
    priority,
    format,
    alt: "",
    "data-case": id,
  }
}

const PAGE = `---
import { Image, Picture } from "astro:assets"
import { css, images } from "../../images.json"
---
<!doctype html>
<html><head>
<meta charset="utf-8" /><meta name="viewport" content="width=device-width" /><link rel="icon" href="data:," />
<style is:inline set:html={css}></style>
</head><body>
{images.map(({ id, isPicture, props }) => (
  <div class={"box-" + id}>
    {isPicture ? <Picture formats={["avif", "webp"]} {...props} /> : <Image {...props} />}
  </div>
))}
</body></html>
`

/** @type {import("../run.mjs").Framework} */
export const astro = {
  name: "astro",
  title: "Astro",
  package: "astro",
  node: 24,
  cannot: () => undefined,
  build: async ({ folder, write, run, sizes, css, cases }) => {
    const images = cases.map((one) => ({ id: one.id, isPicture: one.element === "picture", props: propsOf(one) }))
    await write("images.json", JSON.stringify({ css, images }))
    await write("src/pages/index.astro", PAGE)
    const config = await readFile(join(folder, "astro.config.mjs"), "utf8")
    await write("astro.config.mjs", withSizes(config, sizes))
    await run("astro", ["build"])
  },
  serve: async ({ serveFolder }) => `${await serveFolder("dist")}/`,
}
