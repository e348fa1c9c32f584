/** Responsible for the files that settings name, in the zip of a function: overlays, the placeholder and focal points. */
import { createHash } from "node:crypto"
import { readFileSync } from "node:fs"
import { basename, resolve } from "node:path"

import { mapAssetPaths } from "../config/asset-paths.ts"
import { badConfig, describeError } from "../errors.ts"

/** Settings for another machine, and the files that they name. */
export interface PortableAssets {
  readonly settings: Record<string, unknown>
  /** By their path in the zip. */
  readonly files: Readonly<Record<string, Uint8Array>>
}

const FOLDER = "assets"

/**
 * The files by their content, so that two of one name do not collide and an unchanged one keeps its path.
 * @param directory where relative paths start
 * @throws {bad-config} a file cannot be read
 */
export const portableAssets = (settings: Readonly<Record<string, unknown>>, directory: string): PortableAssets => {
  const files: Record<string, Uint8Array> = {}
  const pack = (path: string): string => {
    const file = resolve(directory, path)
    let bytes: Uint8Array
    try {
      bytes = new Uint8Array(readFileSync(file))
    } catch (error) {
      throw badConfig([`Expected a file that can be read, got ${file}: ${describeError(error)}.`])
    }
    const digest = createHash("sha256").update(bytes).digest("hex").slice(0, 16)
    const name = `${FOLDER}/${digest}-${basename(file).replace(/[^\w.-]/g, "_")}`
    files[name] = bytes
    return `./${name}`
  }
  return { settings: mapAssetPaths(settings, pack), files }
}
