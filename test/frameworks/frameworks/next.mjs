// Next: the example's <Photo>, and a plain <Image> where that can say what is true.
import { readFile } from "node:fs/promises"
import { join } from "node:path"

import { optionsOf } from "../cases.mjs"

/** A whole photo that fills every listed width, in no format of its own: what an <Image> takes every photo for. */
const isPlain = ({ photo, shape, layout, element, format, facts }) =>
  ["landscape", "portrait"].includes(photo) &&
  shape === "320w" &&
  element !== "picture" &&
  format === undefined &&
  (facts === undefined || layout === "box" || layout === "full")

/** Next cuts no candidates, so screens of 3× are told two thirds. */
const plainSizes = ({ layout, width, sizes }) =>
  ({
    box: sizes,
    full: "(min-resolution: 3x) 66.66vw, 100vw",
    fixed: `(min-resolution: 3x) ${(width * 2) / 3}px, ${width}px`,
    constrained: `(min-resolution: 3x) min(${(width * 2) / 3}px, 66.66vw), min(${width}px, 100vw)`,
  })[layout]

const plainOf = (one) => {
  const { width = one.facts.width, height = one.facts.height } = one
  const seen = one.priority && { preload: true, loading: "eager", fetchPriority: "high" }
  return { src: one.key, width, height, sizes: plainSizes(one), ...seen }
}

// The example's own page is of the server; this one has to work in browsers, too.
const PAGE = `"use client"

import Image from "next/image"

import { Photo } from "../photo.js"
import page from "./pictures.json"

const show = ({ plain, photo, ...more }) => (plain ? <Image {...plain} {...more} alt="" /> : <Photo {...photo} {...more} alt="" />)

export default function Page() {
  return (
    <>
      <link rel="icon" href="data:," />
      <style dangerouslySetInnerHTML={{ __html: page.css }} />
      {page.pictures.map((one) => (
        <div key={one["data-case"]} className={"box-" + one["data-case"]}>
          {show(one)}
        </div>
      ))}
    </>
  )
}
`

/** @type {import("../run.mjs").Framework} */
export const next = {
  name: "next",
  title: "Next",
  node: 20,
  package: "next",
  example: "index.html",
  cannot: ({ shape, info }) =>
    shape.endsWith("h") && info === false ? "by height, without facts: next/image has to know a width" : undefined,
  build: async ({ folder, write, run, baseUrl, sizes, formats, cases, css }) => {
    const pictures = cases.map((one) => ({
      "data-case": one.id,
      ...(isPlain(one) ? { plain: plainOf(one) } : { photo: { original: one.key, shown: optionsOf(one) } }),
    }))
    const loader = await readFile(join(folder, "image-loader.js"), "utf8")
    const list = `sizes: ${JSON.stringify(sizes)}, formats: ${JSON.stringify(formats)},`
    await write(
      "image-loader.js",
      loader.replace(/sizes: \[.*\],/, () => list),
    )
    await write("app/cases/pictures.json", JSON.stringify({ css, pictures }))
    await write("app/cases/page.js", PAGE)
    const shown = cases.slice(0, 3).map(({ key }) => key)
    await run("next", ["build"], { env: { NEXT_PUBLIC_IMAGES_URL: baseUrl, PHOTOS: shown.join(",") } })
  },
  serve: async ({ serveFolder }) => `${await serveFolder("out")}/cases.html`,
}
