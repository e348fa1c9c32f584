/**
 * Responsible for the table of URL schemes: which store a location in a setting stands for. A location without a scheme is a folder.
 *
 * Adding a store: a file with its {@link Scheme}, and one entry in {@link SCHEMES}.
 */
import { azureScheme } from "./azure/scheme.ts"
import { folderScheme } from "./folder-scheme.ts"
import { googleScheme } from "./google/scheme.ts"
import { httpScheme } from "./http/scheme.ts"
import { lazyOriginals, lazyRenditions } from "./lazy.ts"
import { s3Scheme } from "./s3/scheme.ts"
import type { LocationSettings, OpenOptions, OpenRenditionsOptions, Scheme } from "./scheme.ts"
import type { Originals, Renditions } from "./store.ts"

/** The name of a scheme that has a store. */
export type SchemeName = "file" | "s3" | "https" | "http" | "azure" | "gs"

/** Every scheme that has a store. */
const SCHEMES: Readonly<Record<SchemeName, Scheme>> = {
  file: folderScheme,
  s3: s3Scheme,
  https: httpScheme,
  http: httpScheme,
  azure: azureScheme,
  gs: googleScheme,
}

/** The use of a location. */
export type Role = "originals" | "renditions"

/** A location in a setting: the scheme of its store, and its text in canonical form. */
export interface Location {
  readonly scheme: SchemeName
  readonly text: string
}

const isSchemeName = (name: string): name is SchemeName => Object.hasOwn(SCHEMES, name)

/** A Windows path like `C:\photos` has a single letter before the colon. */
const URL_SCHEME = /^([a-z][a-z0-9+.-]+):\/\//i

/** The form of a URL that has one slash or none after its scheme, and would be taken for a folder. */
const formOfIncomplete = (text: string): string | undefined => {
  const name = /^([a-z][a-z0-9+.-]+):(?!\/\/)/i.exec(text)?.[1]?.toLowerCase() ?? ""
  return isSchemeName(name) ? SCHEMES[name].form : undefined
}

const isFor = (role: Role, scheme: Scheme): boolean => role === "originals" || scheme.renditions !== undefined

/** The forms of all locations, for messages: "a folder, s3://bucket/prefix or https://host/path". */
export const formsFor = (role: Role): string => {
  const forms = [...new Set(Object.values(SCHEMES))].filter((scheme) => isFor(role, scheme)).map(({ form }) => form)
  return `${forms.slice(0, -1).join(", ")} or ${forms.at(-1)}`
}

/**
 * The location that a setting names, or its problem as a sentence without its end.
 * @param role @default "originals"
 * @example
 * parseLocation("s3://shop-photos/in/") // { scheme: "s3", text: "s3://shop-photos/in" }
 * parseLocation("ftp://shop-photos") // { problem: "Expected a folder, s3://bucket/prefix or … (ftp:// is not supported)" }
 */
export const parseLocation = (text: string, role: Role = "originals"): Location | { readonly problem: string } => {
  const name = URL_SCHEME.exec(text)?.[1] ?? "file"
  const lower = name.toLowerCase()
  const form = formOfIncomplete(text)
  if (form !== undefined) return { problem: `Expected ${form}` }
  if (!isSchemeName(lower)) return { problem: `Expected ${formsFor(role)} (${name}:// is not supported)` }
  if (lower !== name) return { problem: `Expected ${lower}:// in lower case` }
  const scheme = SCHEMES[lower]
  if (!isFor(role, scheme)) return { problem: `Expected ${formsFor(role)} (${name}:// is only for originals)` }
  const location = scheme.normalise(text)
  return location === undefined
    ? { problem: `Expected ${lower === "file" ? formsFor(role) : scheme.form}` }
    : { scheme: lower, text: location }
}

const locate = (location: unknown): Location | undefined => {
  const parsed = typeof location === "string" ? parseLocation(location) : undefined
  return parsed && "scheme" in parsed ? parsed : undefined
}

/** The path of a location that is a folder; undefined for any other location. */
export const asFolder = (location: unknown): string | undefined => {
  const found = locate(location)
  return found?.scheme === "file" ? found.text : undefined
}

/** The canonical URL of a location in a remote store, without a trailing slash; undefined for any other location. */
export const asRemoteUrl = (location: unknown): string | undefined => {
  const found = locate(location)
  return found && found.scheme !== "file" ? found.text : undefined
}

/** An object in a store: the location that it is in, and its key there. */
export interface ObjectLocation {
  readonly location: string
  readonly key: string
}

/**
 * The object that a URL names, or its problem as a sentence without its end; undefined for a path.
 * @example
 * parseObjectUrl("s3://shop/points.json") // { location: "s3://shop", key: "points.json" }
 * parseObjectUrl("./points.json") // undefined
 */
export const parseObjectUrl = (text: string): ObjectLocation | { readonly problem: string } | undefined => {
  if (!URL_SCHEME.test(text)) return undefined
  const at = text.lastIndexOf("/")
  const [parsed, key] = [parseLocation(text.slice(0, at)), text.slice(at + 1)]
  if ("problem" in parsed) return parsed
  const isObject = parsed.scheme !== "file" && key !== ""
  return isObject ? { location: parsed.text, key } : { problem: "Expected the URL of an object" }
}

/** A setting that a location needs and that is missing, as a sentence; undefined if nothing is missing. */
export const missingSetting = (location: unknown, settings: LocationSettings): string | undefined => {
  const found = locate(location)
  return found && SCHEMES[found.scheme].missingSetting?.(found.text, settings)
}

const resolveScheme = (location: string, role: Role): { readonly scheme: Scheme; readonly text: string } => {
  const found = parseLocation(location, role)
  if ("problem" in found) throw new TypeError(`${found.problem}, got ${JSON.stringify(location)}`)
  return { scheme: SCHEMES[found.scheme], text: found.text }
}

/** The originals at a location; their store is loaded with the first call. @throws {TypeError} if the location is malformed */
export const openOriginals = (location: string, options: OpenOptions): Originals => {
  const { scheme, text } = resolveScheme(location, "originals")
  return lazyOriginals(scheme.name, () => scheme.openOriginals(text, options))
}

/** The renditions at a location; their store is loaded with the first call. @throws {TypeError} if the location is malformed */
export const openRenditions = (location: string, options: OpenRenditionsOptions): Renditions => {
  const {
    scheme: { name, renditions },
    text,
  } = resolveScheme(location, "renditions")
  if (!renditions) throw new TypeError(`Expected ${formsFor("renditions")}, got ${JSON.stringify(location)}`)
  return lazyRenditions(name, renditions.keyLimits(text), () => renditions.open(text, options))
}
