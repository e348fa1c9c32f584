/** Responsible for the files that a command writes into the folder of `--out`. */
import { mkdir, writeFile } from "node:fs/promises"
import { join, resolve } from "node:path"

import { badConfig, describeError } from "../errors.ts"

/** A file to write. */
export interface OutputFile {
  readonly name: string
  readonly content: string | Uint8Array
}

/**
 * Writes files into a folder, which is created.
 * @returns their paths
 * @throws {bad-config} the folder cannot be written
 */
export const writeFiles = async (out: string, files: readonly OutputFile[]): Promise<readonly string[]> => {
  const folder = resolve(out)
  try {
    await mkdir(folder, { recursive: true })
    return await Promise.all(
      files.map(async ({ name, content }) => {
        const path = join(folder, name)
        await writeFile(path, content)
        return path
      }),
    )
  } catch (error) {
    throw badConfig([`--out: Expected a folder that can be written, got ${folder}: ${describeError(error)}.`])
  }
}
