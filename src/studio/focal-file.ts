/**
 * Responsible for saving focal points to the file of the setting `focalPoints`.
 *
 * Invariants:
 * - The file is replaced as a whole.
 */
import { randomBytes } from "node:crypto"
import { readFile, realpath, rename, rm, stat, writeFile } from "node:fs/promises"

import { changeFocalText, type FocalChange } from "./focal-entries.ts"

const readText = async (path: string): Promise<string | undefined> => {
  try {
    return await readFile(path, "utf8")
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined
    throw error
  }
}

/**
 * Saves or removes the focal point of an original.
 * @throws {SyntaxError} the file is no JSON object
 */
export const saveInFile = async (path: string, change: FocalChange): Promise<void> => {
  const text = changeFocalText(await readText(path), path, change)
  // A link stays a link.
  const target = await realpath(path).catch(() => path)
  const mode = await stat(target).then(
    (found) => found.mode & 0o777,
    () => 0o644,
  )
  const draft = `${target}.${randomBytes(6).toString("hex")}.tmp`
  try {
    await writeFile(draft, text, { mode, flag: "wx", flush: true })
    await rename(draft, target)
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  }
}
