// unpic: <Image> and <Source> of @unpic/react/base with the props of `photo`, and with the transformer alone if there is no info.
import { createRequire } from "node:module"
import { join } from "node:path"
import { pathToFileURL } from "node:url"

/** The options of a case for `photo`. Without info, the displayed width and height give the ratio, and the original is large. */
const optionsOf = ({ shape, layout, width, height, sizes, priority, format, info, withoutInfo }) => ({
  shape,
  layout: layout === "fixed" ? "fixed" : undefined,
  width: layout === "full" ? undefined : width,
  sizes,
  info: info ?? (withoutInfo && width ? { width: 100 * width, height: 100 * height } : undefined),
  priority,
  format,
})

/** A crop without info, of a larger original: the transformer and the listed widths are sufficient. */
const isNative = ({ info, shape, layout }) => !info && shape.includes("x") && layout !== "full"

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
    const importImgtailor = (name) => import(pathToFileURL(join(folder, `node_modules/imgtailor/dist/${name}.js`)).href)
    const { createProvider, photo } = await importImgtailor("integrations/unpic")
    const settings = { baseUrl, sizes, formats }
    const photos = (await importImgtailor("client/client")).createClient(settings)
    const provider = createProvider(settings)
    const toElement = (one) => {
      const props = { "data-case": one.id, alt: "" }
      if (isNative(one)) return createElement(Image, { ...nativeOf(one, provider), ...props })
      const { sources, image } = photo(photos, one.key, optionsOf(one))
      const img = createElement(Image, { ...image, ...props })
      return one.element
        ? createElement("picture", {}, ...sources.map((source) => createElement(Source, source)), img)
        : img
    }
    const boxes = cases.map((one) =>
      renderToStaticMarkup(createElement("div", { className: `box-${one.id}` }, toElement(one))),
    )
    await write(
      "site/index.html",
      `<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width"><link rel="icon" href="data:,"><style>${css}</style>\n${boxes.join("\n")}\n`,
    )
    await write("site/example.html", await run("node", ["page.mjs", ...cases.slice(0, 3).map(({ key }) => key)]))
  },
  serve: async ({ serveFolder }) => `${await serveFolder("site")}/`,
}
