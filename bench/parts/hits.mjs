// Hits: requests per CPU second of the server, against a node:http server that sends the same bytes and headers after one stat.
import { join } from "node:path"

import { cpuMs, median } from "../lib/measure.mjs"
import { photo } from "../lib/photos.mjs"
import { bareHttp, imgtailor } from "../lib/servers.mjs"

const CONNECTIONS = 32

/** Requests per CPU second while `count` are asked for over keep-alive connections. */
const rate = async (server, path, headers, count) => {
  let left = count
  const before = cpuMs(server.pid)
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      while (left-- > 0) await server.get(path, headers)
    }),
  )
  return (count / (cpuMs(server.pid) - before)) * 1000
}

const compare = async (ours, limit, headersOf, count, rounds) => {
  const ratios = []
  const rates = []
  for (let round = 0; round < rounds; round++) {
    const mine = await rate(ours.server, ours.path, headersOf(ours), count)
    ratios.push(mine / (await rate(limit.server, limit.path, headersOf(limit), count)))
    rates.push(mine)
  }
  return { ratio: median(ratios), rate: median(rates) }
}

const describeServer = async (server, path) => {
  const { headers, body } = await server.get(path)
  return { server, path, etag: headers.etag, bytes: body.length }
}

export const hits = async ({ folder, isShort }) => {
  const originals = join(folder, "hits")
  await photo(originals, "small", 700, 525)
  await new Promise((resolve) => setTimeout(resolve, 2100))
  const renditions = join(folder, "hits-renditions")
  const file = join(renditions, "files/360x270/small.jpg")
  const fromMemory = await imgtailor(originals, renditions)
  await fromMemory.get("/360x270/small.jpg")
  const fromDisk = await imgtailor(originals, renditions, "--cache-bytes", "0")
  const [limitMemory, limitDisk] = [await bareHttp(file, "memory"), await bareHttp(file, "disk")]
  const [count, rounds] = isShort ? [4000, 3] : [15_000, 5]
  const results = []
  const measure = async (what, server, limit) => {
    const ours = await describeServer(server, "/360x270/small.jpg")
    const other = await describeServer(limit, "/")
    await rate(server, ours.path, {}, 2000)
    await rate(limit, other.path, {}, 2000)
    const full = await compare(ours, other, () => ({}), count, rounds)
    const fresh = await compare(ours, other, ({ etag }) => ({ "if-none-match": etag }), count, rounds)
    const row = (name, { ratio, rate: perSecond }) =>
      results.push({
        id: "G6",
        what: `${name}: requests per CPU second over node:http's`,
        value: ratio,
        goal: 0.9,
        isAtMost: false,
        detail: `${Math.round(perSecond)} a CPU second`,
      })
    row(`hits from ${what}, ${ours.bytes} bytes`, full)
    row(`304s from ${what}`, fresh)
  }
  await measure("memory", fromMemory, limitMemory)
  await measure("disk", fromDisk, limitDisk)
  await Promise.all([fromMemory, fromDisk, limitMemory, limitDisk].map(({ stop }) => stop()))
  return results
}
