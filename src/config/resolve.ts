/** From options to a complete, frozen configuration: defaults filled in, and what cannot work together refused. */
import { createHash } from "node:crypto"
import { existsSync, realpathSync, statSync } from "node:fs"
import { availableParallelism, totalmem } from "node:os"
import { basename, dirname, join, resolve, sep } from "node:path"

import envPaths from "env-paths"

import { badConfig } from "../errors.ts"
import { DEFAULT_FORMATS, type Format, type Quality, type QualityInput } from "../sizes/format.ts"
import { parseSizeList, type Size } from "../sizes/list.ts"
import { DEFAULT_QUALITY } from "../sizes/recipe.ts"
import { formatS3Url, isS3Url, parseS3Url } from "../store/s3/place.ts"
import type { Compat, Limits, TailorConfig, TailorOptions, UnknownSize } from "./options.ts"
import { checkOptions } from "./schema.ts"

/** Everything from outside that completing a configuration depends on. */
export interface Environment {
  /** What relative folders and the default for renditions start from. */
  readonly directory: string
  /** Size of libuv's thread pool, on which renders run. */
  readonly threads: number
  /** Of Amazon's, as the environment has it. */
  readonly region?: string | undefined
}

/** libuv's own default. */
export const DEFAULT_THREADS = 4

/** Jobs that keep all cores busy, while one thread stays free for files and names. */
const defaultRenders = (threads: number): number => Math.max(1, Math.min(2 * availableParallelism(), threads - 1))

/** Of the machine or, in a container, of what it was given. */
const memoryShare = (share: number): number => {
  const constrained = process.constrainedMemory()
  const total = totalmem()
  return Math.round(share * (constrained > 0 && constrained < total ? constrained : total))
}

/** Values that take effect where nothing is said; docs/settings.md quotes them. */
const DEFAULTS = {
  formats: DEFAULT_FORMATS as readonly Format[],
  sharedStore: false,
  unknownSize: "reject" as UnknownSize,
  compat: [] as readonly Compat[],
  watch: false,
  background: "#ffffff",
  cacheControl: "public, max-age=3600, s-maxage=31536000",
  basePath: "",
  host: "127.0.0.1",
  port: 3000,
} as const

/** Beyond this a replaced photo is not answered as it was. */
const RECHECK_S3_SECONDS = 60

const defaultLimits = (threads: number): Limits => ({
  pixels: 100_000_000,
  bytes: 100_000_000,
  animationPixels: 100_000_000,
  deadlineMs: 30_000,
  renders: defaultRenders(threads),
  queue: 1000,
  memoryBytes: memoryShare(0.4),
  cacheBytes: Math.min(64_000_000, memoryShare(0.1)),
})

/** An object's values that are there: `undefined` means the default. */
const given = <T extends object>(values: T | undefined): { [name in keyof T]?: Exclude<T[name], undefined> } =>
  Object.fromEntries(Object.entries(values ?? {}).filter(([, value]) => value !== undefined)) as {
    [name in keyof T]?: Exclude<T[name], undefined>
  }

const resolveQuality = (input: QualityInput | undefined): Quality => {
  if (typeof input === "number") return { jpeg: input, webp: input, avif: input }
  return { ...DEFAULT_QUALITY, ...given(input) }
}

const expandColour = (colour: string): string =>
  (colour.length === 4 ? colour.replace(/[0-9a-f]/gi, (digit) => digit + digit) : colour).toLowerCase()

/** The real path of something that may not exist yet. */
const realPath = (path: string): string =>
  existsSync(path)
    ? realpathSync.native(path)
    : join(dirname(path) === path ? path : realPath(dirname(path)), basename(path))

const isWithin = (path: string, folder: string): boolean =>
  path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep)

/** The folder for renditions when none is named. */
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
    notice: `Renditions are kept in ${elsewhere}, since the working directory lies inside the photos. Choose a place with --renditions.`,
  }
}

/** Places of one kind, in a form in which one's beginning with the other means that it lies within. */
const nestingProblems = (from: string, to: string, what: "folder" | "place"): readonly string[] => {
  if (from === to) return []
  if (isWithin(to, from))
    return [`renditions: Expected a ${what} outside the originals, or every rendition is an original too; got ${to}.`]
  return isWithin(from, to) ? [`originals: Expected a ${what} outside the renditions, got ${from}.`] : []
}

const folderProblems = (originals: string | undefined, renditions: string | undefined): readonly string[] => {
  if (originals === undefined) return []
  if (!existsSync(originals) || !statSync(originals).isDirectory())
    return [`originals: Expected a folder, found none at ${originals}.`]
  if (renditions === undefined) return []
  return nestingProblems(realPath(originals), realPath(renditions), "folder")
}

const absolute = <T>(place: string | T, directory: string): string | T =>
  typeof place === "string" && !isS3Url(place) ? resolve(directory, place) : place

const asFolder = (place: unknown): string | undefined =>
  typeof place === "string" && !isS3Url(place) ? place : undefined

/** A place in S3 in its one spelling, without a slash at its end. */
const asS3 = (place: unknown): string | undefined => {
  const parsed = typeof place === "string" ? parseS3Url(place) : undefined
  return parsed && formatS3Url(parsed).replace(/\/$/, "")
}

/** What is wrong with places in S3, and what would have to be known or left for them. */
const s3Problems = (
  from: string | undefined,
  to: string | undefined,
  { s3, watch }: Pick<TailorConfig, "s3" | "watch">,
): readonly string[] => {
  const problems = from !== undefined && to !== undefined ? [...nestingProblems(from, to, "place")] : []
  const place = from ?? to
  if (place !== undefined && s3.s3Endpoint === undefined && s3.s3Region === undefined)
    problems.push(`s3Region: Expected the region of ${place}, here or in AWS_REGION.`)
  if (from !== undefined && watch) problems.push("watch: Expected originals in a folder: a bucket is not watched.")
  return problems
}

/** What is both listed and retired. */
const overlapProblems = (
  sizes: readonly Size[],
  formats: readonly Format[],
  retired: TailorConfig["grammar"]["retired"],
): readonly string[] => {
  const bothSizes = retired.sizes.filter((name) => sizes.some((size) => size.name === name))
  const bothFormats = retired.formats.filter((name) => formats.includes(name))
  return [
    ...bothSizes.map((name) => `retired.sizes: Expected sizes that are not listed any more, got ${name}.`),
    ...bothFormats.map((name) => `retired.formats: Expected formats that are not listed any more, got ${name}.`),
  ]
}

interface Places extends Pick<TailorConfig, "originals" | "renditions"> {
  readonly notices: readonly string[]
  readonly problems: readonly string[]
}

/** As what originals and renditions are one, if they are. */
const sharedAs = (originals: unknown, renditions: unknown): "folder" | "place" | "store" | undefined => {
  const [from, to] = [asFolder(originals), asFolder(renditions)]
  if (from !== undefined && to !== undefined && realPath(from) === realPath(to)) return "folder"
  const place = asS3(originals)
  if (place !== undefined && place === asS3(renditions)) return "place"
  return originals === renditions ? "store" : undefined
}

/** Where originals and renditions are, and whether they may be there. */
const resolvePlaces = (options: TailorOptions, directory: string): Places => {
  const originals = absolute(options.originals, directory)
  const fallback = defaultRenditions(directory, asFolder(originals))
  const renditions = absolute(options.renditions ?? fallback.folder, directory)
  const what = sharedAs(originals, renditions)
  const shared = `renditions: Expected another ${what} than the originals', or sharedStore: true; else renditions of renditions would be endless.`
  return {
    originals,
    renditions: what === "folder" ? (originals as string) : renditions,
    notices: options.renditions === undefined && fallback.notice ? [fallback.notice] : [],
    problems: what && !options.sharedStore ? [shared] : folderProblems(asFolder(originals), asFolder(renditions)),
  }
}

/** A configuration that is whole, or every mistake as a sentence. */
export type Resolved = { readonly config: TailorConfig } | { readonly problems: readonly string[] }

/** The complete configuration, or every mistake in it: for whoever has others to tell besides. */
export const tryConfig = (input: unknown, { directory, threads, region }: Environment): Resolved => {
  const checked = checkOptions(input)
  if ("problems" in checked) return checked
  const {
    sharedStore,
    formats,
    background,
    cacheControl,
    basePath,
    watch,
    host,
    port,
    unknownSize,
    compat,
    ...options
  } = {
    ...DEFAULTS,
    ...given(checked.options),
  }
  const { originals, renditions, notices, problems } = resolvePlaces(checked.options, directory)
  const retired = { sizes: [], formats: [], ...given(options.retired) }
  const sizes = parseSizeList(checked.options.sizes)
  const { s3Endpoint, s3Region = s3Endpoint === undefined ? region : undefined, s3PathStyle } = options
  const s3 = { s3Endpoint, s3Region, s3PathStyle }
  const all = [
    ...problems,
    ...s3Problems(asS3(originals), asS3(renditions), { s3, watch }),
    ...overlapProblems("list" in sizes ? sizes.list : [], formats, retired),
  ]
  if ("problems" in sizes || all.length > 0) return { problems: all }

  const limits = { ...defaultLimits(threads), ...given(options.limits) }
  const { animationPixels } = limits
  const config = Object.freeze({
    originals,
    renditions,
    grammar: { sizes: sizes.list, formats, retired, sharedStore },
    settings: { quality: resolveQuality(options.quality), background: expandColour(background), animationPixels },
    limits,
    cacheControl,
    basePath,
    unknownSize,
    compat,
    s3,
    recheckSeconds: options.recheckSeconds ?? (asS3(originals) ? RECHECK_S3_SECONDS : 0),
    watch,
    host,
    port,
    notices,
  })
  return { config }
}

/**
 * The complete configuration.
 * @throws {bad-config} with every mistake
 */
export const resolveConfig = (input: unknown, surroundings: Environment): TailorConfig => {
  const resolved = tryConfig(input, surroundings)
  if ("problems" in resolved) throw badConfig(resolved.problems)
  return resolved.config
}
