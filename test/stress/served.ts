/** Responsible for a real `imgtailor serve` over a folder with originals of every kind, and for checking its files and memory. */
import { createHash } from "node:crypto"
import { readdirSync, readFileSync } from "node:fs"
import { mkdir, readFile, readlink, symlink, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"

import { splitKey } from "../../src/sizes/key.ts"
import { filesBelow, temporaryFolder } from "../support/folders.ts"
import { animated, flat, noise, quadrants, withAlpha } from "../support/photos.ts"
import { type ServeProcess, startProcess } from "../support/process.ts"

export const SIZES: readonly string[] = ["36x27", "48h", "90w", "900w"]

/** Originals that render, by key. */
const PHOTOS: Readonly<Record<string, () => Promise<Buffer>>> = {
  "a.jpg": () => quadrants({ width: 120, height: 90 }),
  "shop/b.png": () => withAlpha({ width: 60, height: 40 }),
  "shop/deep/c d+é.webp": () => flat({ width: 80, height: 60, format: "webp" }),
  "shop/film.gif": () => animated({ width: 40, height: 30 }),
  "48h/named.jpg": () => flat({ width: 50, height: 50 }),
  "a.jpg.webp": () => flat({ width: 50, height: 50, format: "webp" }),
  noextension: () => flat({ width: 50, height: 50 }),
  "large.png": () => noise({ width: 800, height: 600 }),
}

/** Originals that are refused. */
const BROKEN: Readonly<Record<string, string>> = {
  "empty.jpg": "",
  "drawing.svg": "<svg xmlns='http://www.w3.org/2000/svg'/>",
  "cut.jpg": "\xff\xd8\xff\xe0\0\x10JFIF",
  "page.html": "<!doctype html>",
}

/** Keys of existing files and folders, valid or not. */
export const KEYS: readonly string[] = [...Object.keys(PHOTOS), ...Object.keys(BROKEN), "link.jpg", "shop"]

const ENDINGS = ["", ".avif", ".webp", ".jpeg", ".jpg", ".png", ".gif"]

/** Keys that may be stored: originals × sizes × formats, and `info`. */
const ALLOWED: ReadonlySet<string> = new Set(
  Object.keys(PHOTOS).flatMap((key) => {
    const { directory, file } = splitKey(key)
    const at = (size: string, ending: string): string => `${directory}${size}/${file}${ending}`
    const images = SIZES.flatMap((size) => ENDINGS.map((ending) => at(size, ending)))
    return images.concat(at("info", ".json"))
  }),
)

/** A server under observation. */
export interface Served extends ServeProcess {
  /** Files that were changed or stored and must not have been, as text. */
  readonly misdeeds: () => Promise<readonly string[]>
  readonly memoryBytes: () => number
  /** Open files and sockets. */
  readonly descriptors: () => number
  readonly isAlive: () => boolean
}

const printOf = async (folder: string): Promise<ReadonlyMap<string, string>> => {
  const hash = async (key: string): Promise<string> => {
    const path = join(folder, key)
    const target = await readlink(path).catch(() => undefined)
    return (
      target ??
      createHash("sha256")
        .update(await readFile(path))
        .digest("hex")
    )
  }
  const keys = await filesBelow(folder)
  return new Map(await Promise.all(keys.map(async (key) => [key, await hash(key)] as const)))
}

const differences = (before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): readonly string[] => [
  ...[...before.keys()].filter((key) => after.get(key) !== before.get(key)).map((key) => `${key} was changed`),
  ...[...after.keys()].filter((key) => !before.has(key)).map((key) => `${key} was written`),
]

/** Starts a server. `world` is the folder around the originals. */
export const startServed = async (...args: readonly string[]): Promise<Served> => {
  const world = await temporaryFolder()
  const write = async (key: string, bytes: Uint8Array): Promise<void> => {
    await mkdir(dirname(join(world, key)), { recursive: true })
    await writeFile(join(world, key), bytes)
  }
  for (const [key, make] of Object.entries(PHOTOS)) await write(`photos/${key}`, await make())
  for (const [key, text] of Object.entries(BROKEN)) await write(`photos/${key}`, Buffer.from(text, "latin1"))
  await write("secret/a.jpg", await flat())
  await write("a.jpg", await flat())
  await symlink("../secret/a.jpg", join(world, "photos/link.jpg"))
  const renditions = await temporaryFolder()
  const before = await printOf(world)
  const lists = ["--sizes", SIZES.join(","), "--formats", "avif,webp", "--renditions", renditions]
  const served = await startProcess(join(world, "photos"), ...lists, ...args)
  const status = (): string => readFileSync(`/proc/${served.pid}/status`, "latin1")
  return {
    ...served,
    misdeeds: async () => {
      const stored = await filesBelow(renditions)
      const strange = stored.filter((key) => {
        const [, folder, rest = ""] = /^(files|records|tmp)\/(.*)$/.exec(key) ?? []
        if (folder === "tmp" || key === "settings.txt") return false
        return !ALLOWED.has(folder === "records" ? rest.replace(/\.json$/, "") : rest)
      })
      return [...differences(before, await printOf(world)), ...strange.map((key) => `${key} was stored`)]
    },
    memoryBytes: () => Number(/VmRSS:\s+(\d+)/.exec(status())?.[1]) * 1024,
    descriptors: () => readdirSync(`/proc/${served.pid}/fd`).length,
    isAlive: () => {
      try {
        return !/State:\s+Z/.test(status())
      } catch {
        return false
      }
    },
  }
}
