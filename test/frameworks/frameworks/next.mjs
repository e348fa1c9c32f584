// Next: the example's <Photo>, and a plain <Image> if its widths are correct.
import { readFile } from "node:fs/promises"
import { join } from "node:path"

import { optionsOf } from "../cases.mjs"

/** An uncropped image of an original larger than all listed widths, without an explicit format: <Image> assumes this for all images. */
const isPlain = ({ photo, shape, layout, element, format, info }) =>
  ["landscape", "portrait"].includes(photo) &&
  shape === "320w" &&
  element !== "picture" &&
  format === undefined &&
  (info === undefined || layout === "box" || layout === "full")

/** Next leaves out no candidates, so 3× screens get two thirds of the width. */
const plainSizes = ({ layout, width, sizes }) =>
  ({
    box: sizes,
    full: "(min-resolution: 3x) 66.66vw, 100vw",
    fixed: `(min-resolution: 3x) ${(width * 2) / 3}px, ${width}px`,
    constrained: `(min-resolution: 3x) min(${(width * 2) / 3}px, 66.66vw), min(${width}px, 100vw)`,
  })[layout]

const plainOf = (one) => {
  const { width = one.info.width, height = one.info.height } = one
  const priority = one.priority && { preload: true, loading: "eager", fetchPriority: "high" }
  return { src: one.key, width, height, sizes: plainSizes(one), ...priority }
}

// The example's own page is a server component; this one is a client component.
const PAGE = `"use client"

import Image from "next/image"

import { Photo } from "../photo.js"
import page from "./images.json"

const show = ({ plain, photo, ...props }) => (plain ? <Image {...plain} {...props} alt="" /> : <Photo {...photo} {...props} alt="" />)

export default function Page() {
  return (
    <>
      <link rel="icon" href="data:," />
      <style dangerouslySetInnerHTML={{ __html: page.css }} />
      {page.images.map((one) => (
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
  cannot: ({ shape, withoutInfo }) =>
    shape.endsWith("h") && withoutInfo ? "a size by height without info: next/image requires a width" : undefined,
  build: async ({ folder, write, run, baseUrl, sizes, formats, cases, css }) => {
    const images = cases.map((one) => ({
      "data-case": one.id,
      ...(isPlain(one) ? { plain: plainOf(one) } : { photo: { original: one.key, options: optionsOf(one) } }),
    }))
    const loader = await readFile(join(folder, "image-loader.js"), "utf8")
    const list = `sizes: ${JSON.stringify(sizes)}, formats: ${JSON.stringify(formats)},`
    await write(
      "image-loader.js",
      loader.replace(/sizes: \[.*\],/, () => list),
    )
    await write("app/cases/images.json", JSON.stringify({ css, images }))
    await write("app/cases/page.js", PAGE)
    const photos = cases.slice(0, 3).map(({ key }) => key)
    await run("next", ["build"], { env: { NEXT_PUBLIC_IMAGES_URL: baseUrl, PHOTOS: photos.join(",") } })
  },
  serve: async ({ serveFolder }) => `${await serveFolder("out")}/cases.html`,
}
