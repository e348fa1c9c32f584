/** Responsible for the settings of `serve --demo`, and for the process that generates its images. */
import { execFile } from "node:child_process"
import { existsSync } from "node:fs"
import { extname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"

import type { Values } from "./command.ts"
import { printMessage } from "./output.ts"

const PROGRAM = fileURLToPath(new URL(`./demo-images${extname(import.meta.url)}`, import.meta.url))

/** Settings of the demo that the command line does not set. Generates the images that are missing. */
export const demoOptions = async (directory: string, values: Values): Promise<Record<string, unknown>> => {
  const folder = join(directory, ".imgtailor-demo", "photos")
  if (!existsSync(folder)) printMessage("Generating demo images; this takes a few seconds.")
  await promisify(execFile)(process.execPath, [PROGRAM, folder])
  return {
    originals: folder,
    ...(values["renditions"] === undefined && { renditions: join(directory, ".imgtailor-demo", "renditions") }),
    ...(values["studio"] === undefined && !process.env["IMGTAILOR_STUDIO"] && { studio: true }),
    ...(values["focalPoints"] === undefined && {
      focalPoints: join(directory, ".imgtailor-demo", "focal-points.json"),
    }),
    ...(values["sizes"] === undefined && { sizes: ["360x270", "480h", "640w", "1280w"] }),
  }
}
