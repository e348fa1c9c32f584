/** What `serve` shows of the photos that it was given: a few of them, and an `<img>` to paste. */
import { readdir } from "node:fs/promises"
import { join } from "node:path"

import { createClient } from "../client/client.ts"
import type { OpenTailor } from "../create-tailor.ts"
import { inspect } from "../render/inspect.ts"
import { extensionOf, formatOfName } from "../sizes/format.ts"
import { type OriginalKey, splitKey, toOriginalKey } from "../sizes/key.ts"
import { type Size, type SizeList, toSizeInput } from "../sizes/list.ts"
import { sizesOfShape } from "../sizes/snap.ts"
import type { Originals } from "../store/store.ts"

/** Folders looked into before giving up: a bucket's worth of photos is not walked to find three. */
const MAX_FOLDERS = 200

/** True for a file that is named as a photo that is decoded. */
export const isPhoto = (name: string): boolean => {
  const format = formatOfName(name)
  return format !== undefined && (format !== "other" || /^tiff?$/.test(extensionOf(name)))
}

/** Keys listed before giving up: a page of S3's. */
const MAX_LISTED = 1000

/** Keys of some photos in a store that lists, the first that it gives. */
export const listPhotos = async (originals: Originals, count: number): Promise<readonly OriginalKey[]> => {
  const found: OriginalKey[] = []
  let looked = 0
  for await (const text of originals.list?.("") ?? []) {
    const key = toOriginalKey(text)
    if (key !== undefined && isPhoto(splitKey(key).file)) found.push(key)
    looked += 1
    if (found.length === count || looked === MAX_LISTED) break
  }
  return found
}

/** Keys of some photos in a folder, those nearest to its root first. */
export const findPhotos = async (folder: string, count: number): Promise<readonly OriginalKey[]> => {
  const found: OriginalKey[] = []
  const queue = [""]
  for (let looked = 0; looked < MAX_FOLDERS && found.length < count; looked++) {
    const directory = queue.shift()
    if (directory === undefined) break
    const entries = await readdir(join(folder, directory), { withFileTypes: true }).catch(() => [])
    for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      const key = toOriginalKey(`${directory}${entry.name}`)
      if (entry.isDirectory() && !entry.name.startsWith(".")) queue.push(`${directory}${entry.name}/`)
      else if (entry.isFile() && key !== undefined && isPhoto(entry.name) && found.length < count) found.push(key)
    }
  }
  return found
}

/** The largest of the sizes that show most: by width where there are some, else by height, else a crop. */
const shapeOf = (sizes: SizeList): Size => {
  const byWidth = sizes.find(({ height }) => height === undefined)
  const byHeight = sizes.find(({ width }) => width === undefined)
  return sizesOfShape(byWidth ?? byHeight ?? sizes[0], sizes).at(-1) ?? sizes[0]
}

/** An `<img>` whose every `w` is the width that arrives; undefined for an original that is not decoded. */
export const imageTag = async (
  { originals, core, config }: OpenTailor,
  original: OriginalKey,
  baseUrl: string,
): Promise<string | undefined> => {
  const object = await originals.get(original, { maxBytes: config.limits.bytes }).catch(() => undefined)
  const inspected = object && (await inspect(object.bytes, config.limits).catch(() => undefined))
  if (!inspected) return undefined
  const { sizes } = core.grammar
  const photos = createClient({ baseUrl, sizes: sizes.map(toSizeInput) })
  const attributes = photos.img(original, { shape: shapeOf(sizes).name, info: inspected.dimensions })
  return `<img ${Object.entries({ ...attributes, alt: "" })
    .map(([name, value]) => `${name}="${value}"`)
    .join(" ")}>`
}
