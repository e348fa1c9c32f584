// 200 requests at once for one rendition that does not exist: one render for all of them.
import { copyFileSync, mkdirSync } from "node:fs"
import { join } from "node:path"

import { cpuMs, median } from "../lib/measure.mjs"
import { photo } from "../lib/photos.mjs"
import { imgtailor } from "../lib/servers.mjs"

const CROWD = 200

const timed = async (server, work) => {
  const [cpu, start] = [cpuMs(server.pid), performance.now()]
  const answers = await work()
  return { wall: performance.now() - start, cpu: cpuMs(server.pid) - cpu, answers }
}

export const stampede = async ({ folder, isShort }) => {
  const rounds = isShort ? 2 : 7
  const source = await photo(join(folder, "photos"), "p12", 4000, 3000)
  const originals = join(folder, "stampede")
  mkdirSync(originals, { recursive: true })
  for (let round = -1; round < rounds; round++)
    for (const name of ["one", "all"]) copyFileSync(source, join(originals, `${name}${round}.jpg`))
  await new Promise((resolve) => setTimeout(resolve, 2100))
  const server = await imgtailor(originals, join(folder, "stampede-renditions"))
  const all = (name) => Promise.all(Array.from({ length: CROWD }, () => server.get(`/1280w/${name}.jpg.webp`)))
  await server.get("/1280w/one-1.jpg.webp")
  await all("all-1")
  const ratios = { wall: [], cpu: [] }
  let misses = 0
  for (let round = 0; round < rounds; round++) {
    const one = await timed(server, () => server.get(`/1280w/one${round}.jpg.webp`))
    const crowd = await timed(server, () => all(`all${round}`))
    if (crowd.answers.some(({ status, body }) => status !== 200 || !body.equals(crowd.answers[0].body)))
      throw new Error("answers differ")
    misses = Math.max(
      misses,
      crowd.answers.filter(({ headers }) => headers["cache-status"] === "imgtailor; fwd=uri-miss").length,
    )
    ratios.wall.push(crowd.wall / one.wall)
    ratios.cpu.push(crowd.cpu / one.cpu)
  }
  await server.stop()
  return [
    { id: "G4", what: `${CROWD} identical requests: renders`, value: misses, goal: 1, isAtMost: true, detail: "" },
    {
      id: "G4",
      what: `${CROWD} identical requests: last byte over one render's`,
      value: median(ratios.wall),
      goal: 1.3,
      isAtMost: true,
      detail: "",
    },
    {
      id: "G4",
      what: `${CROWD} identical requests: server CPU over one render's`,
      value: median(ratios.cpu),
      goal: 1.15,
      isAtMost: true,
      detail: "",
    },
  ]
}
