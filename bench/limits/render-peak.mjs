// render-peak.mjs FILE RECIPE: renders once with imgtailor's pipeline. Prints the peak memory of the process and the estimate, in bytes.
import { readFileSync } from "node:fs"

import { createRenderer } from "../../dist/render/render.js"
import { parseSizeList } from "../../dist/sizes/list.js"
import { imageRecipe } from "../../dist/sizes/recipe.js"

const [file, name] = process.argv.slice(2)
const [size, format] = name.split(".")
const settings = { quality: { jpeg: 80, webp: 80, avif: 65 }, background: "#ffffff", animationPixels: 100_000_000 }
const recipe = imageRecipe(parseSizeList([size]).list[0], format, settings)
const session = await createRenderer({ pixels: 1e9, animationPixels: 1e8 }).open(readFileSync(file))
const estimate = session.estimate(recipe)
await session.render(recipe)
session.close()
const peak = /VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "latin1"))[1]
console.log(JSON.stringify({ peakBytes: Number(peak) * 1024, estimate }))
