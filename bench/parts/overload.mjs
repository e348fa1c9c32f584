// More work than a server can do at once: no request is lost, throughput stays the same, and hits do not wait for renders.
import { copyFileSync, mkdirSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"

import { median, memoryMiB, percentile } from "../lib/measure.mjs"
import { photo } from "../lib/photos.mjs"
import { imgtailor } from "../lib/servers.mjs"

const COUNT = 200

/** Sends requests, `atOnce` at a time. @returns the time of all, and the status and time of each */
const crowd = async (server, paths, atOnce) => {
  const queue = paths.values()
  const answers = []
  const allStart = performance.now()
  const visitor = async () => {
    for (const path of queue) {
      const start = performance.now()
      const { status, headers } = await server.get(path)
      answers.push({ status, retry: headers["retry-after"], ms: performance.now() - start })
    }
  }
  await Promise.all(Array.from({ length: atOnce }, visitor))
  return { wall: performance.now() - allStart, answers }
}

/** Latencies of hits, one after the other, until `work` is done. */
const hitsDuring = async (server, path, work) => {
  const times = []
  const state = { isOver: false }
  void work.finally(() => (state.isOver = true))
  while (!state.isOver || times.length < 300) {
    const start = performance.now()
    await server.get(path)
    times.push(performance.now() - start)
    await sleep(2)
  }
  return times
}

const row = (id, what, value, goal, isAtMost, detail = "") => ({ id, what, value, goal, isAtMost, detail })

const namesOf = (kind, count) => Array.from({ length: count }, (_, at) => `${kind}-${at}`)
const thumbnails = (names) => names.map((name) => `/360x270/${name}.jpg`)

const HIT = "/360x270/hit.jpg"

/** Many renders at once compared with four at once, and hits during renders. */
const throughput = async (server, rounds) => {
  await server.get(HIT)
  const idle = await hitsDuring(server, HIT, Promise.resolve())
  const [ratios, busy, lost] = [[], [], []]
  for (let round = 0; round < rounds; round++) {
    const few = await crowd(server, thumbnails(namesOf(`few${round}`, COUNT)), 4)
    const many = await crowd(server, thumbnails(namesOf(`many${round}`, COUNT)), COUNT)
    const renders = crowd(server, thumbnails(namesOf(`beside${round}`, COUNT)), COUNT)
    busy.push(...(await hitsDuring(server, HIT, renders)))
    ratios.push(few.wall / many.wall)
    lost.push(...many.answers.filter(({ status }) => status !== 200))
  }
  const [before, during] = [percentile(idle, 0.99), percentile(busy, 0.99)]
  const detail = `${lost.length} not 200, ${Math.round(memoryMiB(server.pid))} MiB at the end`
  return [
    row("G8", `${COUNT} distinct renders at once: throughput over four's at once`, median(ratios), 0.97, false, detail),
    row(
      "G6",
      "hits while renders run: p99 over twice the idle one's and 5 ms",
      during / (2 * before + 5),
      1,
      true,
      `${during.toFixed(1)} and ${before.toFixed(1)} ms`,
    ),
  ]
}

/** One small photo requested after eight large ones. */
const starvation = async (server) => {
  const start = performance.now()
  const large = Promise.all(namesOf("huge", 8).map((name) => server.get(`/1280w/${name}.jpg`)))
  await sleep(50)
  await server.get("/360x270/small.jpg")
  const small = performance.now() - start
  await large
  const detail = `${Math.round(small)} ms`
  return [
    row(
      "G8",
      "a small photo after eight of 24 megapixels, over their time",
      small / (performance.now() - start),
      0.5,
      true,
      detail,
    ),
  ]
}

/** A short queue: excess requests get 503 with Retry-After at once. */
const rejections = async (server) => {
  const filling = crowd(server, thumbnails(namesOf("much", 80)), 80)
  await sleep(60)
  const { answers } = await crowd(server, thumbnails(namesOf("more", 20)), 1)
  const { answers: first } = await filling
  const rejected = answers.filter(({ status }) => status === 503)
  const odd = [...first, ...answers].filter(({ status, retry }) => status !== 200 && !(status === 503 && retry))
  const what = "80 at once, 20 may wait"
  return [
    row("G8", `${what}: neither 200 nor 503 with Retry-After`, odd.length, 0, true),
    row(
      "G8",
      `${what}, 20 more: median ms until 503`,
      median(rejected.map(({ ms }) => ms)),
      50,
      true,
      `${rejected.length} rejected`,
    ),
  ]
}

export const overload = async ({ folder, isShort }) => {
  const rounds = isShort ? 1 : 3
  const originals = join(folder, "overload")
  mkdirSync(originals, { recursive: true })
  const copy = (source, names) => names.forEach((name) => copyFileSync(source, join(originals, `${name}.jpg`)))
  const source = await photo(join(folder, "photos"), "p5", 2560, 1920)
  for (let round = 0; round < rounds; round++)
    for (const kind of ["few", "many", "beside"]) copy(source, namesOf(`${kind}${round}`, COUNT))
  copy(await photo(join(folder, "photos"), "p12", 4000, 3000), [...namesOf("much", 80), ...namesOf("more", 20)])
  copy(await photo(join(folder, "photos"), "p24", 6000, 4000, "progressive.jpg"), namesOf("huge", 8))
  copy(await photo(join(folder, "photos"), "p0", 700, 525), ["small", "hit"])
  await sleep(2100)
  const server = await imgtailor(originals, join(folder, "overload-renditions"))
  const results = [...(await throughput(server, rounds)), ...(await starvation(server))]
  await server.stop()
  const strict = await imgtailor(originals, join(folder, "overload-strict"), "--queue", "20")
  results.push(...(await rejections(strict)))
  await strict.stop()
  return results
}
