// Peak memory for eight 50-megapixel originals at once, compared with a bare sharp server with the same settings and environment.
import { copyFileSync, mkdirSync } from "node:fs"
import { join } from "node:path"

import { childrenOf, memoryMiB, peakMemoryMiB } from "../lib/measure.mjs"
import { photo } from "../lib/photos.mjs"
import { bareSharp, imgtailor } from "../lib/servers.mjs"

const COUNT = 8
/** After a minute without work, one render process is left. */
const IDLE_MS = 65_000

export const memory = async ({ folder }) => {
  const source = await photo(join(folder, "photos"), "p50", 8660, 5774)
  const originals = join(folder, "memory")
  mkdirSync(originals, { recursive: true })
  const names = Array.from({ length: COUNT }, (_, at) => `m${at}`)
  for (const name of names) copyFileSync(source, join(originals, `${name}.jpg`))
  await new Promise((resolve) => setTimeout(resolve, 2100))
  const measure = async (server, pathOf) => {
    const before = memoryMiB(server.pid)
    const peak = await peakMemoryMiB(server.pid, () => Promise.all(names.map((name) => server.get(pathOf(name)))))
    await new Promise((resolve) => setTimeout(resolve, IDLE_MS))
    const kept = memoryMiB(server.pid) - before
    const children = childrenOf(server.pid).map(memoryMiB)
    await server.stop()
    return { peak, kept, child: Math.max(0, ...children) }
  }
  const ours = await measure(
    await imgtailor(originals, join(folder, "memory-renditions")),
    (name) => `/1280w/${name}.jpg.webp`,
  )
  const bare = await measure(await bareSharp(originals), (name) => `/${name}.jpg?1280&853&webp`)
  return [
    {
      id: "G7",
      what: `peak memory of ${COUNT} renders of 50 megapixels at once, over bare sharp's`,
      value: ours.peak / bare.peak,
      goal: 1,
      isAtMost: true,
      detail: `${Math.round(ours.peak)} and ${Math.round(bare.peak)} MiB`,
    },
    {
      id: "G7",
      what: `memory kept a minute later, less that kept by bare sharp, in MiB`,
      value: ours.kept - bare.kept,
      goal: 0,
      isAtMost: true,
      detail: `${Math.round(ours.kept)} and ${Math.round(bare.kept)} MiB`,
    },
    {
      id: "G7",
      what: "memory of the render process at rest a minute later (PSS), in MiB",
      value: ours.child,
      goal: 38,
      isAtMost: true,
      detail: "40 MB",
    },
  ]
}
