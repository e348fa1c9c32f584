/**
 * Responsible for the locations of originals and renditions: folders, URLs, custom stores or several sources by prefix, and whether they
 * may be used together.
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
import { isSourceList } from "../store/sources.ts"
import { isSources } from "./location-schema.ts"
import type { TailorConfig, TailorOptions } from "./options.ts"

/** The real path of a file or folder that need not exist. */
const realPath = (path: string): string =>
  existsSync(path)
    ? realpathSync.native(path)
    : join(dirname(path) === path ? path : realPath(dirname(path)), basename(path))

const isWithin = (path: string, folder: string): boolean =>
  path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep)

/** One location of originals, and the name of its setting. */
interface Place {
  readonly setting: string
  readonly location: unknown
}

const placesOf = (originals: TailorConfig["originals"]): readonly Place[] =>
  isSourceList(originals)
    ? originals.map(({ prefix, location }) => ({ setting: `originals.${prefix}`, location }))
    : [{ setting: "originals", location: originals }]

/** The folder for renditions where none is configured. */
const defaultRenditions = (
  directory: string,
  originals: readonly string[],
): { readonly folder: string; readonly notice?: string } => {
  const folder = join(directory, ".imgtailor")
  const around = originals.find((path) => isWithin(realPath(folder), realPath(path)))
  if (around === undefined) return { folder }
  const name = `${basename(around)}-${createHash("sha256").update(realPath(around)).digest("hex").slice(0, 8)}`
  const elsewhere = join(envPaths("imgtailor", { suffix: "" }).cache, name)
  return {
    folder: elsewhere,
    notice: `Renditions are stored in ${elsewhere}, because the working directory is inside the originals. Set another folder with --renditions.`,
  }
}

/** Problems of two locations of one kind. A location inside another begins with it. */
const nestingProblems = (setting: string, from: string, to: string, what: "folder" | "location"): readonly string[] => {
  if (from === to) return []
  if (isWithin(to, from))
    return [`renditions: Expected a ${what} outside the originals, else every rendition is an original too, got ${to}.`]
  return isWithin(from, to) ? [`${setting}: Expected a ${what} outside the renditions, got ${from}.`] : []
}

const folderProblems = ({ setting, location }: Place, renditions: string | undefined): readonly string[] => {
  const originals = asFolder(location)
  if (originals === undefined) return []
  if (!existsSync(originals) || !statSync(originals).isDirectory())
    return [`${setting}: Expected a folder, found none at ${originals}.`]
  if (renditions === undefined) return []
  return nestingProblems(setting, realPath(originals), realPath(renditions), "folder")
}

const absolute = <T>(location: string | T, directory: string): string | T => {
  const folder = asFolder(location)
  return folder === undefined ? location : resolve(directory, folder)
}

/** How long a replaced original in a remote store may go unnoticed. */
export const RECHECK_REMOTE_SECONDS = 60

/** How long to trust a known version of an original where the setting is not set. */
export const defaultRecheckSeconds = (location: unknown): number =>
  asRemoteUrl(location) === undefined ? 0 : RECHECK_REMOTE_SECONDS

/** The originals with absolute folders. Sources by prefix are a list. */
const resolveOriginals = (
  { originals, recheckSeconds }: TailorOptions,
  directory: string,
): TailorConfig["originals"] => {
  if (!isSources(originals)) return absolute(originals, directory)
  return Object.entries(originals).map(([prefix, given]) => {
    const location = absolute(given, directory)
    return { prefix, location, recheckSeconds: recheckSeconds ?? defaultRecheckSeconds(location) }
  })
}

/** Problems of locations in remote stores, and of settings that they need or exclude. */
export const remoteProblems = (
  { originals, renditions, focalPoints }: Pick<TailorConfig, "originals" | "renditions" | "focalPoints">,
  { s3, watch }: Pick<TailorConfig, "s3" | "watch">,
): readonly string[] => {
  const places = placesOf(originals)
  const to = asRemoteUrl(renditions)
  const nested = places.flatMap(({ setting, location }) => {
    const from = asRemoteUrl(location)
    return from === undefined || to === undefined ? [] : nestingProblems(setting, from, to, "location")
  })
  const used = [...places.map(({ location }) => location), renditions, focalPoints]
  const missing = used.map((place) => missingSetting(place, s3))
  const problems = [...nested, ...missing.flatMap((problem) => problem ?? []).slice(0, 1)]
  if (watch && places.every(({ location }) => asRemoteUrl(location) !== undefined))
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

/** Problems of originals and renditions at the same location. */
const sharingProblems = (
  places: readonly Place[],
  renditions: unknown,
  isAllowed: boolean | undefined,
): readonly string[] =>
  places.flatMap(({ setting, location }) => {
    const what = coincideAs(location, renditions)
    if (what === undefined) return []
    // The keys of a source by prefix are not those of its renditions.
    if (setting !== "originals") return [`renditions: Expected another ${what} than that of ${setting}.`]
    return isAllowed
      ? []
      : [
          `renditions: Expected another ${what} than the originals', or sharedStore: true, else renditions are rendered again as originals.`,
        ]
  })

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
  const originals = resolveOriginals(options, directory)
  const places = placesOf(originals)
  const folders = places.flatMap(({ location }) => asFolder(location) ?? [])
  const fallback = defaultRenditions(directory, folders)
  const renditions = absolute(options.renditions ?? fallback.folder, directory)
  const isOneFolder = coincideAs(originals, renditions) === "folder"
  const sharing = sharingProblems(places, renditions, options.sharedStore)
  const problems = places.flatMap((place) => folderProblems(place, asFolder(renditions)))
  return {
    originals,
    renditions: isOneFolder ? (originals as string) : renditions,
    notices: options.renditions === undefined && fallback.notice ? [fallback.notice] : [],
    problems: sharing.length > 0 ? sharing : problems,
  }
}
