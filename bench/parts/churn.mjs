// 20 000 renders by one server: what it holds after the last is what it held after the first thousand.
import { copyFileSync, mkdirSync } from "node:fs"
import { join } from "node:path"

import { memoryMiB } from "../lib/measure.mjs"
import { photo } from "../lib/photos.mjs"
import { imgtailor } from "../lib/servers.mjs"

const SIZES = ["360x270", "480h", "640w", "320w"]
const ENDINGS = ["", ".webp", ".avif", ".jpeg"]
const EACH = SIZES.length * ENDINGS.length
const [EARLY, LATE] = [1000, 20_000]

export const churn = async ({ folder }) => {
  const originals = join(folder, "churn")
  mkdirSync(originals, { recursive: true })
  const source = await photo(join(folder, "photos"), "p0", 700, 525)
  const names = Array.from({ length: Math.ceil(LATE / EACH) }, (_, at) => `c${at}`)
  for (const name of names) copyFileSync(source, join(originals, `${name}.jpg`))
  await new Promise((resolve) => setTimeout(resolve, 2100))
  // Memory for renditions is full at the first mark, so that what grows afterwards was not meant to.
  const flags = ["--formats", "avif,webp,jpeg", "--cache-bytes", "16000000"]
  const server = await imgtailor(originals, join(folder, "churn-renditions"), ...flags)
  const addresses = names.flatMap((name) =>
    SIZES.flatMap((size) => ENDINGS.map((ending) => `/${size}/${name}.jpg${ending}`)),
  )
  const queue = addresses.slice(0, LATE).values()
  let made = 0
  const marks = {}
  const visit = async () => {
    for (const address of queue) {
      const { status } = await server.get(address)
      if (status !== 200) throw new Error(`${address}: ${status}`)
      made += 1
      if (made === EARLY || made === LATE) marks[made] = memoryMiB(server.pid, "VmRSS")
    }
  }
  await Promise.all(Array.from({ length: 8 }, visit))
  await server.stop()
  return [
    {
      id: "G7",
      what: `memory after ${LATE} renders over that after ${EARLY}`,
      value: marks[LATE] / marks[EARLY],
      goal: 1.1,
      isAtMost: true,
      detail: `${Math.round(marks[LATE])} and ${Math.round(marks[EARLY])} MiB`,
    },
  ]
}
