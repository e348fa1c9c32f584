/** Responsible for uploading a folder of photos into a bucket. */
import { readdir, readFile } from "node:fs/promises"
import { extname, join, relative, sep } from "node:path"

const TYPES: Readonly<Record<string, string>> = {
  ".avif": "image/avif",
  ".gif": "image/gif",
  ".jpeg": "image/jpeg",
  ".jpg": "image/jpeg",
  ".png": "image/png",
  ".tif": "image/tiff",
  ".tiff": "image/tiff",
  ".webp": "image/webp",
}

/** Uploads that run at once. */
const CONCURRENT = 8

/** Writes an object. */
export type Put = (key: string, body: Uint8Array, type: string) => Promise<void>

/** Uploads every file below a folder, with its path as the key and the type of its extension. */
export const uploadFolder = async (folder: string, put: Put): Promise<void> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).values()
  const upload = async (): Promise<void> => {
    for (const { parentPath, name } of files) {
      const path = join(parentPath, name)
      const type = TYPES[extname(name).toLowerCase()] ?? "application/octet-stream"
      await put(relative(folder, path).split(sep).join("/"), await readFile(path), type)
    }
  }
  await Promise.all(Array.from({ length: CONCURRENT }, upload))
}
