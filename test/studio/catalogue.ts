/** Responsible for the originals of the tests: generated pottery, names that try to do harm, many photos in one folder, and faults. */
import { execFile } from "node:child_process"
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { promisify } from "node:util"

import sharp from "sharp"

import { PACKAGE } from "../support/command.ts"

/** The photo of most tests. */
export const PHOTO = "bowl-2077/front.jpg"
/** A photo that the settings exclude. */
export const EXCLUDED = "secret/plan.jpg"
/** An original that is not an image. */
export const BROKEN = "faults/broken.jpg"
/** More than one page. */
export const MANY = 130

/** Names that do harm where they are used as HTML, or reorder or hide text. */
export const HOSTILE: readonly string[] = [
  `<img src=x onerror="window.harm=1">.jpg`,
  `"><script>window.harm=1<\u2215script>.jpg`,
  "exe\u202egpj.jpg",
  "zero\u200bwidth.jpg",
  "100%25 &amp; #1?.jpg",
  "{{harm}}${harm}.jpg",
  // 245 bytes: the longest name of an original, because those of its renditions are longer.
  `${"x".repeat(241)}.jpg`,
  "مرحبا بالعالم.jpg",
]

/** A name that a folder can have, and renditions cannot. */
export const TOO_LONG: string = `${"y".repeat(251)}.jpg`

/** No original has a control character in its name. */
export const UNSERVED: string = "line\nbreak.jpg"

const write = async (folder: string, key: string, bytes: Uint8Array): Promise<void> => {
  await mkdir(dirname(join(folder, key)), { recursive: true })
  await writeFile(join(folder, key), bytes)
}

const filesIn = async (folder: string): Promise<readonly string[]> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
}

/** Made once for each file of tests: it takes seconds. */
let pottery: Promise<ReadonlyMap<string, Uint8Array>> | undefined

const makePottery = async (): Promise<ReadonlyMap<string, Uint8Array>> => {
  const folder = await mkdtemp(join(tmpdir(), "imgtailor-pottery-"))
  try {
    await promisify(execFile)(process.execPath, [join(PACKAGE, "dist/cli/demo-images.js"), folder])
    const keys = await filesIn(folder)
    return new Map(await Promise.all(keys.map(async (key) => [key, await bytesOf(folder, key)] as const)))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const addOthers = async (folder: string): Promise<void> => {
  const small = await sharp({ create: { width: 64, height: 48, channels: 3, background: "#486070" } })
    .jpeg()
    .toBuffer()
  for (const name of [...HOSTILE, TOO_LONG, UNSERVED]) await write(folder, `hostile/${name}`, small)
  for (let at = 0; at < MANY; at++) await write(folder, `many/${String(at).padStart(4, "0")}.jpg`, small)
  await write(folder, EXCLUDED, small)
  await write(folder, BROKEN, Buffer.from("this is not a photo"))
}

/** Fills a folder. @param isWhole false for the pottery alone. @returns the keys */
export const makeCatalogue = async (folder: string, isWhole: boolean): Promise<readonly string[]> => {
  pottery ??= makePottery()
  for (const [key, bytes] of await pottery) await write(folder, key, bytes)
  if (isWhole) await addOthers(folder)
  return filesIn(folder)
}

/** The bytes of an original. */
export const bytesOf = (folder: string, key: string): Promise<Buffer> => readFile(join(folder, key))
