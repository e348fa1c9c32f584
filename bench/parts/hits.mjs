// Hits: requests per CPU second of the server, compared with node:http servers that send the same bytes and headers, and memory allocated.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"

import { cpuMs, median } from "../lib/measure.mjs"
import { photo } from "../lib/photos.mjs"
import { freePort, launch, program } from "../lib/programs.mjs"
import { bareHttp, client, countedHttp, countedImgtailor, imgtailor } from "../lib/servers.mjs"

const CONNECTIONS = 32
const PATH = "/360x270/small.jpg"

/** Sends `count` requests over keep-alive connections. */
const requests = async (server, path, headers, count) => {
  let left = count
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      while (left-- > 0) await server.get(path, headers)
    }),
  )
}

/** Requests per CPU second. */
const rate = async (server, path, headers, count) => {
  const before = cpuMs(server.pid)
  await requests(server, path, headers, count)
  return (count / (cpuMs(server.pid) - before)) * 1000
}

const ALLOCATED_REQUESTS = 3000

/** Bytes of JavaScript objects for one hit from memory, less those of a node:http server with one stat. */
const allocation = async (originals, renditions, file) => {
  const servers = [
    { server: await countedImgtailor(originals, renditions), path: PATH },
    { server: await countedHttp(file), path: "/" },
  ]
  const bytes = []
  for (const { server, path } of servers) {
    const work = () => requests(server, path, {}, ALLOCATED_REQUESTS)
    await work()
    bytes.push((await server.allocated(work)) / ALLOCATED_REQUESTS)
    await server.stop()
  }
  const [ours, bare] = bytes.map((count) => count / 1000)
  return {
    id: "G6",
    what: "hits from memory: kB allocated for one, over node:http's",
    value: ours - bare,
    goal: 2,
    isAtMost: true,
    detail: `${ours.toFixed(1)} and ${bare.toFixed(1)} kB`,
  }
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

/** nginx with one worker that serves the folder, or undefined if nginx is not installed. */
const startNginx = async (folder, root) => {
  const path = program("nginx")
  if (!path) return undefined
  const port = await freePort()
  const home = join(folder, "nginx")
  mkdirSync(home, { recursive: true })
  const http = `access_log off; server { listen 127.0.0.1:${port}; root ${root}; keepalive_requests 1000000; types { image/jpeg jpg; } }`
  const conf = `daemon off; user root; pid ${home}/pid; error_log stderr; worker_processes 1; events {} http { ${http} }`
  writeFileSync(join(home, "nginx.conf"), conf)
  const child = launch(path, ["-e", "stderr", "-p", home, "-c", join(home, "nginx.conf")], { stdio: "ignore" })
  const { get, close } = client(port)
  while (!(await get("/").catch(() => undefined))) await new Promise((resolve) => setTimeout(resolve, 20))
  const worker = Number(readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, "latin1").trim().split(" ")[0])
  const stop = async () => {
    close()
    child.kill("SIGTERM")
    await new Promise((resolve) => child.once("exit", resolve))
  }
  return { pid: worker, get, stop }
}

/** Hits from disk over a server that opens, reads and closes the file, without a look at an original. */
const againstFile = async (server, file, count, rounds) => {
  const limit = await bareHttp(file, "file")
  await rate(limit, "/", {}, 2000)
  const [ours, bare] = [await describeServer(server, PATH), await describeServer(limit, "/")]
  const { ratio } = await compare(ours, bare, () => ({}), count, rounds)
  await limit.stop()
  return {
    id: "G6",
    what: "hits from disk: requests per CPU second over opening, reading and closing",
    value: ratio,
    goal: 0.8,
    isAtMost: false,
    detail: "",
  }
}

export const hits = async ({ folder, isShort, skip }) => {
  const originals = join(folder, "hits")
  await photo(originals, "small", 700, 525)
  await new Promise((resolve) => setTimeout(resolve, 2100))
  const renditions = join(folder, "hits-renditions")
  const file = join(renditions, "files/360x270/small.jpg")
  const fromMemory = await imgtailor(originals, renditions)
  await fromMemory.get(PATH)
  const fromDisk = await imgtailor(originals, renditions, "--cache-bytes", "0")
  const [limitMemory, limitDisk] = [await bareHttp(file, "memory"), await bareHttp(file, "disk")]
  const [count, rounds] = isShort ? [2000, 3] : [15_000, 5]
  const nginx = await startNginx(folder, join(renditions, "files"))
  if (!nginx) skip("nginx is not installed, so hits are not compared with it")
  const results = []
  const measure = async (what, server, limit) => {
    const ours = await describeServer(server, PATH)
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
        goal: what === "memory" ? 0.9 : undefined,
        isAtMost: false,
        detail: `${Math.round(perSecond)} a CPU second`,
      })
    row(`hits from ${what}, ${ours.bytes} bytes`, full)
    row(`304s from ${what}`, fresh)
    if (!nginx) return
    const third = await describeServer(nginx, PATH)
    const compared = await compare(ours, third, () => ({}), count, rounds)
    results.push({
      id: "G6",
      what: `hits from ${what}: requests per CPU second over nginx's`,
      value: compared.ratio,
      goal: what === "memory" ? 0.5 : 0.25,
      isAtMost: false,
      detail: "",
    })
  }
  await measure("memory", fromMemory, limitMemory)
  await measure("disk", fromDisk, limitDisk)
  results.push(await againstFile(fromDisk, file, count, rounds))
  for (const server of [fromMemory, fromDisk, limitMemory, limitDisk, nginx]) await server?.stop()
  return [...results, await allocation(originals, renditions, file)]
}
