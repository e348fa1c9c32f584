// Starts the servers that are compared, each in its own process with the same environment, and sends requests to them.
import { readFileSync, writeFileSync } from "node:fs"
import http from "node:http"
import { fileURLToPath } from "node:url"

import { launch } from "./programs.mjs"

const environment = () => ({ ...process.env, UV_THREADPOOL_SIZE: "4", MALLOC_ARENA_MAX: "2" })

const here = (path) => fileURLToPath(new URL(path, import.meta.url))

/** A client of one server, with keep-alive so that connecting is not measured. */
export const client = (port, sockets = 256) => {
  const agent = new http.Agent({ keepAlive: true, maxSockets: sockets })
  const get = (path, headers = {}) =>
    new Promise((resolve, reject) => {
      http
        .get({ host: "127.0.0.1", port, path, headers, agent }, (response) => {
          const chunks = []
          response.on("data", (chunk) => chunks.push(chunk))
          response.on("end", () =>
            resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) }),
          )
          response.on("error", reject)
        })
        .on("error", reject)
    })
  return { get, close: () => agent.destroy() }
}

/**
 * Runs a script and waits until it prints its URL.
 * @param nodeFlags flags of Node
 */
export const startServer = async (script, args, nodeFlags = []) => {
  const child = launch(process.execPath, [...nodeFlags, script, ...args], {
    env: environment(),
    stdio: ["ignore", "pipe", "pipe"],
  })
  let errors = ""
  child.stderr.on("data", (chunk) => (errors = (errors + chunk).slice(-4000)))
  let output = ""
  const port = await new Promise((resolve, reject) => {
    child.stdout.on("data", (chunk) => {
      output += chunk
      const match = /http:\/\/127\.0\.0\.1:(\d+)/.exec(output)
      if (match) resolve(Number(match[1]))
    })
    child.once("exit", (code) => reject(new Error(`${script} ended with ${code}: ${errors}`)))
  })
  const { get, close } = client(port)
  const stop = async () => {
    close()
    child.kill("SIGTERM")
    if (child.exitCode === null) await new Promise((resolve) => child.once("exit", resolve))
  }
  return { pid: child.pid, port, get, stop, output: () => output }
}

/** The command line. */
export const MAIN = here("../../dist/cli/main.js")
const SIZES = "360x270,480h,640w,320w,960w,1280w,1600w,1920w"

const serveArguments = (originals, renditions) => [
  "serve",
  originals,
  "--sizes",
  SIZES,
  "--renditions",
  renditions,
  "--port",
  "0",
  "--json",
]

/** `imgtailor serve`, started as by a user. */
export const imgtailor = (originals, renditions, ...flags) =>
  startServer(MAIN, [...serveArguments(originals, renditions), ...flags])

/** `imgtailor serve` with a store that counts. `readBytes` is the total length of all originals read so far. */
export const countingImgtailor = async (originals, renditions) => {
  const [config, log] = [`${renditions}.config.mjs`, `${renditions}.reads`]
  writeFileSync(log, "")
  writeFileSync(
    config,
    `import { appendFileSync } from "node:fs"
import { folderOriginals } from ${JSON.stringify(new URL("../../dist/store/folder.js", import.meta.url).href)}
const store = folderOriginals(${JSON.stringify(originals)})
const get = async (...values) => {
  const original = await store.get(...values)
  if (original) appendFileSync(${JSON.stringify(log)}, original.bytes.length + "\\n")
  return original
}
export default { originals: { ...store, get } }
`,
  )
  const flags = ["--config", config, "--sizes", SIZES, "--renditions", renditions, "--port", "0", "--json"]
  const server = await startServer(MAIN, ["serve", ...flags])
  const readBytes = () =>
    readFileSync(log, "utf8")
      .split("\n")
      .reduce((total, line) => total + Number(line), 0)
  return { ...server, readBytes }
}

/** The limit for renders: `node:http` and one sharp call for each request. Nothing is checked or stored. */
export const bareSharp = (folder) => startServer(here("../limits/bare-sharp.mjs"), [folder])

/** The limit for hits: `node:http` that sends given bytes and headers. */
export const bareHttp = (file, mode) => startServer(here("../limits/bare-http.mjs"), [file, mode])

const COUNTER = ["--require", here("../limits/count-allocations.cjs")]

const withCounter = async (starting) => {
  const server = await starting
  const signalled = async () => {
    const before = server.output().split("allocated").length
    process.kill(server.pid, "SIGUSR2")
    while (server.output().split("allocated").length === before) await new Promise((resolve) => setTimeout(resolve, 5))
    return Number(/allocated (\d+)\n$/.exec(server.output())[1])
  }
  /** Bytes of the JavaScript heap that were allocated during work. */
  const allocated = async (work) => {
    await signalled()
    await work()
    return signalled()
  }
  return { ...server, allocated }
}

/** `imgtailor serve` that counts its allocations. */
export const countedImgtailor = (originals, renditions) =>
  withCounter(startServer(MAIN, serveArguments(originals, renditions), COUNTER))

/** {@link bareHttp} that counts its allocations. */
export const countedHttp = (file) =>
  withCounter(startServer(here("../limits/bare-http.mjs"), [file, "memory"], COUNTER))
