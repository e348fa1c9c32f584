/**
 * Responsible for the spelling of names in a folder whose file system ignores case or Unicode normalisation (macOS, Windows, SMB). There,
 * many spellings open the same file. Only the one on disk is valid, so that an original has one key.
 */
import { sep } from "node:path"

import { createLru } from "../lru.ts"
import type { FileCalls } from "./folder-calls.ts"

const swapCase = (text: string): string =>
  Array.from(text, (letter) => (letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase())).join("")

const swapAsciiCase = (text: string): string => text.replace(/[A-Za-z]/g, swapCase)

/** Other spellings of a name that may open the same file. */
const variantsOf = (name: string): readonly string[] => {
  const variants = new Set([swapAsciiCase(name), swapCase(name), name.normalize("NFC"), name.normalize("NFD")])
  variants.delete(name)
  return [...variants]
}

const inodeOf = async (calls: FileCalls, path: string): Promise<string | undefined> => {
  try {
    const stats = await calls.lstat(path)
    return stats && `${stats.dev}:${stats.ino}`
  } catch {
    return undefined
  }
}

/** True if another spelling of a name leads to the same entry. */
const isFolded = async (calls: FileCalls, folder: string, name: string): Promise<boolean> => {
  const inode = await inodeOf(calls, `${folder}${sep}${name}`)
  for (const variant of variantsOf(name))
    if (inode !== undefined && (await inodeOf(calls, `${folder}${sep}${variant}`)) === inode) return true
  return false
}

/** @throws system errors of a folder that cannot be listed */
const isExact = async (calls: FileCalls, folder: string, name: string): Promise<boolean> =>
  !(await isFolded(calls, folder, name)) || (await calls.readdir(folder)).includes(name)

/** Decides whether keys are spelled as on disk. Folders are checked once. */
export const createSpelling = (root: string): ((calls: FileCalls, key: string) => Promise<boolean>) => {
  const checkedFolders = createLru<"exact">(10_000)
  return async (calls, key) => {
    const names = key.split("/")
    let folder = root
    for (const [at, name] of names.entries()) {
      const path = `${folder}${sep}${name}`
      if (!checkedFolders.has(path)) {
        if (!(await isExact(calls, folder, name))) return false
        if (at < names.length - 1) checkedFolders.set(path, "exact")
      }
      folder = path
    }
    return true
  }
}
