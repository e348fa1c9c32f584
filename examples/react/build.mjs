// Builds a page that is rendered now and hydrated by browsers: node build.mjs shop/mug.jpg shop/bag.jpg
// Needs a server at VITE_IMAGES_URL: imgtailor serve ./photos --sizes 320w,640w,1280w,1920w,360x270,720x540
import { readFile, rm, writeFile } from "node:fs/promises"

import { build } from "vite"

const mode = process.env["NODE_ENV"] ?? "production"
await build({ mode })
await build({ mode, build: { ssr: "src/server.jsx", outDir: "dist/server" } })

const { render } = await import("./dist/server/server.js")
const { html, data } = await render(process.argv.slice(2))
const template = await readFile("dist/index.html", "utf8")
await writeFile(
  "dist/index.html",
  template.replace("<!--page-->", () => html).replace("<!--data-->", () => data),
)
await rm("dist/server", { recursive: true })
