/**
 * Responsible for saving focal points to the file of the setting `focalPoints`.
 *
 * Invariants:
 * - The file is replaced as a whole. Entries of other photos are not changed, also those that are no points.
 * - Two changes of one server are made one after the other.
 */
import { randomBytes } from "node:crypto"
import { readFile, realpath, rename, rm, stat, writeFile } from "node:fs/promises"

import type { FocalPoint } from "../sizes/focal-point.ts"

const readEntries = async (path: string): Promise<Map<string, unknown>> => {
  let text: string
  try {
    text = await readFile(path, "utf8")
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return new Map()
    throw error
  }
  const value: unknown = JSON.parse(text)
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new SyntaxError(`${path}: expected an object with a point for each key.`)
  return new Map(Object.entries(value))
}

/** One entry a line, so that a change of one photo is a change of one line. */
const format = (entries: ReadonlyMap<string, unknown>): string => {
  const lines = Array.from(entries, ([key, point]) => `  ${JSON.stringify(key)}: ${JSON.stringify(point)}`)
  return lines.length === 0 ? "{}\n" : `{\n${lines.join(",\n")}\n}\n`
}

const rounded = ([x, y]: FocalPoint): FocalPoint => [Math.round(x * 1e4) / 1e4, Math.round(y * 1e4) / 1e4]

const save = async (path: string, key: string, point: FocalPoint | null): Promise<void> => {
  const entries = await readEntries(path)
  if (point === null) entries.delete(key)
  else entries.set(key, rounded(point))
  // A link stays a link.
  const target = await realpath(path).catch(() => path)
  const mode = await stat(target).then(
    (found) => found.mode & 0o777,
    () => 0o644,
  )
  const draft = `${target}.${randomBytes(6).toString("hex")}.tmp`
  try {
    await writeFile(draft, format(entries), { mode, flag: "wx", flush: true })
    await rename(draft, target)
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  }
}

let saving: Promise<unknown> = Promise.resolve()

/**
 * Saves or removes the focal point of an original.
 * @param point rounded to four digits; null removes it
 * @throws {SyntaxError} the file is no JSON object
 */
export const saveFocalPoint = (path: string, key: string, point: FocalPoint | null): Promise<void> => {
  const saved = saving.then(() => save(path, key, point))
  saving = saved.catch(() => {})
  return saved
}
