/**
 * A program, run by the construct, whose constructor cannot wait: reads what to make as JSON from standard input, and writes into a folder
 * `template.json` and, unless there is a zip already, `code.zip`.
 */
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { text } from "node:stream/consumers"

import { TailorError } from "../../errors.ts"
import { makeZips } from "../package.ts"
import { makeTemplate, type StackOptions } from "./stack.ts"

/** What standard input says. */
export interface Wanted {
  readonly settings: Readonly<Record<string, unknown>>
  readonly stack: StackOptions
  /** Whether to make the zip, too. */
  readonly code: boolean
}

const synthesise = async (folder: string): Promise<void> => {
  const { settings, stack, code } = JSON.parse(await text(process.stdin)) as Wanted
  // The stack that it is included in has a description of its own.
  const template = { ...(await makeTemplate(settings, stack)), Description: undefined }
  await writeFile(join(folder, "template.json"), JSON.stringify(template))
  if (!code) return
  // The settings are in the template, so that the zip changes with the package alone.
  const [zip] = await makeZips({ mode: "direct", arch: "arm64", layer: false, settings: {} })
  if (zip) await writeFile(join(folder, "code.zip"), zip.bytes)
}

try {
  await synthesise(process.argv[2] ?? ".")
} catch (error) {
  process.stderr.write(`${error instanceof TailorError ? error.detail : String(error)}\n`)
  process.exitCode = 1
}
