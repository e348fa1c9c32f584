// Astro: its own <Image> and <Picture>, by the image service.
import { readFile } from "node:fs/promises"
import { join } from "node:path"

const LAYOUTS = { fixed: "fixed", constrained: "constrained", full: "full-width", box: "full-width" }

/** Of a <source>, Astro says no `sizes` that the page does not say. */
const sizesOf = ({ layout, width, sizes, element }) => {
  if (element !== "picture") return sizes
  return (
    { fixed: `${width}px`, constrained: `(min-width: ${width}px) ${width}px, 100vw`, full: "100vw" }[layout] ?? sizes
  )
}

/** The sides say which part of the picture is shown, where there are two; of a size by height, they say that it is all. */
const propsOf = (one) => {
  const { id, key, shape, layout, width, height, format, priority } = one
  const isSaid = width && (height || /\dw$/.test(shape)) && !/\dh$/.test(shape)
  const props = {
    src: key,
    width,
    height,
    layout: LAYOUTS[layout],
    sizes: sizesOf(one),
    priority,
    format,
    inferSize: true,
  }
  return { ...props, ...(!isSaid && { shape }), alt: "", "data-case": id }
}

const PAGE = `---
import { Image, Picture } from "astro:assets"
import { css, shown } from "../../shown.json"
---
<!doctype html>
<html><head>
<meta charset="utf-8" /><meta name="viewport" content="width=device-width" /><link rel="icon" href="data:," />
<style is:inline set:html={css}></style>
</head><body>
{shown.map(({ id, isPicture, props }) => (
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
    const shown = cases.map((one) => ({ id: one.id, isPicture: one.element === "picture", props: propsOf(one) }))
    await write("shown.json", JSON.stringify({ css, shown }))
    await write("src/pages/index.astro", PAGE)
    const config = await readFile(join(folder, "astro.config.mjs"), "utf8")
    await write(
      "astro.config.mjs",
      config.replace(/sizes: \[[^\]]*\]/, () => `sizes: ${JSON.stringify(sizes)}`),
    )
    await run("astro", ["build"])
  },
  serve: async ({ serveFolder }) => `${await serveFolder("dist")}/`,
}
