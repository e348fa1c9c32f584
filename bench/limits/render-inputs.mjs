// render-inputs.mjs FILE KIND: renders eight thumbnails at once from a path, a Buffer or a stream. Prints CPU, time and peak memory as JSON.
import { createReadStream, readFileSync } from "node:fs"
import { readFile } from "node:fs/promises"

import sharp from "sharp"

const [file, kind] = process.argv.slice(2)
sharp.cache(false)
sharp.concurrency(1)

const open = {
  path: async () => sharp(file, { failOn: "error" }),
  buffer: async () => sharp(await readFile(file), { failOn: "error" }),
  stream: async () => createReadStream(file).pipe(sharp({ failOn: "error" })),
}[kind]
const render = async () =>
  (await open()).autoOrient().resize(360, 270, { fit: "cover" }).jpeg({ quality: 80 }).toBuffer()

await sharp({ create: { width: 8, height: 8, channels: 3, background: "#888" } })
  .jpeg()
  .toBuffer()
const [cpu, start] = [process.cpuUsage(), performance.now()]
await Promise.all(Array.from({ length: 8 }, render))
const { user, system } = process.cpuUsage(cpu)
const peak = /VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "latin1"))[1]
console.log(
  JSON.stringify({ cpuMs: (user + system) / 1000, wallMs: performance.now() - start, peakMiB: Number(peak) / 1024 }),
)
