// 200 requests at once for one missing rendition: one render for all. A node:http server that only sends 200 such bodies is measured too,
// because sending is part of both figures.
import { copyFileSync, mkdirSync } from "node:fs"
import { join } from "node:path"

import { cpuMs, median } from "../lib/measure.mjs"
import { photo } from "../lib/photos.mjs"
import { bareHttp, imgtailor } from "../lib/servers.mjs"

const CROWD = 200
/** Rounds before measuring, so that the code is compiled. */
const WARM_UP = 3

const timed = async (server, work) => {
  const [cpu, start] = [cpuMs(server.pid), performance.now()]
  const answers = await work()
  return { wall: performance.now() - start, cpu: cpuMs(server.pid) - cpu, answers }
}

export const stampede = async ({ folder, isShort }) => {
  const rounds = isShort ? 3 : 7
  const source = await photo(join(folder, "photos"), "p12", 4000, 3000)
  const originals = join(folder, "stampede")
  mkdirSync(originals, { recursive: true })
  for (let round = -WARM_UP; round < rounds; round++)
    for (const name of ["one", "all"]) copyFileSync(source, join(originals, `${name}${round}.jpg`))
  await new Promise((resolve) => setTimeout(resolve, 2100))
  const renditions = join(folder, "stampede-renditions")
  const server = await imgtailor(originals, renditions)
  const crowdOf = (target, path) =>
    timed(target, () => Promise.all(Array.from({ length: CROWD }, () => target.get(path))))
  const round = async (n) => {
    const one = await timed(server, () => server.get(`/1280w/one${n}.jpg.webp`))
    const crowd = await crowdOf(server, `/1280w/all${n}.jpg.webp`)
    if (crowd.answers.some(({ status, body }) => status !== 200 || !body.equals(crowd.answers[0].body)))
      throw new Error("answers differ")
    return { one, crowd }
  }
  for (let n = -WARM_UP; n < 0; n++) await round(n)
  const limit = await bareHttp(join(renditions, `files/1280w/all${-WARM_UP}.jpg.webp`), "memory")
  for (let n = 0; n < WARM_UP; n++) await crowdOf(limit, "/")
  const ratios = { wall: [], cpu: [] }
  const sending = { wall: [], cpu: [] }
  let misses = 0
  for (let n = 0; n < rounds; n++) {
    const { one, crowd } = await round(n)
    const sent = await crowdOf(limit, "/")
    const isMiss = ({ headers }) => headers["cache-status"] === "imgtailor; fwd=uri-miss"
    misses = Math.max(misses, crowd.answers.filter(isMiss).length)
    for (const name of ["wall", "cpu"]) {
      ratios[name].push((crowd[name] - sent[name]) / one[name])
      sending[name].push(sent[name] / one[name])
    }
  }
  await server.stop()
  await limit.stop()
  const detail = (name) => `besides that, node:http needs ${median(sending[name]).toFixed(2)} to send them`
  return [
    { id: "G4", what: `${CROWD} identical requests: renders`, value: misses, goal: 1, isAtMost: true, detail: "" },
    {
      id: "G4",
      what: `${CROWD} identical requests: last byte, less sending, over one render's`,
      value: median(ratios.wall),
      goal: 1.4,
      isAtMost: true,
      detail: detail("wall"),
    },
    {
      id: "G4",
      what: `${CROWD} identical requests: server CPU, less sending, over one render's`,
      value: median(ratios.cpu),
      goal: 1.3,
      isAtMost: true,
      detail: detail("cpu"),
    },
  ]
}
