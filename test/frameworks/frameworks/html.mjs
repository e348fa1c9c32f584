// Plain HTML: the client's attributes, written by the functions of the example.
import { join } from "node:path"
import { pathToFileURL } from "node:url"

import { optionsOf } from "../cases.mjs"

/** An uncropped image without info: the client returns its srcset, and the author of the page writes all other attributes. */
const isBare = ({ info, shape }) => !info && !shape.includes("x")

const bareOf = (photos, { key, shape, width, height }) => ({
  src: photos.url(key, shape),
  srcset: photos.srcset(key, { shape, maxWidth: 2 * width }),
  sizes: `auto, (min-width: ${width}px) ${width}px, 100vw`,
  width,
  height,
  loading: "lazy",
})

/** @type {import("../run.mjs").Framework} */
export const html = {
  name: "html",
  title: "Plain HTML",
  node: 20,
  example: "gallery.html",
  cannot: () => undefined,
  build: async ({ folder, write, run, baseUrl, sizes, formats, cases, css }) => {
    const { createPictures, tag } = await import(pathToFileURL(join(folder, "picture.mjs")).href)
    const { photos, img, picture } = createPictures({ baseUrl, sizes, formats })
    const toHtml = (one) => {
      const options = optionsOf(one)
      const attributes = { "data-case": one.id, alt: "" }
      if (isBare(one)) return tag("img", { ...attributes, ...bareOf(photos, one) })
      if (one.element === "picture") return picture(one.key, options, attributes)
      return img(one.key, options, attributes)
    }
    const boxes = cases.map((one) => `<div class="box-${one.id}">${toHtml(one)}</div>`)
    await write(
      "site/index.html",
      `<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width"><link rel="icon" href="data:,"><style>${css}</style>\n${boxes.join("\n")}\n`,
    )
    await write("site/gallery.html", await run("node", ["page.mjs", ...cases.slice(0, 3).map(({ key }) => key)]))
  },
  serve: async ({ serveFolder }) => `${await serveFolder("site")}/`,
}
