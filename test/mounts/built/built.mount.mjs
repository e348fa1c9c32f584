// Tests a tailor in frameworks with a build step and in other runtimes: npm run test:mounts -- --built
import { execFile, spawn } from "node:child_process"
import { cp, mkdir, mkdtemp, rm } from "node:fs/promises"
import { connect } from "node:net"
import { tmpdir } from "node:os"
import { delimiter, dirname, join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { promisify } from "node:util"

import { afterAll, beforeAll, describe, expect, it } from "vitest"

import { freePort } from "../../support/free-port.ts"
import { writePhotos } from "../../support/trial-names.ts"
import { CHECKS } from "../check-mount.mjs"
import { HOSTS } from "./hosts.mjs"

const HERE = import.meta.dirname
const ROOT = join(HERE, "../../..")
const run = promisify(execFile)

/** Installs the package as published, with its own versions of its dependencies. */
const installPackage = async () => {
  const packed = await run("npm", ["pack", "--ignore-scripts", "--silent", "--pack-destination", HERE], { cwd: ROOT })
  const tarball = join(HERE, packed.stdout.trim().split("\n").at(-1))
  const quietly = ["--no-save", "--no-package-lock", "--prefer-offline", "--no-audit", "--no-fund"]
  await run("npm", ["install", ...quietly, tarball], { cwd: HERE })
  await rm(tarball)
}

const accepts = (port) =>
  new Promise((done) => {
    const socket = connect(port, "127.0.0.1")
    socket.once("connect", () => done(Boolean(socket.destroy())))
    socket.once("error", () => done(false))
  })

/** Builds a host, and serves it on a free port. */
const start = async ({ name, images, build, serve }, data) => {
  const folder = join(HERE, ".cache", name)
  await rm(folder, { recursive: true, force: true })
  await cp(join(HERE, name), folder, { recursive: true })
  await mkdir(dirname(join(folder, images)), { recursive: true })
  await cp(join(HERE, "images.mjs"), join(folder, images))
  const port = await freePort()
  const env = {
    ...process.env,
    PATH: [dirname(process.execPath), join(HERE, "node_modules/.bin"), process.env.PATH].join(delimiter),
    NODE_ENV: "production",
    NEXT_TELEMETRY_DISABLED: "1",
    DO_NOT_TRACK: "1",
    PHOTOS: join(data, "photos"),
    RENDITIONS: join(data, "renditions", name),
    PORT: String(port),
    HOST: "127.0.0.1",
    ORIGIN: `http://127.0.0.1:${port}`,
    NITRO_PORT: String(port),
    NITRO_HOST: "127.0.0.1",
  }
  for (const [command, ...args] of build) await run(command, args, { cwd: folder, env, maxBuffer: 1 << 26 })
  const [command, ...args] = serve
  const child = spawn(command, args, { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] })
  let output = ""
  child.stdout.on("data", (text) => (output += text))
  child.stderr.on("data", (text) => (output += text))
  const ended = new Promise((done) => child.once("exit", (code, signal) => done(code ?? signal)))
  while (!(await accepts(port))) {
    if (child.exitCode !== null) throw new Error(`${command} ended:\n${output}`)
    await sleep(50)
  }
  return {
    port,
    /** Signals the host to end, and resolves with its exit code or signal. */
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM")
      const result = await Promise.race([ended, sleep(10_000, "still running")])
      if (result === "still running") child.kill("SIGKILL")
      return result
    },
  }
}

let data
beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), "imgtailor-mounts-"))
  await writePhotos(join(data, "photos"))
  await installPackage()
})
afterAll(() => rm(data, { recursive: true, force: true }))

describe.each(HOSTS)("imgtailor in $title", (host) => {
  let server
  beforeAll(async () => {
    server = await start(host, data)
  })
  afterAll(() => server?.stop())

  it.each(CHECKS)("$name", async ({ run: check }) => {
    await expect(check(server.port, host)).resolves.toBeUndefined()
  })

  it("the host ends after a signal, also after renders", async () => {
    expect(await server.stop()).not.toBe("still running")
  })
})
