// Six sizes of one new photo requested together, compared with the same six one after the other: reads and decodes are shared.
import { copyFileSync, mkdirSync, statSync } from "node:fs"
import { join } from "node:path"

import { median, wholeCpuMs } from "../lib/measure.mjs"
import { photo } from "../lib/photos.mjs"
import { countingImgtailor } from "../lib/servers.mjs"

const SIZES = ["360x270", "480h", "320w", "640w", "960w", "1280w"]
/** Goal for the CPU of six together over six separate renders. JPEG is scaled while it is decoded, so it only shares the read. */
const KINDS = { png: 0.5, tif: 0.5, avif: 0.5, jpg: undefined }

const cost = async ({ pid, readBytes }, work) => {
  const [cpu, start, read] = [wholeCpuMs(pid), performance.now(), readBytes()]
  await work()
  return { cpu: wholeCpuMs(pid) - cpu, wall: performance.now() - start, read: readBytes() - read }
}

export const sharing = async ({ folder, isShort }) => {
  const rounds = isShort ? 1 : 5
  const originals = join(folder, "sharing")
  mkdirSync(originals, { recursive: true })
  const lengths = {}
  for (const kind of Object.keys(KINDS)) {
    const source = await photo(join(folder, "photos"), "p12", 4000, 3000, kind)
    lengths[kind] = statSync(source).size
    for (let round = 0; round < rounds; round++)
      for (const name of ["one", "all"]) copyFileSync(source, join(originals, `${name}${round}.${kind}`))
  }
  await new Promise((resolve) => setTimeout(resolve, 2100))
  const server = await countingImgtailor(originals, join(folder, "sharing-renditions"))
  const results = []
  for (const [kind, goal] of Object.entries(KINDS)) {
    const ratios = { cpu: [], wall: [], read: [] }
    for (let round = 0; round < rounds; round++) {
      const get = (name, size) => server.get(`/${size}/${name}${round}.${kind}.webp`)
      const apart = await cost(server, async () => {
        for (const size of SIZES) await get("one", size)
      })
      const together = await cost(server, () => Promise.all(SIZES.map((size) => get("all", size))))
      ratios.cpu.push(together.cpu / apart.cpu)
      ratios.wall.push(together.wall / apart.wall)
      ratios.read.push(together.read / lengths[kind])
    }
    const row = (what, values, limit) =>
      results.push({
        id: "G5",
        what: `six sizes of one ${kind} together: ${what}`,
        value: median(values),
        isAtMost: true,
        detail: "",
        ...(limit && { goal: limit }),
      })
    row("bytes read over its length", ratios.read, 1.1)
    row("server CPU over six renders'", ratios.cpu, goal)
    row("time over six renders'", ratios.wall)
  }
  await server.stop()
  return results
}
