// From process start to the first hit of `imgtailor serve`, requested until it responds, compared with a process that loads sharp.
import { get } from "node:http"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

import { median } from "../lib/measure.mjs"
import { photo } from "../lib/photos.mjs"
import { ended, freePort, launch } from "../lib/programs.mjs"
import { imgtailor } from "../lib/servers.mjs"

const MAIN = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url))
const PATH = "/360x270/small.jpg"

const statusOf = (port) =>
  new Promise((resolve, reject) => {
    get({ host: "127.0.0.1", port, path: PATH }, (response) => {
      response.resume().on("end", () => resolve(response.statusCode))
    }).on("error", reject)
  })

/** Status of the first response. */
const firstStatus = async (port) => {
  for (;;) {
    const status = await statusOf(port).catch(() => undefined)
    if (status !== undefined) return status
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}

const serveMs = async (originals, renditions) => {
  const port = await freePort()
  const start = performance.now()
  const flags = ["--sizes", "360x270", "--renditions", renditions, "--port", String(port), "--json"]
  const child = launch(process.execPath, [MAIN, "serve", originals, ...flags], { stdio: "ignore" })
  const end = ended(child)
  const status = await Promise.race([firstStatus(port), end])
  const ms = performance.now() - start
  child.kill("SIGKILL")
  await end
  if (status !== 200) throw new Error(`serve: ${status}`)
  return ms
}

/** Time of a process that loads sharp by `require`, which takes half as long as `import`. */
const sharpMs = async () => {
  const start = performance.now()
  await ended(launch(process.execPath, ["-e", `require("sharp")`], { stdio: "ignore" }))
  return performance.now() - start
}

export const startup = async ({ folder, rounds }) => {
  const originals = join(folder, "startup")
  const renditions = join(folder, "startup-renditions")
  await photo(originals, "small", 700, 525)
  await new Promise((resolve) => setTimeout(resolve, 2100))
  const server = await imgtailor(originals, renditions)
  await server.get(PATH)
  await server.stop()
  const [ours, sharp] = [[], []]
  for (let round = 0; round < rounds; round++) {
    ours.push(await serveMs(originals, renditions))
    sharp.push(await sharpMs())
  }
  return [
    {
      id: "startup",
      what: "serve, from its start to its first hit, over importing sharp",
      value: median(ours) / median(sharp),
      goal: 1.2,
      isAtMost: true,
      detail: `${median(ours).toFixed(0)} and ${median(sharp).toFixed(0)} ms`,
    },
  ]
}
