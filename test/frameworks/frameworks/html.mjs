// Plain HTML: the client's attributes, written by the example's own functions.
import { join } from "node:path"
import { pathToFileURL } from "node:url"

import { optionsOf } from "../cases.mjs"

/** A whole picture that nothing is known of: the client gives its srcset, and the page's author the rest. */
const isBare = ({ facts, shape }) => !facts && !shape.includes("x")

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
    const show = (one) => {
      const options = optionsOf(one)
      const more = { "data-case": one.id, alt: "" }
      if (isBare(one)) return tag("img", { ...more, ...bareOf(photos, one) })
      if (one.element === "picture") return picture(one.key, options, more)
      return img(one.key, options, more)
    }
    const boxes = cases.map((one) => `<div class="box-${one.id}">${show(one)}</div>`)
    await write(
      "site/index.html",
      `<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width"><link rel="icon" href="data:,"><style>${css}</style>\n${boxes.join("\n")}\n`,
    )
    await write("site/gallery.html", await run("node", ["page.mjs", ...cases.slice(0, 3).map(({ key }) => key)]))
  },
  serve: async ({ serveFolder }) => `${await serveFolder("site")}/`,
}
