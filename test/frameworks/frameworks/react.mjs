// React: <Photo> of imgtailor/react, rendered on a server and hydrated.
import { cp, readFile, rename } from "node:fs/promises"
import { join } from "node:path"

import { photoPropsOf, withSizes } from "../cases.mjs"

const PAGE = `import { useEffect } from "react"

import cases from "./cases.json"
import { Photo } from "./photo.js"

export const Page = () => {
  useEffect(() => {
    document.documentElement.dataset.hydrated = ""
  }, [])
  return (
    <main>
      <style>{cases.css}</style>
      {cases.images.map(({ id, ...props }) => (
        <div key={id} className={"box-" + id}>
          <Photo data-case={id} alt="" {...props} />
        </div>
      ))}
    </main>
  )
}
`

/** @type {import("../run.mjs").Framework} */
export const react = {
  name: "react",
  title: "React",
  node: 20,
  package: "react",
  example: "example/",
  hydrates: true,
  cannot: ({ shape, withoutInfo }) =>
    withoutInfo && !shape.includes("x") ? "an uncropped photo without info: no space is reserved" : undefined,
  build: async ({ folder, write, run, baseUrl, sizes, cases, css }) => {
    const env = { VITE_IMAGES_URL: baseUrl }
    await run("node", ["build.mjs", ...cases.slice(0, 3).map(({ key }) => key)], { env })
    await rename(join(folder, "dist"), join(folder, "example"))
    const client = await readFile(join(folder, "src/photo.js"), "utf8")
    await write("src/photo.js", withSizes(client, sizes))
    const images = photoPropsOf(cases)
    await write("src/cases.json", JSON.stringify({ css, images }))
    await write("src/page.jsx", PAGE)
    // Only the development build reports attributes that differ from those of the server.
    await run("node", ["build.mjs", "missing.jpg"], { env: { ...env, NODE_ENV: "development" } })
    await cp(join(folder, "example"), join(folder, "dist/example"), { recursive: true })
  },
  serve: async ({ serveFolder }) => `${await serveFolder("dist")}/`,
}
