// FILE RECIPE: one render by imgtailor's own pipeline; prints the process's peak of memory and what admission estimates.
import { readFileSync } from "node:fs"

import { createRenderer } from "../../dist/render/render.js"
import { parseSizeList } from "../../dist/sizes/list.js"
import { imageRecipe } from "../../dist/sizes/recipe.js"

const [file, name] = process.argv.slice(2)
const [size, format] = name.split(".")
const settings = { quality: { jpeg: 80, webp: 80, avif: 60 }, background: "#ffffff", animationPixels: 100_000_000 }
const renderer = createRenderer({ pixels: 1e9, animationPixels: 1e8 })
const bytes = readFileSync(file)
const inspected = await renderer.inspect(bytes)
const recipe = imageRecipe(parseSizeList([size]).list[0], format, settings)
await renderer.render(bytes, inspected, recipe)
const peak = /VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "latin1"))[1]
console.log(JSON.stringify({ peakBytes: Number(peak) * 1024, estimate: renderer.estimatePeak(inspected, recipe) }))
