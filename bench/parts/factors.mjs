// Peak memory of one render for each pixel of its original, by format, progressive flag and rotation: the basis of memory estimates.
// Each render runs in its own process. The memory for a tiny original is subtracted.
import { execFile } from "node:child_process"
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"

import sharp from "sharp"

import { photo, pixels } from "../lib/photos.mjs"

const run = promisify(execFile)
const script = fileURLToPath(new URL("../limits/render-peak.mjs", import.meta.url))

const [WIDTH, HEIGHT] = [6000, 4000]

const measure = async (file, recipe) => {
  const { stdout } = await run(process.execPath, [script, file, recipe], {
    env: { ...process.env, MALLOC_ARENA_MAX: "2" },
  })
  return JSON.parse(stdout)
}

const special = async (folder) => {
  const raw = { raw: { width: WIDTH, height: HEIGHT, channels: 3 } }
  const data = await pixels(WIDTH, HEIGHT)
  const write = (name, bytes) => {
    writeFileSync(join(folder, name), bytes)
    return join(folder, name)
  }
  return {
    GIF: write("still.gif", await sharp(data, raw).gif({ effort: 1 }).toBuffer()),
    "interlaced PNG": write("interlaced.png", await sharp(data, raw).png({ progressive: true }).toBuffer()),
    "rotated JPEG": write(
      "rotated.jpg",
      await sharp(data, raw).jpeg({ quality: 90 }).withMetadata({ orientation: 6 }).toBuffer(),
    ),
  }
}

export const factors = async ({ folder }) => {
  const photos = join(folder, "photos")
  const kinds = {
    "baseline JPEG": "jpg",
    "progressive JPEG": "progressive.jpg",
    PNG: "png",
    WebP: "webp",
    AVIF: "avif",
    TIFF: "tif",
  }
  mkdirSync(photos, { recursive: true })
  const files = await special(photos)
  for (const [what, kind] of Object.entries(kinds)) files[what] = await photo(photos, "factor", WIDTH, HEIGHT, kind)
  const tiny = await photo(photos, "tiny", 64, 64)
  const results = []
  for (const [what, file] of Object.entries(files)) {
    for (const recipe of ["360x270", "1280w.webp", "1280w.avif"]) {
      const idle = (await measure(tiny, recipe)).peakBytes
      const { peakBytes, estimate } = await measure(file, recipe)
      const bytesPerPixel = (peakBytes - idle - readFileSync(file).length) / (WIDTH * HEIGHT)
      results.push({
        id: "factors",
        what: `${what} to ${recipe}: bytes a pixel of the original`,
        value: bytesPerPixel,
        detail: `peak ${Math.round((peakBytes - idle) / 1e6)} MB, estimated ${Math.round(estimate / 1e6)} MB`,
      })
    }
  }
  return results
}
