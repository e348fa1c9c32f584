/**
 * Responsible for file names on a file system that ignores case or Unicode normalisation (macOS, Windows, SMB): there, `Mug.jpg` and
 * `mug.jpg` would overwrite each other. Capitals and letters outside ASCII are escaped as `^` and two hexadecimal digits per byte.
 */
import { statSync } from "node:fs"
import { basename, dirname, join } from "node:path"

const ESCAPED = /[A-Z^]|[^\0-\x7f]/gu

/** The name of a key on such a file system. */
export const escapeName = (key: string): string =>
  key.replace(ESCAPED, (letter) => Buffer.from(letter).toString("hex").replace(/../g, "^$&"))

/** The inverse of {@link escapeName}; undefined for a name that it does not write. */
export const unescapeName = (name: string): string | undefined => {
  const key = name.replace(/(?:\^[0-9a-f]{2})+/g, (escapes) =>
    Buffer.from(escapes.replaceAll("^", ""), "hex").toString(),
  )
  return escapeName(key) === name ? key : undefined
}

const inodeOf = (path: string): string | undefined => {
  try {
    const { dev, ino } = statSync(path, { bigint: true })
    return `${dev}:${ino}`
  } catch {
    return undefined
  }
}

/**
 * True if a folder can also be opened with its name in capitals; undefined if it does not exist.
 * @param path its name contains a small letter
 */
export const ignoresCase = (path: string): boolean | undefined => {
  const inode = inodeOf(path)
  return inode === undefined ? undefined : inodeOf(join(dirname(path), basename(path).toUpperCase())) === inode
}
