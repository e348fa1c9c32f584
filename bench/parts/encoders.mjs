// Cost and quality of each encoder setting: CPU of resize and encode, bytes, and SSIM against the uncompressed result. Medians over a set
// of photos, as ratios to sharp's default setting. The settings in src/render/encode.ts are based on this table.
import { join } from "node:path"

import sharp from "sharp"
import ssimJs from "ssim.js"

import { median } from "../lib/measure.mjs"
import { photo } from "../lib/photos.mjs"

const CASES = [
  {
    what: "1280w",
    width: 1280,
    height: 960,
    settings: {
      "WebP q80 effort 4 (sharp's default)": (image) => image.webp({ quality: 80, effort: 4 }),
      "WebP q84 effort 2": (image) => image.webp({ quality: 84, effort: 2 }),
      "WebP q80 effort 2": (image) => image.webp({ quality: 80, effort: 2 }),
      "WebP q80 effort 0": (image) => image.webp({ quality: 80, effort: 0 }),
      "AVIF q50 effort 4 (sharp's default)": (image) => image.avif({ quality: 50, effort: 4 }),
      "AVIF q65 effort 0": (image) => image.avif({ quality: 65, effort: 0, chromaSubsampling: "4:2:0" }),
      "JPEG q80": (image) => image.jpeg({ quality: 80 }),
      "JPEG q80 mozjpeg": (image) => image.jpeg({ quality: 80, mozjpeg: true }),
    },
  },
  {
    what: "360x270",
    width: 360,
    height: 270,
    settings: {
      "JPEG q80": (image) => image.jpeg({ quality: 80 }),
      "JPEG q80 progressive": (image) => image.jpeg({ quality: 80, progressive: true }),
      "JPEG q80 mozjpeg": (image) => image.jpeg({ quality: 80, mozjpeg: true }),
    },
  },
]

const rgba = async (image) => {
  const { data, info } = await image.ensureAlpha().raw().toBuffer({ resolveWithObject: true })
  return { data: new Uint8ClampedArray(data), width: info.width, height: info.height }
}

const measure = async (file, { width, height }, encode) => {
  const open = () => sharp(file, { failOn: "error" }).autoOrient().resize(width, height, { fit: "cover" })
  const cpu = process.cpuUsage()
  const bytes = await encode(open()).toBuffer()
  const { user, system } = process.cpuUsage(cpu)
  const { mssim } = ssimJs.ssim(await rgba(open()), await rgba(sharp(bytes)))
  return { cpu: (user + system) / 1000, bytes: bytes.length, ssim: mssim }
}

/** Goals for ratios between settings of the first case: medians over the ratios of each photo. */
const GOALS = [
  [
    "G2",
    "AVIF q65 effort 0, CPU over sharp's default",
    "cpu",
    "AVIF q65 effort 0",
    "AVIF q50 effort 4 (sharp's default)",
    0.06,
    true,
  ],
  [
    "G2",
    "the same, bytes over WebP q80 effort 4",
    "bytes",
    "AVIF q65 effort 0",
    "WebP q80 effort 4 (sharp's default)",
    1,
    true,
  ],
  [
    "G2",
    "the same, SSIM over WebP q80 effort 4",
    "ssim",
    "AVIF q65 effort 0",
    "WebP q80 effort 4 (sharp's default)",
    1,
    false,
  ],
  [
    "G3",
    "WebP q80 effort 2, CPU over sharp's default",
    "cpu",
    "WebP q80 effort 2",
    "WebP q80 effort 4 (sharp's default)",
    0.6,
    true,
  ],
  ["G3", "the same, bytes", "bytes", "WebP q80 effort 2", "WebP q80 effort 4 (sharp's default)", 1.06, true],
]
const COMPARED = new Set(GOALS.flatMap(([, , , ours, other]) => [ours, other]))

const goalRows = (measured) =>
  GOALS.map(([id, what, field, ours, other, goal, isAtMost]) => ({
    id,
    what: `1280w ${what}`,
    value: median(measured[ours].map((values, at) => values[field] / measured[other][at][field])),
    goal,
    isAtMost,
    detail: "",
  }))

export const encoders = async ({ folder, isShort }) => {
  const sizes = [
    [4000, 3000],
    [3264, 2448],
    [2400, 1800],
  ]
  const files = []
  for (let seed = 1; seed <= (isShort ? 1 : 9); seed++)
    files.push(await photo(join(folder, "photos"), `e${seed}`, ...sizes[seed % 3], "jpg", seed))
  sharp.cache(false)
  sharp.concurrency(1)
  const results = []
  for (const { what, width, height, settings: all } of isShort ? CASES.slice(0, 1) : CASES) {
    const settings = isShort ? Object.fromEntries(Object.entries(all).filter(([name]) => COMPARED.has(name))) : all
    const measured = Object.fromEntries(Object.keys(settings).map((name) => [name, []]))
    for (const file of files) {
      for (const [name, encode] of Object.entries(settings))
        measured[name].push(await measure(file, { width, height }, encode))
    }
    if (what === "1280w") results.push(...goalRows(measured))
    for (const name of isShort ? [] : Object.keys(settings)) {
      const of = (field) => median(measured[name].map((values) => values[field]))
      results.push({
        id: "encoders",
        what: `${what} ${name}: CPU ms`,
        value: of("cpu"),
        detail: `${Math.round(of("bytes") / 102.4) / 10} KiB, SSIM ${of("ssim").toFixed(4)}`,
      })
    }
  }
  return results
}
