// CPU of hits on a server with an option, over those on a server without it, in interleaved rounds.
import { cpuMs, median } from "./measure.mjs"
import { photo } from "./photos.mjs"
import { imgtailor } from "./servers.mjs"

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

/** The median ratio. @param folder is created for the originals; renditions are beside it */
export const hitCostOf = async (option, folder, isShort) => {
  await photo(folder, "small", 700, 525)
  await new Promise((resolve) => setTimeout(resolve, 2100))
  const renditions = `${folder}-renditions`
  const plain = await imgtailor(folder, renditions)
  const other = await imgtailor(folder, renditions, option)
  const [count, rounds] = isShort ? [2000, 5] : [5000, 20]
  for (const server of [plain, other]) await cpuOf(server, 3000)
  const ratios = []
  for (let round = 0; round < rounds; round++) {
    const without = await cpuOf(plain, count)
    ratios.push((await cpuOf(other, count)) / without)
  }
  await Promise.all([plain.stop(), other.stop()])
  return median(ratios)
}
