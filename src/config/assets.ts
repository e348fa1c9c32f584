/**
 * Responsible for files that the configuration names: overlays, and the placeholder for missing originals. They are read once, when the
 * configuration is loaded, so that a mistake is reported at the start, and only originals are read later.
 */
import { createHash } from "node:crypto"
import { readFileSync } from "node:fs"
import { basename, resolve } from "node:path"

import { isSegment } from "../sizes/decode-path.ts"
import { toOriginalKey } from "../sizes/key.ts"
import type { Size, SizeList } from "../sizes/list.ts"
import type { Overlay } from "../sizes/size-option-types.ts"
import { parseObjectUrl } from "../store/registry.ts"
import { isXml, problemInSvg } from "./svg.ts"

/** The picture for originals that are absent or refused. */
export interface MissingPicture {
  /** Its key among the originals. */
  readonly key: string
  /** Its bytes, if it is a file of the configuration instead. */
  readonly bytes?: Uint8Array | undefined
  /** Every error of a rendition has the picture, since a cache in front does not distinguish requests. @default false */
  readonly isForAll?: boolean | undefined
}

/** Files of a configuration. */
export interface Assets {
  /** The list with the digests of its overlays. */
  readonly sizes: SizeList
  /** Bytes of overlays by their SHA-256, hex. */
  readonly overlays: ReadonlyMap<string, Uint8Array>
  readonly missing: MissingPicture | undefined
  readonly problems: readonly string[]
}

/** A logo has some kilobytes. It is sent to a render process with each render. */
const MAX_OVERLAY_BYTES = 2_000_000
const MAX_MISSING_BYTES = 20_000_000

/** A folder that no original is served from: it begins with a dot. */
const OWN_FOLDER = ".imgtailor"

/** True for a text that names a file rather than a key. */
export const isFilePath = (text: string): boolean => /^(?:\.{0,2}[\\/]|[a-z]:[\\/])/i.test(text)

type Read = { readonly bytes: Uint8Array } | { readonly problem: string }

const readAsset = (path: string, maxBytes: number): Read => {
  try {
    const bytes = new Uint8Array(readFileSync(path))
    if (bytes.length > maxBytes)
      return { problem: `Expected a file of at most ${maxBytes} bytes, got ${bytes.length}: ${path}.` }
    return { bytes }
  } catch (error) {
    return { problem: `Expected a file that can be read, got ${path}: ${error instanceof Error ? error.message : ""}.` }
  }
}

const readOverlay = ({ image }: Overlay, directory: string): Read => {
  const path = resolve(directory, image)
  const read = readAsset(path, MAX_OVERLAY_BYTES)
  if ("problem" in read || !isXml(read.bytes)) return read
  const found = problemInSvg(read.bytes)
  return found === undefined ? read : { problem: `Expected an SVG file that only draws, got ${found} in ${path}.` }
}

const digestOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex")

const loadMissing = (missing: string | undefined, directory: string): Pick<Assets, "missing" | "problems"> => {
  if (missing === undefined) return { missing: undefined, problems: [] }
  if (!isFilePath(missing)) {
    const key = toOriginalKey(missing)
    if (key !== undefined) return { missing: { key }, problems: [] }
    const problem = `missing: Expected the key of an original like placeholder.jpg, or a file like ./placeholder.jpg, got ${JSON.stringify(missing)}.`
    return { missing: undefined, problems: [problem] }
  }
  const path = resolve(directory, missing)
  const read = readAsset(path, MAX_MISSING_BYTES)
  if ("problem" in read) return { missing: undefined, problems: [`missing: ${read.problem}`] }
  const name = basename(path)
  const key = `${OWN_FOLDER}/${isSegment(name) ? name : "missing"}`
  return { missing: { key, bytes: read.bytes }, problems: [] }
}

/** An absolute path for a relative one. URLs and other values are returned unchanged. */
export const absoluteFile = <T>(file: string | T, directory: string): string | T =>
  typeof file === "string" && parseObjectUrl(file) === undefined ? resolve(directory, file) : file

/** Reads the files of a configuration. @param directory where relative paths start; undefined to read no file */
export const loadAssets = (sizes: SizeList, missing: string | undefined, directory: string | undefined): Assets => {
  if (directory === undefined) return { sizes, overlays: new Map(), missing: undefined, problems: [] }
  const overlays = new Map<string, Uint8Array>()
  const problems: string[] = []
  const load = (size: Size): Size => {
    if (!size.overlay) return size
    const overlay = size.overlay.map((one): Overlay => {
      const read = readOverlay(one, directory)
      if ("problem" in read) {
        problems.push(`sizes: overlay of ${size.name}: ${read.problem}`)
        return one
      }
      const digest = digestOf(read.bytes)
      overlays.set(digest, read.bytes)
      return Object.assign({ ...one }, { digest })
    })
    return { ...size, overlay }
  }
  const [first, ...rest] = sizes
  const loaded: SizeList = [load(first), ...rest.map(load)]
  const placeholder = loadMissing(missing, directory)
  return { sizes: loaded, overlays, missing: placeholder.missing, problems: [...problems, ...placeholder.problems] }
}
