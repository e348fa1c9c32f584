// Gain from one decode at a fixed scale for JPEG and WebP, which are scaled while they are decoded: six sizes from one decode, and the
// cost for a single size, whose bytes must equal those of a shared render.
import { readFileSync } from "node:fs"
import { join } from "node:path"

import sharp from "sharp"

import { median } from "../lib/measure.mjs"
import { photo } from "../lib/photos.mjs"

const [WIDTH, HEIGHT] = [4000, 3000]
const WIDTHS = [320, 640, 960, 1280, 1600, 1920]

const encode = (image, width) =>
  image
    .resize(width, Math.round((width * HEIGHT) / WIDTH), { fit: "fill" })
    .jpeg()
    .toBuffer()

const alone = async (bytes, widths) => {
  for (const width of widths) await encode(sharp(bytes), width)
}

const fromHalf = async (bytes, widths) => {
  const half = sharp(bytes).resize(WIDTH / 2, HEIGHT / 2, { fit: "fill", kernel: "nearest" })
  const { data, info } = await half.raw().toBuffer({ resolveWithObject: true })
  for (const width of widths) await encode(sharp(data, { raw: info }), width)
}

/** CPU milliseconds of this process for some work. */
const cpuOf = async (work) => {
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

export const scale = async ({ folder }) => {
  sharp.concurrency(1)
  sharp.cache(false)
  const jpeg = readFileSync(await photo(join(folder, "photos"), "p12", WIDTH, HEIGHT))
  const results = []
  const webp = await sharp(jpeg).webp().toBuffer()
  for (const name of ["JPEG", "WebP"]) {
    const bytes = name === "JPEG" ? jpeg : webp
    for (const widths of [WIDTHS, [320], [1920]]) {
      const ratios = []
      for (let round = 0; round < 5; round++) {
        const apart = await cpuOf(() => alone(bytes, widths))
        ratios.push((await cpuOf(() => fromHalf(bytes, widths))) / apart)
      }
      const what = widths.length > 1 ? "six sizes" : `${widths[0]}w alone`
      results.push({
        id: "G5",
        what: `${what} of one ${name} by a decode at half scale: CPU over that of now`,
        value: median(ratios),
        isAtMost: true,
        detail: "",
      })
    }
  }
  return results
}
