/**
 * Responsible for the locations of originals and renditions: folders, `s3://` URLs or custom stores, and whether they may be used
 * together.
 *
 * Invariants:
 * - Neither is inside the other: a rendition would become an original, and its renditions originals again.
 * - They coincide only where `sharedStore` is set.
 */
import { createHash } from "node:crypto"
import { existsSync, realpathSync, statSync } from "node:fs"
import { basename, dirname, join, resolve, sep } from "node:path"

import envPaths from "env-paths"

import { asFolder, asRemoteUrl, missingSetting } from "../store/registry.ts"
import type { TailorConfig, TailorOptions } from "./options.ts"

/** The real path of a file or folder that need not exist. */
const realPath = (path: string): string =>
  existsSync(path)
    ? realpathSync.native(path)
    : join(dirname(path) === path ? path : realPath(dirname(path)), basename(path))

const isWithin = (path: string, folder: string): boolean =>
  path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep)

/** The folder for renditions where none is configured. */
const defaultRenditions = (
  directory: string,
  originals: string | undefined,
): { readonly folder: string; readonly notice?: string } => {
  const folder = join(directory, ".imgtailor")
  if (originals === undefined || !isWithin(realPath(folder), realPath(originals))) return { folder }
  const name = `${basename(originals)}-${createHash("sha256").update(realPath(originals)).digest("hex").slice(0, 8)}`
  const elsewhere = join(envPaths("imgtailor", { suffix: "" }).cache, name)
  return {
    folder: elsewhere,
    notice: `Renditions are stored in ${elsewhere}, because the working directory is inside the originals. Set another folder with --renditions.`,
  }
}

/** Problems of two locations of one kind. A location inside another begins with it. */
const nestingProblems = (from: string, to: string, what: "folder" | "location"): readonly string[] => {
  if (from === to) return []
  if (isWithin(to, from))
    return [`renditions: Expected a ${what} outside the originals, else every rendition is an original too, got ${to}.`]
  return isWithin(from, to) ? [`originals: Expected a ${what} outside the renditions, got ${from}.`] : []
}

const folderProblems = (originals: string | undefined, renditions: string | undefined): readonly string[] => {
  if (originals === undefined) return []
  if (!existsSync(originals) || !statSync(originals).isDirectory())
    return [`originals: Expected a folder, found none at ${originals}.`]
  if (renditions === undefined) return []
  return nestingProblems(realPath(originals), realPath(renditions), "folder")
}

const absolute = <T>(location: string | T, directory: string): string | T => {
  const folder = asFolder(location)
  return folder === undefined ? location : resolve(directory, folder)
}

/** Problems of locations in remote stores, and of settings that they need or exclude. */
export const remoteProblems = (
  from: string | undefined,
  to: string | undefined,
  { s3, watch }: Pick<TailorConfig, "s3" | "watch">,
): readonly string[] => {
  const problems = from !== undefined && to !== undefined ? [...nestingProblems(from, to, "location")] : []
  const missing = missingSetting(from ?? to, s3)
  if (missing !== undefined) problems.push(missing)
  if (from !== undefined && watch)
    problems.push("watch: Expected originals in a folder: a remote store cannot be watched.")
  return problems
}

/** How two locations coincide: as a folder, a remote location or a store object; undefined where they do not. */
const coincideAs = (originals: unknown, renditions: unknown): "folder" | "location" | "store" | undefined => {
  const [from, to] = [asFolder(originals), asFolder(renditions)]
  if (from !== undefined && to !== undefined && realPath(from) === realPath(to)) return "folder"
  const url = asRemoteUrl(originals)
  if (url !== undefined && url === asRemoteUrl(renditions)) return "location"
  return originals === renditions ? "store" : undefined
}

/** Both locations, with notices for the operator and every problem as a sentence. */
export interface Locations extends Pick<TailorConfig, "originals" | "renditions"> {
  readonly notices: readonly string[]
  readonly problems: readonly string[]
}

/**
 * The locations of originals and renditions.
 * @param directory where relative folders and the default for renditions start
 */
export const resolveLocations = (options: TailorOptions, directory: string): Locations => {
  const originals = absolute(options.originals, directory)
  const fallback = defaultRenditions(directory, asFolder(originals))
  const renditions = absolute(options.renditions ?? fallback.folder, directory)
  const what = coincideAs(originals, renditions)
  const shared = `renditions: Expected another ${what} than the originals', or sharedStore: true, else renditions are rendered again as originals.`
  return {
    originals,
    renditions: what === "folder" ? (originals as string) : renditions,
    notices: options.renditions === undefined && fallback.notice ? [fallback.notice] : [],
    problems: what && !options.sharedStore ? [shared] : folderProblems(asFolder(originals), asFolder(renditions)),
  }
}
