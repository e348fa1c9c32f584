// Hits: requests per CPU second of the server, compared with a node:http server that sends the same bytes and headers after one stat.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"

import { cpuMs, median } from "../lib/measure.mjs"
import { photo } from "../lib/photos.mjs"
import { freePort, launch, program } from "../lib/programs.mjs"
import { bareHttp, client, imgtailor } from "../lib/servers.mjs"

const CONNECTIONS = 32

/** Requests per CPU second for `count` requests over keep-alive connections. */
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

export const hits = async ({ folder, isShort, skip }) => {
  const originals = join(folder, "hits")
  await photo(originals, "small", 700, 525)
  await new Promise((resolve) => setTimeout(resolve, 2100))
  const renditions = join(folder, "hits-renditions")
  const file = join(renditions, "files/360x270/small.jpg")
  const fromMemory = await imgtailor(originals, renditions)
  await fromMemory.get("/360x270/small.jpg")
  const fromDisk = await imgtailor(originals, renditions, "--cache-bytes", "0")
  const [limitMemory, limitDisk] = [await bareHttp(file, "memory"), await bareHttp(file, "disk")]
  const [count, rounds] = isShort ? [2000, 3] : [15_000, 5]
  const nginx = await startNginx(folder, join(renditions, "files"))
  if (!nginx) skip("nginx is not installed, so hits are not compared with it")
  const results = []
  const measure = async (what, server, limit) => {
    const ours = await describeServer(server, "/360x270/small.jpg")
    const other = await describeServer(limit, "/")
    await rate(server, ours.path, {}, 2000)
    await rate(limit, other.path, {}, 2000)
    const full = await compare(ours, other, () => ({}), count, rounds)
    const fresh = await compare(ours, other, ({ etag }) => ({ "if-none-match": etag }), count, rounds)
    const row = (name, { ratio, rate: perSecond }, isFull) =>
      results.push({
        id: "G6",
        what: `${name}: requests per CPU second over node:http's`,
        value: ratio,
        goal: what === "memory" ? 0.9 : isFull ? 0.8 : undefined,
        isAtMost: false,
        detail: `${Math.round(perSecond)} a CPU second`,
      })
    row(`hits from ${what}, ${ours.bytes} bytes`, full, true)
    row(`304s from ${what}`, fresh, false)
    if (!nginx) return
    const third = await describeServer(nginx, "/360x270/small.jpg")
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
  for (const server of [fromMemory, fromDisk, limitMemory, limitDisk, nginx]) await server?.stop()
  return results
}
