// Peak memory for eight 50-megapixel originals at once, compared with a bare sharp server with the same settings and environment.
import { copyFileSync, mkdirSync } from "node:fs"
import { join } from "node:path"

import { peakMemoryMiB } from "../lib/measure.mjs"
import { photo } from "../lib/photos.mjs"
import { bareSharp, imgtailor } from "../lib/servers.mjs"

const COUNT = 8

export const memory = async ({ folder }) => {
  const source = await photo(join(folder, "photos"), "p50", 8660, 5774)
  const originals = join(folder, "memory")
  mkdirSync(originals, { recursive: true })
  const names = Array.from({ length: COUNT }, (_, at) => `m${at}`)
  for (const name of names) copyFileSync(source, join(originals, `${name}.jpg`))
  await new Promise((resolve) => setTimeout(resolve, 2100))
  const peak = async (server, pathOf) => {
    const mib = await peakMemoryMiB(server.pid, () => Promise.all(names.map((name) => server.get(pathOf(name)))))
    await server.stop()
    return mib
  }
  const ours = await peak(
    await imgtailor(originals, join(folder, "memory-renditions")),
    (name) => `/1280w/${name}.jpg.webp`,
  )
  const bare = await peak(await bareSharp(originals), (name) => `/${name}.jpg?1280&853&webp`)
  return [
    {
      id: "G7",
      what: `peak memory of ${COUNT} renders of 50 megapixels at once, over bare sharp's`,
      value: ours / bare,
      goal: 1.1,
      isAtMost: true,
      detail: `${Math.round(ours)} and ${Math.round(bare)} MiB`,
    },
  ]
}
