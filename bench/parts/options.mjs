// Options of named sizes compared with a plain crop of the same 12-megapixel JPEG: cold renders over HTTP, as JPEG and as WebP.
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"

import sharp from "sharp"

import { cpuMs, median } from "../lib/measure.mjs"
import { photo } from "../lib/photos.mjs"
import { MAIN, startServer } from "../lib/servers.mjs"

/** Goal for the CPU over that of the plain crop. */
const GOAL = 1.15

const SIZES = {
  plain: { what: "plain crop", options: {} },
  contain: { what: "contain", goal: GOAL, options: { fit: "contain", background: "#ffffff", padding: "4%" } },
  focal: { what: "smart crop of a photo with a focal point", goal: GOAL, options: { gravity: "smart" } },
  attention: { what: "smart crop of a photo without a marked subject", goal: GOAL, options: { gravity: "smart" } },
  overlay: {
    what: "overlay",
    goal: GOAL,
    options: { overlay: { image: "logo.png", gravity: "southeast", width: "18%", margin: "3%", opacity: 0.7 } },
  },
  backdrop: { what: "contain over a blurred backdrop", options: { fit: "contain", background: "blur" } },
  sharpen: { what: "sharpen", options: { sharpen: true } },
  trim: { what: "trim", options: { trim: true } },
}

const startShop = async (folder, originals, rounds) => {
  const files = join(folder, "options-files")
  mkdirSync(files, { recursive: true })
  const logo = { width: 600, height: 300, channels: 4, background: { r: 20, g: 60, b: 90, alpha: 0.8 } }
  await sharp({ create: logo }).png().toFile(join(files, "logo.png"))
  const points = Object.fromEntries(Array.from({ length: rounds + 1 }, (_, at) => [`focal${at - 1}.jpg`, [0.3, 0.6]]))
  writeFileSync(join(files, "points.json"), JSON.stringify(points))
  const sizes = Object.entries(SIZES).map(([name, { options }]) => Object.assign({ size: "600x600", name }, options))
  const config = join(files, "imgtailor.config.json")
  writeFileSync(config, JSON.stringify({ originals, sizes, focalPoints: "points.json" }))
  const renditions = join(folder, "options-renditions")
  return startServer(MAIN, [
    "serve",
    "--config",
    config,
    "--renditions",
    renditions,
    "--isolation",
    "none",
    "--port",
    "0",
    "--json",
  ])
}

/** Median CPU of a request in each size, in milliseconds. The sizes take turns. */
const measure = async ({ pid }, run, rounds) => {
  const names = Object.keys(SIZES)
  const costs = Object.fromEntries(names.map((name) => [name, []]))
  for (const name of names) await run(name, -1)
  for (let round = 0; round < rounds; round++) {
    for (const name of round % 2 ? names.toReversed() : names) {
      const start = cpuMs(pid)
      await run(name, round)
      costs[name].push(cpuMs(pid) - start)
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(costs[name])]))
}

export const options = async ({ folder, rounds }) => {
  const source = await photo(join(folder, "photos"), "p12", 4000, 3000)
  const originals = join(folder, "options")
  mkdirSync(originals, { recursive: true })
  const names = Object.keys(SIZES)
  for (let round = -1; round < rounds; round++)
    for (const name of names) copyFileSync(source, join(originals, `${name}${round}.jpg`))
  // Younger originals are hashed, because their version does not yet prove their content.
  await new Promise((resolve) => setTimeout(resolve, 2100))
  const server = await startShop(folder, originals, rounds)
  const results = []
  for (const [format, extension] of [
    ["JPEG", ""],
    ["WebP", ".webp"],
  ]) {
    const run = async (name, round) => {
      const path = `/${name}/${name}${round}.jpg${extension}`
      const { status } = await server.get(path)
      if (status !== 200) throw new Error(`${path}: ${status}`)
    }
    const measured = await measure(server, run, rounds)
    for (const name of names.slice(1)) {
      const { what, goal } = SIZES[name]
      results.push({
        id: "G13",
        what: `${what}, ${format}: server CPU over a plain crop's`,
        value: measured[name] / measured.plain,
        isAtMost: true,
        detail: `${measured[name].toFixed(1)} and ${measured.plain.toFixed(1)} ms`,
        ...(goal && { goal }),
      })
    }
  }
  await server.stop()
  return results
}
