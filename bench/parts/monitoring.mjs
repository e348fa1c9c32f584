// Cost of metrics: CPU per hit of a server with --metrics, compared with one without, in interleaved rounds.
import { join } from "node:path"

import { cpuMs, median } from "../lib/measure.mjs"
import { photo } from "../lib/photos.mjs"
import { imgtailor } from "../lib/servers.mjs"

const CONNECTIONS = 32
const PATH = "/360x270/small.jpg"

const cpuOf = async (server, count) => {
  let left = count
  const before = cpuMs(server.pid)
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      while (left-- > 0) await server.get(PATH)
    }),
  )
  return cpuMs(server.pid) - before
}

export const monitoring = async ({ folder, isShort }) => {
  const originals = join(folder, "monitoring")
  await photo(originals, "small", 700, 525)
  await new Promise((resolve) => setTimeout(resolve, 2100))
  const renditions = join(folder, "monitoring-renditions")
  const plain = await imgtailor(originals, renditions)
  const measured = await imgtailor(originals, renditions, "--metrics")
  const [count, rounds] = isShort ? [2000, 5] : [5000, 20]
  for (const server of [plain, measured]) await cpuOf(server, 3000)
  const ratios = []
  for (let round = 0; round < rounds; round++) {
    const without = await cpuOf(plain, count)
    ratios.push((await cpuOf(measured, count)) / without)
  }
  await Promise.all([plain.stop(), measured.stop()])
  return [
    {
      id: "monitoring",
      what: "hit with --metrics, CPU over a hit without",
      value: median(ratios),
      goal: 1.1,
      isAtMost: true,
    },
  ]
}
