// Eleventy: the shortcode of the example.
import { readFile } from "node:fs/promises"
import { join } from "node:path"

import { withSizes } from "../cases.mjs"

const optionsOf = ({ shape, layout, width, sizes, priority }) => ({
  shape,
  width: layout === "full" ? undefined : width,
  // A fixed width is the same in a narrower viewport.
  sizes: layout === "fixed" ? `${width}px` : sizes,
  priority,
})

const PAGE = `<!doctype html>
<meta charset="utf-8"><meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">
<style>{{ page_of_cases.css | safe }}</style>
{% for one in page_of_cases.images %}
<div class="box-{{ one.id }}">{% photo one.key, one.options, one.attributes %}</div>
{% endfor %}
`

/** @type {import("../run.mjs").Framework} */
export const eleventy = {
  name: "eleventy",
  title: "Eleventy",
  package: "@11ty/eleventy",
  node: 24,
  cannot: ({ format }) => (format ? "the shortcode offers all formats" : undefined),
  build: async ({ folder, write, run, sizes, css, cases }) => {
    const images = cases.map((one) => ({
      id: one.id,
      key: one.key,
      options: optionsOf(one),
      attributes: { "data-case": one.id, alt: "" },
    }))
    await write("_data/page_of_cases.json", JSON.stringify({ css, images }))
    await write("index.njk", PAGE)
    const config = await readFile(join(folder, "eleventy.config.js"), "utf8")
    await write("eleventy.config.js", withSizes(config, sizes))
    await run("eleventy", [])
  },
  serve: async ({ serveFolder }) => `${await serveFolder("_site")}/`,
}
