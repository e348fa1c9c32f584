// growth-tree.mjs FOLDER COUNT: builds a catalogue of COUNT photos, each with one stored rendition, from hard links to a few files: 300 000
// take a few minutes and hardly any disk space. The records are written, as imgtailor would.
import { copyFileSync, linkSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { setImmediate as nextTurn } from "node:timers/promises"

import { photo } from "./photos.mjs"
import { ended, launch } from "./programs.mjs"
import { MAIN } from "./servers.mjs"

/** Photos in one folder, as in a shop with many products. */
const PER_FOLDER = 7
/** ext4 allows 65 000 links to a file. */
const MAX_LINKS = 60_000
export const SIZE = "360x270"

/** Photos between two turns of the event loop, so that a signal ends the build. */
const PER_TURN = 1000

/** Number of folders that contain originals, the root included. */
export const folderCount = (count) => 1 + Math.ceil(count / PER_FOLDER)

const folderOf = (number) => `product-${String(Math.floor(number / PER_FOLDER)).padStart(6, "0")}`

/** The key of a photo. */
export const photoKey = (number) => `${folderOf(number)}/photo-${number % PER_FOLDER}.jpg`

/** The key of its rendition. */
export const renditionKey = (number) => photoKey(number).replace("/", `/${SIZE}/`)

/** Photos that are files of their own: replacing a link would change the ctime, and so the version, of all others. */
const COPIES = 1000

/** The photos that can be replaced, spread over the catalogue. */
export const replaceable = (count) =>
  Array.from({ length: Math.min(COPIES, count) }, (_, at) => Math.floor((at * count) / COPIES))

/** Renders one photo by the real command. @returns paths of the photo and its rendition, and the record */
const makeSample = async (folder, number) => {
  const originals = join(folder, `sample-${number}`)
  const renditions = join(folder, `sample-${number}-renditions`)
  const path = await photo(originals, "p", 400, 300, "jpg", number + 1)
  const flags = ["warm", "--originals", originals, "--renditions", renditions, "--sizes", SIZE, "--formats", "jpeg"]
  const status = await ended(launch(process.execPath, [MAIN, ...flags], { stdio: "ignore" }))
  if (status !== 0) throw new Error(`warm ended with ${status}`)
  // The photo was younger than a tick of the clock then, which does not hold for the catalogue.
  const { isStable: _, ...record } = JSON.parse(readFileSync(join(renditions, `records/${SIZE}/p.jpg.json`), "utf8"))
  return { photo: path, rendition: join(renditions, `files/${SIZE}/p.jpg`), record }
}

/** The version of a file, as src/store/folder-file.ts computes it. */
const versionsOf = (path) => {
  const { mtimeNs, ctimeNs, size, dev, ino } = statSync(path, { bigint: true })
  return { version: `${mtimeNs}-${size}-${ctimeNs}-${dev}-${ino}`, weakVersion: `${mtimeNs}-${size}` }
}

/** Calls back with each number, with turns of the event loop in between. */
const forEachPhoto = async (count, work) => {
  for (let number = 0; number < count; number++) {
    if (number % PER_TURN === 0) await nextTurn()
    work(number)
  }
}

/** Builds the catalogue. @returns folders of the originals and of the renditions */
export const buildTree = async (folder, count) => {
  mkdirSync(folder, { recursive: true })
  const samples = []
  for (let number = 0; number < Math.ceil(count / MAX_LINKS); number++) samples.push(await makeSample(folder, number))
  const sampleOf = (number) => samples[number % samples.length]
  const [originals, renditions] = [join(folder, "originals"), join(folder, "renditions")]
  const [files, records] = [join(renditions, "files"), join(renditions, "records")]
  for (const root of [originals, files, records]) mkdirSync(root, { recursive: true })
  const copies = new Set(replaceable(count))
  await forEachPhoto(count, (number) => {
    if (number % PER_FOLDER === 0) {
      mkdirSync(join(originals, folderOf(number)))
      for (const root of [files, records]) mkdirSync(join(root, folderOf(number), SIZE), { recursive: true })
    }
    const put = copies.has(number) ? copyFileSync : linkSync
    put(sampleOf(number).photo, join(originals, photoKey(number)))
    linkSync(sampleOf(number).rendition, join(files, renditionKey(number)))
  })
  // Each link changes the ctime of its file, which is part of the version.
  const versions = samples.map(({ photo: path }) => versionsOf(path))
  await forEachPhoto(count, (number) => {
    const own = copies.has(number) ? versionsOf(join(originals, photoKey(number))) : versions[number % samples.length]
    const record = { ...sampleOf(number).record, original: photoKey(number), ...own }
    writeFileSync(join(records, `${renditionKey(number)}.json`), JSON.stringify(record))
  })
  return { originals, renditions }
}

if (process.argv[1] === import.meta.filename) {
  const [folder, count] = process.argv.slice(2)
  console.log(await buildTree(folder, Number(count)))
}
