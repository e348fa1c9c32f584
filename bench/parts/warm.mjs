// `imgtailor warm` with several sizes and formats, compared with a script that renders each by one bare sharp call.
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"

import { cpuMs, median } from "../lib/measure.mjs"
import { photo } from "../lib/photos.mjs"
import { ended, launch } from "../lib/programs.mjs"
import { MAIN } from "../lib/servers.mjs"

const SIZES = [
  { name: "360x270", width: 360, height: 270 },
  { name: "640w", width: 640, height: 480 },
  { name: "1280w", width: 1280, height: 960 },
]
const PHOTOS = 20

/** Renders every size and format, and a placeholder, by itself, on two threads like `warm`. */
const SCRIPT = `
import { createRequire } from "node:module"
import { readdirSync } from "node:fs"
const sharp = createRequire(${JSON.stringify(import.meta.url)})("sharp")
sharp.cache(false)
sharp.concurrency(1)
const [folder] = process.argv.slice(2)
const encode = { jpeg: (image, width) => image.jpeg({ quality: 80, progressive: width <= 480 }), webp: (image, width) => image.webp({ quality: width >= 1000 ? 84 : 80, effort: 2 }) }
const open = (name, size) => sharp(folder + "/" + name, { failOn: "error" }).autoOrient().resize(size.width, size.height, { fit: "cover" })
const jobs = readdirSync(folder).flatMap((name) => [
  ...${JSON.stringify(SIZES)}.flatMap((size) => Object.values(encode).map((to) => () => to(open(name, size), size.width).toBuffer())),
  () => open(name, { width: 16, height: 12 }).webp({ quality: 50, effort: 2 }).toBuffer(),
])
const work = async () => { for (let job = jobs.shift(); job; job = jobs.shift()) await job() }
await Promise.all([work(), work()])
`

const SAMPLE_MS = 10

/** Runs a program. @returns the CPU of the process and of its children until shortly before its end, in ms */
const cpuOf = async (args) => {
  const child = launch(process.execPath, args, { stdio: "ignore" })
  const exit = ended(child)
  let cpu = 0
  const timer = setInterval(() => (cpu = Math.max(cpu, cpuMs(child.pid))), SAMPLE_MS)
  const status = await exit
  clearInterval(timer)
  if (status !== 0) throw new Error(`${args[0]} ended with ${status}`)
  return cpu
}

export const warm = async ({ folder, isShort }) => {
  const source = await photo(join(folder, "photos"), "p12", 4000, 3000)
  const originals = join(folder, "warm")
  mkdirSync(originals, { recursive: true })
  for (let number = 0; number < PHOTOS; number++) copyFileSync(source, join(originals, `w${number}.jpg`))
  // Younger originals are read again for each rendition, because their version does not yet prove their content.
  await new Promise((resolve) => setTimeout(resolve, 2100))
  const script = join(folder, "warm.mjs")
  writeFileSync(script, SCRIPT)
  const [ratios, details] = [[], []]
  for (let round = 0; round < (isShort ? 2 : 5); round++) {
    const flags = ["--sizes", SIZES.map(({ name }) => name).join(","), "--formats", "webp,jpeg"]
    const renditions = join(folder, `warm-renditions-${round}`)
    const ours = await cpuOf([MAIN, "warm", "--originals", originals, "--renditions", renditions, ...flags])
    const bare = await cpuOf([script, originals])
    ratios.push(ours / bare)
    details.push(`${ours.toFixed(0)} and ${bare.toFixed(0)} ms`)
  }
  return [
    {
      id: "warm",
      what: `warm of ${SIZES.length} sizes in two formats: CPU over a bare sharp script that renders each alone`,
      value: median(ratios),
      goal: 0.8,
      isAtMost: true,
      detail: details.join(", "),
    },
  ]
}
