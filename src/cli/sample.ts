/** What `serve` shows of the photos that it was given: a few of them, and an `<img>` to paste. */
import { readdir } from "node:fs/promises"
import { join } from "node:path"

import type { OpenTailor } from "../create-tailor.ts"
import { inspect } from "../render/inspect.ts"
import { extensionOf, formatOfName } from "../sizes/format.ts"
import { outputDimensions } from "../sizes/geometry.ts"
import { encodeKey, formatKey, type OriginalKey, splitKey, toOriginalKey } from "../sizes/key.ts"
import type { Size } from "../sizes/list.ts"
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

/** The sizes of one shape: those that keep the original's ratio where there are some, else the crops of the first one's ratio. */
const oneShape = (sizes: readonly Size[]): readonly Size[] => {
  const free = sizes.filter(({ width, height }) => width === undefined || height === undefined)
  if (free.length > 0) return free
  const ratio = ({ width = 1, height = 1 }: Size): number => width / height
  return sizes.filter((size) => Math.abs(ratio(size) / ratio(sizes[0] ?? size) - 1) < 0.01)
}

/** An `<img>` whose every `w` is the width that arrives; undefined for an original that is not decoded. */
export const imageTag = async (
  { originals, core, config }: OpenTailor,
  original: OriginalKey,
  base: string,
): Promise<string | undefined> => {
  const object = await originals.get(original, { maxBytes: config.limits.bytes }).catch(() => undefined)
  const inspected = object && (await inspect(object.bytes, config.limits).catch(() => undefined))
  if (!inspected) return undefined
  const rungs = new Map<number, { readonly address: string; readonly height: number }>()
  for (const size of oneShape(core.grammar.sizes)) {
    const { width, height } = outputDimensions(size, inspected.dimensions)
    rungs.set(
      width,
      rungs.get(width) ?? { address: `${base}/${encodeKey(formatKey({ original, size, format: undefined }))}`, height },
    )
  }
  const ordered = [...rungs].toSorted(([a], [b]) => a - b)
  const largest = ordered.at(-1)
  if (!largest) return undefined
  const [width, { address, height }] = largest
  const srcset = ordered.map(([w, rung]) => `${rung.address} ${w}w`).join(", ")
  return `<img src="${address}" srcset="${srcset}" sizes="100vw" width="${width}" height="${height}" alt="">`
}
