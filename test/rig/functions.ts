/** Responsible for the zips of the functions, made by the built command as users make them. */
import { existsSync } from "node:fs"
import { mkdir, readFile, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

import { unzipSync } from "fflate"

import type { Parts } from "./processes.ts"

const PACKAGE = fileURLToPath(new URL("../..", import.meta.url))

/** Runs the built command. @returns its output */
export const imgtailor = ({ run }: Parts, args: readonly string[]): Promise<string> => {
  const main = join(PACKAGE, "dist", "cli", "main.js")
  if (!existsSync(main)) throw new Error(`Expected the built command at ${main}. Build it first: npm run build`)
  // npm, which it may run, has its cache there.
  const { npm_config_cache: cache, HOME: home } = process.env
  const env = { ...(home && { HOME: home }), ...(cache && { npm_config_cache: cache }) }
  return run(process.execPath, [main, ...args], { env })
}

/** Makes the zip of a function for this machine, in a folder. */
export const packageInto = async (
  parts: Parts,
  mode: "direct" | "redirect" | "sync",
  folder: string,
): Promise<void> => {
  const arch = process.arch === "arm64" ? "arm64" : "x64"
  await imgtailor(parts, ["package", "--mode", mode, "--arch", arch, "--out", folder])
}

/** Makes the zip of a function for this machine, and unpacks it. @returns the folder */
export const packageAndUnpack = async (parts: Parts, mode: "direct" | "sync"): Promise<string> => {
  const { folder } = parts
  await packageInto(parts, mode, folder)
  const files = unzipSync(await readFile(join(folder, `imgtailor-${mode}.zip`)))
  const task = join(folder, mode)
  for (const [name, bytes] of Object.entries(files)) {
    await mkdir(dirname(join(task, name)), { recursive: true })
    await writeFile(join(task, name), bytes)
  }
  return task
}
