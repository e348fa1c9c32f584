/**
 * Responsible for the maps of nginx that find the stored file for a request, as http/url-path.ts does: from method, path and `Accept` to a
 * file, or to none where only imgtailor knows the answer.
 */
import { CONTENT_TYPES, type Format, FORMATS } from "../sizes/format.ts"
import type { SizeGroup } from "./groups.ts"
import { escapeRegex, type MapLine, mapBlock, quotedRegex, value } from "./text.ts"

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

/** Options of all maps. */
export interface MapOptions {
  readonly basePath: string
  readonly groups: readonly SizeGroup[]
}

/** `/(?:.*\/)?(?:360x270|480h)/`, with the base path in front. */
const folderOf = ({ names }: SizeGroup, basePath: string): string =>
  `${escapeRegex(basePath)}/(?:.*/)?(?:${names.join("|")})/`

const anyOf = (extensions: readonly string[]): string => `\\.(?i:${extensions.join("|")})`

/** Extensions without those that are the names of listed formats. */
const without = (extensions: readonly string[], formats: readonly Format[]): readonly string[] =>
  extensions.filter((extension) => !formats.some((format) => format === extension))

const isListed = (extension: string, formats: readonly Format[]): boolean =>
  formats.some((format) => format === extension)

/** `jpe?g` covers `jpeg`, which is not negotiated where JPEG is listed. */
const expand = (extensions: readonly string[]): readonly string[] =>
  extensions.flatMap((extension) =>
    extension === "jpe?g" ? ["jpeg", "jpg"] : extension === "a?png" ? ["apng", "png"] : [extension],
  )

const photosOf = (formats: readonly Format[]): readonly string[] => {
  const photos = without(expand([...EXTENSIONS.jpeg, ...EXTENSIONS.png]), formats)
  const isShort = photos.includes("jpeg") && photos.includes("png")
  return isShort ? [...EXTENSIONS.jpeg, ...EXTENSIONS.png] : photos
}

/** The group of a URL with a listed size, `info` for a description, and nothing for any other URL and method. */
const groupMap = ({ basePath, groups }: MapOptions): string =>
  mapBlock('"$request_method $uri"', "$imgtailor_group", [
    ["default", '""'],
    ...groups.map((group): MapLine => [quotedRegex(`~^(?:GET|HEAD) ${folderOf(group, basePath)}[^/]+$`), group.name]),
    [quotedRegex(`~^(?:GET|HEAD) ${escapeRegex(basePath)}/(?:.*/)?info/[^/]+\\.json$`), "info"],
  ])

const kindLine = ({ name }: SizeGroup, end: string, kind: string): MapLine => [quotedRegex(`~^${name} .+${end}$`), kind]

/** With one format, the base URL means it, too. */
const forcedLines = (group: SizeGroup, forced: Format): readonly MapLine[] => {
  if (forced !== "avif")
    return [kindLine(group, `${anyOf(ALL)}\\.${forced}`, "stated"), kindLine(group, "", `only-${forced}`)]
  // AVIF of a possible animation is a WebP.
  const stills = anyOf([...EXTENSIONS.jpeg, ...EXTENSIONS.png])
  return [kindLine(group, `${stills}\\.avif`, "stated"), kindLine(group, stills, "only-avif")]
}

/** The kind of each URL of a group, by its last extension. The first line that matches counts. */
const kindLines = (group: SizeGroup): readonly MapLine[] => {
  const { formats, forced } = group
  if (forced !== undefined) return forcedLines(group, forced)
  const unlisted = FORMATS.filter((format) => !formats.includes(format))
  const line = (end: string, kind: string): MapLine => kindLine(group, end, kind)
  return [
    ...(isListed("avif", formats) ? [line(anyOf(["gif", "webp"]) + anyOf(["avif"]), "ask")] : []),
    ...(formats.length > 0 ? [line(anyOf(formats), "stated")] : []),
    // A file from the time when another format was listed.
    line(anyOf(ALL) + anyOf(unlisted.flatMap((format) => EXTENSIONS[format])), "ask"),
    line(anyOf(photosOf(formats)), "photo"),
    ...(isListed("gif", formats) ? [] : [line(anyOf(EXTENSIONS.gif), "gif")]),
    line(anyOf(OTHERS), "other"),
  ]
}

const kindMap = ({ groups }: MapOptions): string =>
  mapBlock('"$imgtailor_group $uri"', "$imgtailor_kind", [
    ["default", "ask"],
    ...groups.flatMap(kindLines),
    [quotedRegex("~^info "), "stated"],
  ])

/** The preferred format of a group in `Accept`. A format with a parameter (`;q=0.5`) is compared by imgtailor. */
const acceptLines = ({ formats, name }: SizeGroup, hasGroups: boolean): readonly MapLine[] => {
  const types = formats.map((format) => CONTENT_TYPES[format].slice("image/".length))
  if (types.length === 0) return []
  const start = hasGroups ? `^${name} (?:.*,)?\\s*` : "(?:^|,)\\s*"
  const somewhere = hasGroups ? `^${name} .*` : ""
  return [
    [quotedRegex(`~*${somewhere}image/(?:${types.join("|")})\\s*;`), "ask"],
    ...formats.map((format): MapLine => [quotedRegex(`~*${start}${CONTENT_TYPES[format]}\\s*(?:,|$)`), format]),
  ]
}

const acceptMap = ({ groups }: MapOptions): string => {
  const hasGroups = groups.length > 1
  const source = hasGroups ? '"$imgtailor_group $http_accept"' : "$http_accept"
  const negotiated = groups.filter(({ forced }) => forced === undefined)
  return mapBlock(source, "$imgtailor_accept", [
    ["default", "base"],
    ...negotiated.flatMap((group) => acceptLines(group, hasGroups)),
  ])
}

const fileMap = ({ groups }: MapOptions, path: string): string => {
  const formats = FORMATS.filter((format) => groups.some((group) => !group.forced && group.formats.includes(format)))
  const forced = FORMATS.filter((format) => groups.some((group) => group.forced === format))
  const line = (kind: string, accept: string, file: string): MapLine => [`"${kind} ${accept}"`, file]
  const still = formats.filter((format) => format !== "avif")
  return mapBlock('"$imgtailor_kind $imgtailor_accept"', "$imgtailor_file", [
    ["default", '""'],
    ...formats.map((format) => line("photo", format, `${path}.${format}`)),
    line("photo", "base", path),
    ...still.map((format) => line("gif", format, `${path}.${format}`)),
    line("gif", "base", path),
    ...formats.map((format) => line("other", format, `${path}.${format}`)),
    line("~^stated", "", path),
    ...forced.map((format) => line(`~^only-${format}`, "", `${path}.${format}`)),
  ])
}

const varyMap = (): string =>
  mapBlock("$imgtailor_kind", "$imgtailor_vary", [
    ["default", '""'],
    ["photo", "Accept"],
    ["gif", "Accept"],
    ["other", "Accept"],
  ])

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
      ? "# Listed sizes, in groups of equal formats. All other URLs are forwarded."
      : "# Listed sizes. All other URLs are forwarded, as are PUT, OPTIONS and others.",
    groupMap(options),
    "# The preferred format in the client's Accept header, or base for none. Only a format that is named counts, not image/* or */*.",
    "# A format with a parameter (;q=0.5) needs a comparison of weights, which is left to imgtailor.",
    acceptMap(options),
    "# The kind of a URL, by its last extension. nginx derives the content type from the extension as well.",
    "#   photo, gif   the extension is the format: the base rendition may be served, or another format by Accept",
    "#   other        the format of the base rendition depends on the original (.tif, .heic): only other formats may be served",
    "#   stated       the URL names the format and is not negotiated: photo.jpg.webp, photo.webp, info/photo.jpg.json",
    ...(groups.some(({ forced }) => forced) ? ["#   only-…       sizes with one format"] : []),
    "#   ask          everything else is forwarded: no extension; AVIF of a possible animation, which is really a WebP",
    "# An original with a wrong extension is served with a wrong type: PNG bytes in a .jpg as image/jpeg, which browsers display anyway.",
    kindMap(options),
    "# The stored file to serve. Empty for none.",
    fileMap(options, path),
    varyMap(),
  ].join("\n")
}
