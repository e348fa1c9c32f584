/**
 * Responsible for the maps of nginx that find the stored file for a request, as http/url-path.ts does: from method, path and `Accept` to a
 * file, or to none where only imgtailor knows the answer.
 */
import { CONTENT_TYPES, type Format, FORMATS } from "../sizes/format.ts"
import type { FormatSet, SizeGroup } from "./groups.ts"
import { escapeRegex, type MapLine, mapBlock, quoted, quotedRegex, value } from "./text.ts"

/** Extensions of originals by the format of their base rendition. */
const EXTENSIONS: Readonly<Record<Format, readonly string[]>> = {
  avif: ["avif"],
  webp: ["webp"],
  jpeg: ["jpe?g", "jpe", "jfif"],
  png: ["a?png"],
  gif: ["gif"],
}
/** The base rendition of these has a format that depends on the original. */
const OTHERS: readonly string[] = ["tiff?", "mpo", "hei[cf]", "jxl", "bmp", "svg"]
const ALL = [...Object.values(EXTENSIONS).flat(), ...OTHERS]

/** Requested as AVIF or WebP, an original that can be lossless or animated may get another format, which is lighter. */
const MAY_CHANGE: readonly string[] = ALL.filter((extension) => !EXTENSIONS.jpeg.includes(extension))
const isChangeable = (format: Format): boolean => format === "avif" || format === "webp"

/** Options of all maps. */
export interface MapOptions {
  readonly basePath: string
  readonly groups: readonly SizeGroup[]
}

/** `/(?:.*\/)?(?:360x270|480h)/`, with the base path in front. */
const folderOf = ({ names }: SizeGroup, basePath: string): string =>
  `${escapeRegex(basePath)}/(?:.*/)?(?:${names.join("|")})/`

const anyOf = (extensions: readonly string[]): string => `\\.(?i:${extensions.join("|")})`

/** `jpe?g` without `jpeg`: names that end in a listed format are not negotiated. */
const negotiable = (extensions: readonly string[], formats: readonly Format[]): readonly string[] =>
  extensions.flatMap((extension) => {
    const [longer, shorter] = extension === "jpe?g" ? ["jpeg", "jpg"] : ["apng", "png"]
    const isPair = extension.includes("?")
    if (!isPair) return formats.some((format) => format === extension) ? [] : [extension]
    if (formats.some((format) => format === longer)) return [shorter]
    return formats.some((format) => format === shorter) ? [longer] : [extension]
  })

/**
 * The group of a URL with a listed size, `info` for a description, and nothing for any other URL and method. After 412, nginx closes the
 * connection without `Connection: close`, so conditions that can fail are forwarded.
 */
const groupMap = ({ basePath, groups }: MapOptions): string =>
  mapBlock('"$request_method$http_if_match$http_if_unmodified_since $uri"', "$imgtailor_group", [
    ["default", '""'],
    ...groups.map((group): MapLine => [quotedRegex(`~^(?:GET|HEAD) ${folderOf(group, basePath)}[^/]+$`), group.name]),
    [quotedRegex(`~^(?:GET|HEAD) ${escapeRegex(basePath)}/(?:.*/)?info/[^/]+\\.json$`), "info"],
  ])

/** Formats with the groups that have them. */
interface GroupedSet extends FormatSet {
  /** A part of a regular expression: `0` or `(?:0|2)`. */
  readonly names: string
}

const setsOf = (groups: readonly SizeGroup[]): readonly GroupedSet[] => {
  const sets = new Map<string, SizeGroup[]>()
  for (const group of groups) {
    const key = JSON.stringify([group.formats, group.forced])
    sets.set(key, [...(sets.get(key) ?? []), group])
  }
  return [...sets.values()].map((equal) => {
    const names = equal.map(({ name }) => name)
    const { formats = [], forced } = equal[0] ?? {}
    return { formats, forced, names: names.length > 1 ? `(?:${names.join("|")})` : (names[0] ?? "") }
  })
}

const kindLine = ({ names }: GroupedSet, end: string, kind: string): MapLine => [
  quotedRegex(`~^${names} .+${end}$`),
  kind,
]

/** With one format, the base URL means it, too. */
const forcedLines = (set: GroupedSet, forced: Format): readonly MapLine[] => {
  const sources = isChangeable(forced) ? EXTENSIONS.jpeg : ALL
  return [
    kindLine(set, `${anyOf(sources)}\\.${forced}`, "stated"),
    kindLine(set, isChangeable(forced) ? anyOf(sources) : "", `only-${forced}`),
  ]
}

/** The kind of each URL of a group, by its last extension. The first line that matches counts. */
const kindLines = (set: GroupedSet): readonly MapLine[] => {
  const { formats, forced } = set
  if (forced !== undefined) return forcedLines(set, forced)
  const [changeable, unlisted] = [formats.filter(isChangeable), FORMATS.filter((one) => !formats.includes(one))]
  const own = negotiable([...EXTENSIONS.png, ...EXTENSIONS.gif, ...EXTENSIONS.webp, ...EXTENSIONS.avif], formats)
  const line = (kind: string, ...extensions: readonly (readonly string[])[]): readonly MapLine[] =>
    extensions.some(({ length }) => length === 0) ? [] : [kindLine(set, extensions.map(anyOf).join(""), kind)]
  return [
    ...line("ask", MAY_CHANGE, changeable),
    ...line("stated", formats),
    // A file from the time when another format was listed.
    ...line(
      "ask",
      ALL,
      unlisted.flatMap((format) => EXTENSIONS[format]),
    ),
    ...line("photo", negotiable(EXTENSIONS.jpeg, formats)),
    ...line("own", own),
  ]
}

const kindMap = ({ groups }: MapOptions): string =>
  mapBlock('"$imgtailor_group $uri"', "$imgtailor_kind", [
    ["default", "ask"],
    ...setsOf(groups).flatMap(kindLines),
    [quotedRegex("~^info "), "stated"],
  ])

/** The preferred format in `Accept`. A format with a parameter (`;q=0.5`) is compared by imgtailor. */
const acceptLines = ({ formats, names }: GroupedSet, hasSets: boolean): readonly MapLine[] => {
  const types = formats.map((format) => CONTENT_TYPES[format].slice("image/".length))
  if (types.length === 0) return []
  const start = hasSets ? `^${names} (?:.*,)?\\s*` : "(?:^|,)\\s*"
  const somewhere = hasSets ? `^${names} .*` : ""
  return [
    [quotedRegex(`~*${somewhere}image/(?:${types.join("|")})\\s*;`), "ask"],
    ...formats.map((format): MapLine => [quotedRegex(`~*${start}${CONTENT_TYPES[format]}\\s*(?:,|$)`), format]),
  ]
}

const acceptMap = ({ groups }: MapOptions): string => {
  const sets = setsOf(groups)
  const source = sets.length > 1 ? '"$imgtailor_group $http_accept"' : "$http_accept"
  const negotiated = sets.filter(({ forced }) => forced === undefined)
  return mapBlock(source, "$imgtailor_accept", [
    ["default", "base"],
    ...negotiated.flatMap((set) => acceptLines(set, sets.length > 1)),
  ])
}

const fileMap = ({ groups }: MapOptions, path: string): string => {
  const formats = FORMATS.filter((format) => groups.some((group) => !group.forced && group.formats.includes(format)))
  const forced = FORMATS.filter((format) => groups.some((group) => group.forced === format))
  const line = (kind: string, accept: string, file: string): MapLine => [`"${kind} ${accept}"`, file]
  const fixed = formats.filter((format) => !isChangeable(format))
  return mapBlock('"$imgtailor_kind $imgtailor_accept"', "$imgtailor_file", [
    ["default", '""'],
    ...formats.map((format) => line("photo", format, `${path}.${format}`)),
    line("photo", "base", path),
    ...fixed.map((format) => line("own", format, `${path}.${format}`)),
    line("own", "base", path),
    line("~^stated", "", path),
    ...forced.map((format) => line(`~^only-${format}`, "", `${path}.${format}`)),
  ])
}

const varyMap = (): string =>
  mapBlock("$imgtailor_kind", "$imgtailor_vary", [
    ["default", '""'],
    ["photo", "Accept"],
    ["own", "Accept"],
  ])

/** The lifetime of each group, if they differ. */
export const cacheMap = (groups: readonly SizeGroup[], cacheControl: string): string | undefined => {
  const others = groups.filter((group) => group.cacheControl !== cacheControl)
  if (others.length === 0) return undefined
  const lines = others.map((group): MapLine => [group.name, quoted(group.cacheControl)])
  return mapBlock("$imgtailor_group", "$imgtailor_cache_control", [["default", quoted(cacheControl)], ...lines])
}

/** An alias, and the name of the size that its files have. */
export interface Alias {
  readonly alias: string
  readonly name: string
}

/** The path below the folder of files: without the base path, and with the name of a size instead of its alias. */
const pathMap = (basePath: string, aliases: readonly Alias[]): string => {
  const base = escapeRegex(basePath)
  const aliasLines = aliases.map(({ alias, name }, at): MapLine => [
    quotedRegex(`~^${base}(?<imgtailor_folder_${at}>/(?:.*/)?)${alias}/(?<imgtailor_name_${at}>[^/]+)$`),
    value(`\${imgtailor_folder_${at}}${name}/$imgtailor_name_${at}`),
  ])
  const rest: MapLine = [quotedRegex(`~^${base}(?<imgtailor_rest>/.*)$`), "$imgtailor_rest"]
  return mapBlock("$uri", "$imgtailor_path", [
    ["default", basePath ? '""' : "$uri"],
    ...aliasLines,
    ...(basePath ? [rest] : []),
  ])
}

/** All maps, and the variable of the stored file. */
export const mapsText = (options: MapOptions, aliases: readonly Alias[]): string => {
  const { basePath, groups } = options
  const needsPath = basePath !== "" || aliases.length > 0
  const path = needsPath ? "$imgtailor_path" : "$uri"
  return [
    ...(needsPath
      ? [
          "# The path of the stored file: without the base path, and with the name of a size instead of an alias.",
          pathMap(basePath, aliases),
        ]
      : []),
    groups.length > 1
      ? "# Listed sizes, in groups of equal formats and lifetimes. All other URLs are forwarded, as are other methods, and If-Match and If-Unmodified-Since."
      : "# Listed sizes. All other URLs are forwarded, as are other methods, and If-Match and If-Unmodified-Since.",
    groupMap(options),
    "# The preferred format in the client's Accept header, or base for none. Only a format that is named counts, not image/* or */*.",
    "# A format with a parameter (;q=0.5) needs a comparison of weights, which is left to imgtailor.",
    acceptMap(options),
    "# The kind of a URL, by its last extension. nginx derives the content type from the extension as well.",
    "#   photo    a JPEG: the base rendition may be served, or another format by Accept",
    "#   own      the extension is the format of the base rendition only: AVIF and WebP of a lossless original or an animation can be",
    "#            another format that is lighter",
    "#   stated   the URL names the format and is not negotiated: photo.jpg.webp, photo.webp, info/photo.jpg.json",
    ...(groups.some(({ forced }) => forced) ? ["#   only-…   sizes with one format"] : []),
    "#   ask      everything else is forwarded: the content type depends on the original (scan.tif, cut-out.png.webp, no extension)",
    "# An original without an extension or with a wrong one is served with a wrong type, which browsers display anyway.",
    kindMap(options),
    "# The stored file to serve. Empty for none.",
    fileMap(options, path),
    varyMap(),
  ].join("\n")
}
