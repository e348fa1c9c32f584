// The project of each framework: a copy of its example, with its locked dependencies and this package installed, commands that run there
// with the right version of Node, and servers that end with the run.
import { execFile, spawn } from "node:child_process"
import { createHash } from "node:crypto"
import { once } from "node:events"
import { existsSync } from "node:fs"
import { cp, mkdir, readFile, rm, stat, writeFile } from "node:fs/promises"
import { createServer } from "node:http"
import { delimiter, dirname, extname, join, resolve } from "node:path"
import { promisify } from "node:util"

const ROOT = resolve(import.meta.dirname, "../..")
export const CACHE = join(import.meta.dirname, ".cache")

const execute = promisify(execFile)

/** Runs a program to its end. @throws {Error} with its output if it fails */
const run = async (command, args, { cwd, env = process.env }) => {
  try {
    return (await execute(command, args, { cwd, env, maxBuffer: 1 << 28 })).stdout
  } catch (error) {
    throw new Error(`${command} ${args.join(" ")} failed:\n${error.stdout ?? ""}${error.stderr ?? error.message}`, {
      cause: error,
    })
  }
}

/** Packs this package as for publishing. @returns the path of the tarball */
export const pack = async () => {
  await mkdir(CACHE, { recursive: true })
  const output = await run("npm", ["pack", "--ignore-scripts", "--silent", "--pack-destination", CACHE], { cwd: ROOT })
  return join(CACHE, output.trim().split("\n").at(-1))
}

const readJson = async (path) => JSON.parse(await readFile(path, "utf8"))
const writeJson = (path, value) => writeFile(path, `${JSON.stringify(value, undefined, 2)}\n`)

/** Examples depend on this package, but their lock files do not contain it, because the current version is tested. */
const withoutImgtailor = (manifest) => {
  const others = Object.entries(manifest.dependencies ?? {}).filter(([name]) => name !== "imgtailor")
  return { ...manifest, dependencies: Object.fromEntries(others) }
}

const install = async (folder, tarball, env) => {
  const lock = join(folder, "package-lock.json")
  if (existsSync(lock)) {
    const stamp = join(folder, "node_modules", ".lock-hash")
    const hash = createHash("sha256")
      .update(await readFile(lock))
      .digest("hex")
    await writeJson(join(folder, "package.json"), withoutImgtailor(await readJson(join(folder, "package.json"))))
    if ((await readFile(stamp, "utf8").catch(() => "")) !== hash) {
      await run("npm", ["ci", "--no-audit", "--no-fund"], { cwd: folder, env })
      await writeFile(stamp, hash)
    }
  }
  const installed = join(folder, "node_modules", "imgtailor")
  await rm(installed, { recursive: true, force: true })
  await mkdir(installed, { recursive: true })
  await run("tar", ["-xzf", tarball, "--strip-components=1", "-C", installed], { cwd: folder })
}

/** Copies an example. Packages that were installed in an earlier copy stay. */
const copy = async (name) => {
  const folder = join(CACHE, name)
  if (existsSync(folder))
    await run(
      "find",
      [folder, "-mindepth", "1", "-maxdepth", "1", "!", "-name", "node_modules", "-exec", "rm", "-rf", "{}", "+"],
      {},
    )
  await cp(join(ROOT, "examples", name), folder, { recursive: true, filter: (path) => !path.includes("node_modules") })
  return folder
}

/** Regenerates the lock file of an example, without this package. */
export const lock = async (name, env) => {
  const example = join(ROOT, "examples", name)
  const folder = join(CACHE, `.lock-${name}`)
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  await writeJson(join(folder, "package.json"), withoutImgtailor(await readJson(join(example, "package.json"))))
  await writeFile(join(folder, ".npmrc"), "omit-lockfile-registry-resolved=true\n")
  await run("npm", ["install", "--package-lock-only", "--no-audit", "--no-fund"], { cwd: folder, env })
  await cp(join(folder, "package-lock.json"), join(example, "package-lock.json"))
  await rm(folder, { recursive: true, force: true })
}

const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".css": "text/css",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".jpg": "image/jpeg",
  ".jpeg": "image/jpeg",
  ".webp": "image/webp",
  ".avif": "image/avif",
  ".ico": "image/x-icon",
  ".woff2": "font/woff2",
}

/** Serves a built site like a static host. @returns its URL, without a trailing slash */
const serveFolder = async (folder, stops) => {
  const respond = async (request, response) => {
    const path = join(folder, decodeURIComponent(new URL(request.url, "http://localhost").pathname))
    const isFolder = (await stat(path).catch(() => undefined))?.isDirectory()
    const file = isFolder ? join(path, "index.html") : path
    const bytes = await readFile(file).catch(() => undefined)
    response.writeHead(bytes ? 200 : 404, { "content-type": TYPES[extname(file)] ?? "application/octet-stream" })
    response.end(bytes ?? "Not found\n")
  }
  const server = createServer((request, response) => void respond(request, response)).listen(0, "127.0.0.1")
  await once(server, "listening")
  stops.push(() => {
    server.close()
    server.closeAllConnections()
  })
  return `http://127.0.0.1:${server.address().port}`
}

const freePort = async () => {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = server.address()
  server.close()
  await once(server, "close")
  return port
}

/**
 * Starts a program in a separate process group, which ends with the run.
 * @param ready matches the output of the program when it is ready
 * @returns the match of `ready`
 */
export const start = async (command, args, { cwd, env, ready, stops }) => {
  const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"], detached: true })
  let output = ""
  const ended = once(child, "close").catch(() => {})
  stops.push(async () => {
    if (child.pid && child.exitCode === null && child.signalCode === null) process.kill(-child.pid, "SIGKILL")
    await ended
  })
  return new Promise((done, reject) => {
    const listen = (piece) => {
      output += piece
      const match = ready.exec(output)
      if (match) done(match)
    }
    child.stdout.setEncoding("utf8").on("data", listen)
    child.stderr.setEncoding("utf8").on("data", listen)
    child.once("error", reject)
    child.once("close", (code) => reject(new Error(`${command} ended (${code}) without ${ready}:\n${output}`)))
  })
}

/**
 * Opens the project of a framework.
 * @param node the executable of Node, which comes first in `PATH`
 * @param settings the server's settings and the cases, which become part of `tools`
 * @returns the `tools` for the framework's `build` and `serve`, and `stop`, which ends all programs that were started
 */
export const openProject = async ({ name }, { tarball, node, settings }) => {
  const folder = await copy(name)
  const env = {
    ...process.env,
    PATH: [dirname(node), join(folder, "node_modules", ".bin"), process.env["PATH"]].join(delimiter),
    NODE_ENV: "production",
    // Disables telemetry.
    DO_NOT_TRACK: "1",
    NEXT_TELEMETRY_DISABLED: "1",
    ASTRO_TELEMETRY_DISABLED: "1",
    NUXT_TELEMETRY_DISABLED: "1",
    IMAGES_URL: settings.baseUrl,
  }
  await install(folder, tarball, { ...env, NODE_ENV: "development" })
  await writeJson(join(folder, "cases.json"), settings)
  const stops = []
  const tools = {
    folder,
    ...settings,
    write: async (path, text) => {
      await mkdir(dirname(join(folder, path)), { recursive: true })
      await writeFile(join(folder, path), text)
    },
    run: (command, args, options = {}) => run(command, args, { cwd: folder, env: { ...env, ...options.env } }),
    start: (command, args, options) =>
      start(command, args, { cwd: folder, env: { ...env, ...options.env }, ready: options.ready, stops }),
    serveFolder: (path = ".") => serveFolder(join(folder, path), stops),
    freePort,
  }
  const stop = async () => {
    for (const end of stops.splice(0)) await end()
  }
  return { tools, stop }
}
