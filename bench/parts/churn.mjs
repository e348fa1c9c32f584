// 5 000 renders by one server and its render processes: they use as much memory after the last as after the first 500.
import { copyFileSync, mkdirSync } from "node:fs"
import { join } from "node:path"

import { memoryMiB } from "../lib/measure.mjs"
import { photo } from "../lib/photos.mjs"
import { imgtailor } from "../lib/servers.mjs"

const SIZES = ["360x270", "480h", "640w", "320w"]
const ENDINGS = ["", ".webp", ".avif", ".jpeg"]
const EACH = SIZES.length * ENDINGS.length
const [EARLY, LATE] = [500, 5000]
/** Until the last files are written and spare render processes have started. */
const REST_MS = 3000

export const churn = async ({ folder }) => {
  const originals = join(folder, "churn")
  mkdirSync(originals, { recursive: true })
  const source = await photo(join(folder, "photos"), "p0", 700, 525)
  const names = Array.from({ length: Math.ceil(LATE / EACH) }, (_, at) => `c${at}`)
  for (const name of names) copyFileSync(source, join(originals, `${name}.jpg`))
  await new Promise((resolve) => setTimeout(resolve, 2100))
  // The memory cache is full at the first mark.
  const flags = ["--formats", "avif,webp,jpeg", "--cache-bytes", "4000000"]
  const server = await imgtailor(originals, join(folder, "churn-renditions"), ...flags)
  const paths = names.flatMap((name) =>
    SIZES.flatMap((size) => ENDINGS.map((ending) => `/${size}/${name}.jpg${ending}`)),
  )
  const queue = paths.slice(0, LATE)
  const visit = async (left) => {
    for (const path of left) {
      const { status } = await server.get(path)
      if (status !== 200) throw new Error(`${path}: ${status}`)
    }
  }
  /** Memory at rest, after more renders. */
  const memoryAfter = async (all) => {
    const left = all.values()
    await Promise.all(Array.from({ length: 8 }, () => visit(left)))
    await new Promise((resolve) => setTimeout(resolve, REST_MS))
    return memoryMiB(server.pid)
  }
  const early = await memoryAfter(queue.slice(0, EARLY))
  const late = await memoryAfter(queue.slice(EARLY))
  await server.stop()
  return [
    {
      id: "G7",
      what: `memory of the server and its render processes after ${LATE} renders, over that after ${EARLY}`,
      value: late / early,
      goal: 1.05,
      isAtMost: true,
      detail: `${Math.round(late)} and ${Math.round(early)} MiB`,
    },
  ]
}
