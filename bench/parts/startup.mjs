// From process start to the first responses of `imgtailor serve`, requested until it responds, compared with an empty node:http server.
import { get } from "node:http"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

import { median } from "../lib/measure.mjs"
import { photo } from "../lib/photos.mjs"
import { ended, freePort, launch } from "../lib/programs.mjs"
import { imgtailor } from "../lib/servers.mjs"

const MAIN = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url))
const EMPTY = `require("node:http").createServer((_, response) => response.end()).listen(process.argv[1], "127.0.0.1")`
const PATH = "/360x270/small.jpg"

const statusOf = (port, path) =>
  new Promise((resolve, reject) => {
    get({ host: "127.0.0.1", port, path }, (response) => {
      response.resume().on("end", () => resolve(response.statusCode))
    }).on("error", reject)
  })

/** Status of the first response. */
const firstStatus = async (port, path) => {
  for (;;) {
    const status = await statusOf(port, path).catch(() => undefined)
    if (status !== undefined) return status
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}

/** Time from the start of a program until a path is answered. @param argumentsOf its arguments, for a port */
const responseMs = async (argumentsOf, path) => {
  const port = await freePort()
  const start = performance.now()
  const child = launch(process.execPath, argumentsOf(port), { stdio: "ignore" })
  const end = ended(child)
  const status = await Promise.race([firstStatus(port, path), end])
  const ms = performance.now() - start
  child.kill("SIGKILL")
  await end
  if (status !== 200) throw new Error(`${path}: ${status}`)
  return ms
}

export const startup = async ({ folder, rounds }) => {
  const originals = join(folder, "startup")
  const renditions = join(folder, "startup-renditions")
  await photo(originals, "small", 700, 525)
  await new Promise((resolve) => setTimeout(resolve, 2100))
  const server = await imgtailor(originals, renditions)
  await server.get(PATH)
  await server.stop()
  const serve = (port) => [
    MAIN,
    "serve",
    originals,
    "--sizes",
    "360x270",
    "--renditions",
    renditions,
    "--port",
    String(port),
    "--json",
  ]
  const empty = (port) => ["-e", EMPTY, String(port)]
  const times = { empty: [], health: [], hit: [] }
  for (let round = 0; round < rounds; round++) {
    times.empty.push(await responseMs(empty, "/"))
    times.health.push(await responseMs(serve, "/healthz"))
    times.hit.push(await responseMs(serve, PATH))
  }
  const row = (what, name, goal) => ({
    id: "startup",
    what: `serve, from its start to ${what}, over an empty node:http server`,
    value: median(times[name]) / median(times.empty),
    goal,
    isAtMost: true,
    detail: `${median(times[name]).toFixed(0)} and ${median(times.empty).toFixed(0)} ms`,
  })
  return [row("/healthz", "health", 1.35), row("its first hit", "hit", 1.45)]
}
