// What each framework's file works with: a copy of its example with what its lock file says and this package in it, commands that run
// there by the right Node, and servers that end with the run.
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

/** Runs a program to its end. @throws {Error} with all that it said where it fails */
const run = async (command, args, { cwd, env = process.env }) => {
  try {
    return (await execute(command, args, { cwd, env, maxBuffer: 1 << 28 })).stdout
  } catch (error) {
    throw new Error(`${command} ${args.join(" ")} failed:\n${error.stdout ?? ""}${error.stderr ?? error.message}`, {
      cause: error,
    })
  }
}

/** Packs this package as it would be published. @returns the tarball's path */
export const pack = async () => {
  await mkdir(CACHE, { recursive: true })
  const said = await run("npm", ["pack", "--ignore-scripts", "--silent", "--pack-destination", CACHE], { cwd: ROOT })
  return join(CACHE, said.trim().split("\n").at(-1))
}

const readJson = async (path) => JSON.parse(await readFile(path, "utf8"))
const writeJson = (path, value) => writeFile(path, `${JSON.stringify(value, undefined, 2)}\n`)

/** An example names this package as a stranger's project would; its lock file has all but it, since that is what is being tested. */
const withoutOurs = (manifest) => {
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
    await writeJson(join(folder, "package.json"), withoutOurs(await readJson(join(folder, "package.json"))))
    if ((await readFile(stamp, "utf8").catch(() => "")) !== hash) {
      await run("npm", ["ci", "--no-audit", "--no-fund"], { cwd: folder, env })
      await writeFile(stamp, hash)
    }
  }
  const ours = join(folder, "node_modules", "imgtailor")
  await rm(ours, { recursive: true, force: true })
  await mkdir(ours, { recursive: true })
  await run("tar", ["-xzf", tarball, "--strip-components=1", "-C", ours], { cwd: folder })
}

/** Copies an example; what was installed in the copy before stays. */
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

/** Writes an example's lock file anew, without this package in it. */
export const lock = async (name, env) => {
  const example = join(ROOT, "examples", name)
  const folder = join(CACHE, `.lock-${name}`)
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  await writeJson(join(folder, "package.json"), withoutOurs(await readJson(join(example, "package.json"))))
  await cp(join(ROOT, "test/tools/.npmrc"), join(folder, ".npmrc"))
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

/** A built site, as any static host would serve it. @returns its address, without a slash at its end */
const serveFolder = async (folder, stops) => {
  const answer = async (request, response) => {
    const path = join(folder, decodeURIComponent(new URL(request.url, "http://localhost").pathname))
    const isFolder = (await stat(path).catch(() => undefined))?.isDirectory()
    const file = isFolder ? join(path, "index.html") : path
    const bytes = await readFile(file).catch(() => undefined)
    response.writeHead(bytes ? 200 : 404, { "content-type": TYPES[extname(file)] ?? "application/octet-stream" })
    response.end(bytes ?? "Not found\n")
  }
  const server = createServer((request, response) => void answer(request, response)).listen(0, "127.0.0.1")
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
 * Starts a program of its own process group, which ends with the run.
 * @param ready what it says once it can be asked
 * @returns the match of `ready`
 */
export const start = async (command, args, { cwd, env, ready, stops }) => {
  const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"], detached: true })
  let said = ""
  const ended = once(child, "close").catch(() => {})
  stops.push(async () => {
    if (child.pid && child.exitCode === null && child.signalCode === null) process.kill(-child.pid, "SIGKILL")
    await ended
  })
  return new Promise((done, reject) => {
    const listen = (piece) => {
      said += piece
      const match = ready.exec(said)
      if (match) done(match)
    }
    child.stdout.setEncoding("utf8").on("data", listen)
    child.stderr.setEncoding("utf8").on("data", listen)
    child.once("error", reject)
    child.once("close", (code) => reject(new Error(`${command} ended (${code}) without ${ready}:\n${said}`)))
  })
}

/**
 * A framework's workshop.
 * @param framework { name, node }
 * @param env of its commands, beside what the run has; `PATH` leads to its Node first
 * @returns what its `build` and `serve` are given, and `stop`, which ends all that was started
 */
export const openWorkshop = async ({ name }, { tarball, node, settings }) => {
  const folder = await copy(name)
  const env = {
    ...process.env,
    PATH: [dirname(node), join(folder, "node_modules", ".bin"), process.env["PATH"]].join(delimiter),
    NODE_ENV: "production",
    // Whatever a framework would tell its makers.
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
    run: (command, args, more = {}) => run(command, args, { cwd: folder, env: { ...env, ...more.env } }),
    start: (command, args, { ready, env: more }) =>
      start(command, args, { cwd: folder, env: { ...env, ...more }, ready, stops }),
    serveFolder: (path = ".") => serveFolder(join(folder, path), stops),
    freePort,
  }
  const stop = async () => {
    for (const end of stops.splice(0)) await end()
  }
  return { tools, stop }
}
