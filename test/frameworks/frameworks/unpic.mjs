// unpic: <Image> and <Source> of @unpic/react/base with props of `photo`, and with the transformer alone where nothing is known of the original.
import { createRequire } from "node:module"
import { join } from "node:path"
import { pathToFileURL } from "node:url"

/** What a page says of a case to `photo`. Who knows no more than how high a picture is shown knows the ratio of a large one. */
const optionsOf = ({ shape, layout, width, height, sizes, priority, format, facts, info }) => ({
  shape,
  layout: layout === "fixed" ? "fixed" : undefined,
  width: layout === "full" ? undefined : width,
  sizes,
  info: facts ?? (info === false && width ? { width: 100 * width, height: 100 * height } : undefined),
  priority,
  format,
})

/** A listed crop of whatever original is larger, by the transformer and widths of the list. */
const isNative = ({ facts, shape, layout }) => !facts && shape.includes("x") && layout !== "full"

const nativeOf = ({ key, shape, layout, width, height }, { transform, breakpoints }) => {
  const listed = breakpoints(shape)
  const enough = listed.findIndex((one) => one >= 2 * width) + 1
  return {
    src: key,
    transformer: transform,
    operations: { shape },
    breakpoints: listed.slice(0, enough || undefined),
    layout,
    width,
    height,
  }
}

/** @type {import("../run.mjs").Framework} */
export const unpic = {
  name: "unpic",
  title: "unpic",
  node: 20,
  package: "@unpic/react",
  example: "example.html",
  cannot: () => undefined,
  build: async ({ folder, write, run, baseUrl, sizes, formats, cases, css }) => {
    const load = (path) => import(pathToFileURL(createRequire(join(folder, "page.mjs")).resolve(path)).href)
    const { createElement } = (await load("react")).default
    const { renderToStaticMarkup } = (await load("react-dom/server")).default
    const { Image, Source } = await load("@unpic/react/base")
    const ours = (name) => import(pathToFileURL(join(folder, `node_modules/imgtailor/dist/${name}.js`)).href)
    const { createProvider, photo } = await ours("integrations/unpic")
    const settings = { baseUrl, sizes, formats }
    const photos = (await ours("client/client")).createClient(settings)
    const provider = createProvider(settings)
    const show = (one) => {
      const more = { "data-case": one.id, alt: "" }
      if (isNative(one)) return createElement(Image, { ...nativeOf(one, provider), ...more })
      const { sources, image } = photo(photos, one.key, optionsOf(one))
      const img = createElement(Image, { ...image, ...more })
      return one.element
        ? createElement("picture", {}, ...sources.map((source) => createElement(Source, source)), img)
        : img
    }
    const boxes = cases.map((one) =>
      renderToStaticMarkup(createElement("div", { className: `box-${one.id}` }, show(one))),
    )
    await write(
      "site/index.html",
      `<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width"><link rel="icon" href="data:,"><style>${css}</style>\n${boxes.join("\n")}\n`,
    )
    await write("site/example.html", await run("node", ["page.mjs", ...cases.slice(0, 3).map(({ key }) => key)]))
  },
  serve: async ({ serveFolder }) => `${await serveFolder("site")}/`,
}
