/** Responsible for the complete configuration: defaults are filled in, and settings that do not work together are rejected. */
import { availableParallelism, totalmem } from "node:os"

import type { ServiceName } from "../compat/names.ts"
import { badConfig } from "../errors.ts"
import { DEFAULT_FORMATS, type Format, type Quality, type QualityInput } from "../sizes/format.ts"
import { parseSizeList, type Size, sizeNamed } from "../sizes/list.ts"
import { expandColour } from "../sizes/option-values.ts"
import { DEFAULT_QUALITY } from "../sizes/recipe.ts"
import { absoluteFile, loadAssets } from "./assets.ts"
import { defaultRecheckSeconds, RECHECK_REMOTE_SECONDS, remoteProblems, resolveLocations } from "./locations.ts"
import { limitNotices } from "./notices.ts"
import type { Isolation, Limits, StaleRecipe, TailorConfig, TailorOptions, UnknownSize, WhenBusy } from "./options.ts"
import { checkOptions } from "./schema.ts"

/** Everything from outside that a configuration depends on. */
export interface Environment {
  /** Where relative folders and the default for renditions start. */
  readonly directory: string
  /** Size of libuv's thread pool, on which renders run. */
  readonly threads: number
  /** AWS region of the environment. */
  readonly region?: string | undefined
  /** False if only the list matters, and the files that it names may be on another machine. @default true */
  readonly readsAssets?: boolean | undefined
}

/** libuv's own default. */
export const DEFAULT_THREADS = 4

/** Enough to keep all cores busy. In this process, one thread stays free for files and DNS. */
const defaultRenders = (threads: number, isolation: Isolation): number => {
  const cores = availableParallelism()
  return isolation === "process" ? Math.max(2, cores) : Math.max(1, Math.min(2 * cores, threads - 1))
}

/** Memory of the machine or, in a container, of the container, in bytes. */
export const machineMemory = (): number => {
  const constrained = process.constrainedMemory()
  const total = totalmem()
  return constrained > 0 && constrained < total ? constrained : total
}

const memoryShare = (share: number): number => Math.round(share * machineMemory())

/** Defaults; docs/settings.md lists them. */
const DEFAULTS = {
  formats: DEFAULT_FORMATS as readonly Format[],
  exclude: [] as readonly string[],
  sharedStore: false,
  isolation: "process" as Isolation,
  unknownSize: "reject" as UnknownSize,
  compat: [] as readonly ServiceName[],
  compatOrigins: {} as Readonly<Record<string, string>>,
  whenBusy: "nearest" as WhenBusy,
  staleRecipe: "serve" as StaleRecipe,
  staleIfErrorSeconds: 86_400,
  watch: false,
  background: "#ffffff",
  cacheControl: "public, max-age=3600, s-maxage=31536000",
  basePath: "",
  host: "127.0.0.1",
  port: 3000,
  drainMs: 0,
  logLevel: "info",
  logHits: 1,
  logQueries: false,
  metrics: false,
  studio: false,
  studioWrite: false,
  studioHosts: [] as readonly string[],
  tracing: false,
} as const

const defaultLimits = (threads: number, isolation: Isolation): Limits => ({
  pixels: 100_000_000,
  bytes: 100_000_000,
  animationPixels: 100_000_000,
  deadlineMs: 30_000,
  renders: defaultRenders(threads, isolation),
  queue: 1000,
  memoryBytes: memoryShare(0.4),
  cacheBytes: Math.min(64_000_000, memoryShare(0.1)),
})

type Defined<T> = { [name in keyof T]?: Exclude<T[name], undefined> }

/** The entries that have a value: `undefined` means the default. */
const defined = <T extends object>(values: T | undefined): Defined<T> =>
  Object.fromEntries(Object.entries(values ?? {}).filter(([, value]) => value !== undefined)) as Defined<T>

const resolveQuality = (input: QualityInput | undefined): Quality => {
  if (typeof input === "number") return { jpeg: input, webp: input, avif: input }
  return { ...DEFAULT_QUALITY, ...defined(input) }
}

/** Sizes and formats that are both listed and retired. */
const overlapProblems = (
  sizes: readonly Size[],
  formats: readonly Format[],
  retired: TailorConfig["grammar"]["retired"],
): readonly string[] => {
  const bothSizes = retired.sizes.filter((name) => sizeNamed(name, sizes) !== undefined)
  const bothFormats = retired.formats.filter((name) => formats.includes(name))
  return [
    ...bothSizes.map((name) => `retired.sizes: Expected sizes that are no longer listed, got ${name}.`),
    ...bothFormats.map((name) => `retired.formats: Expected formats that are no longer listed, got ${name}.`),
  ]
}

type Defaulted = keyof typeof DEFAULTS
/** Options in which every setting with a default has a value. */
type CheckedOptions = { readonly [name in Defaulted]: NonNullable<TailorOptions[name]> } & {
  readonly [name in Exclude<keyof TailorOptions, Defaulted>]?: TailorOptions[name]
}

type PlainSettings = Omit<
  TailorConfig,
  | "originals"
  | "renditions"
  | "grammar"
  | "settings"
  | "limits"
  | "focalPoints"
  | "focalSeconds"
  | "missing"
  | "overlays"
  | "s3"
  | "recheckSeconds"
  | "notices"
>

/** Settings that need no more than a default. */
const plainSettings = (options: CheckedOptions): PlainSettings => {
  const { exclude, isolation, cacheControl, basePath, unknownSize, compat, compatOrigins, whenBusy, staleRecipe } =
    options
  const { staleIfErrorSeconds, watch, host, port, drainMs, notify, metricsPort, tracing } = options
  const { studio, studioWrite, studioHosts } = options
  const { logLevel, logFormat, logHits, logQueries } = options
  return {
    exclude,
    isolation,
    cacheControl,
    basePath,
    unknownSize,
    compat,
    compatOrigins,
    compatKeys: defined(options.compatKeys),
    originalsHeaders: options.originalsHeaders ?? {},
    cacheTags: options.cacheTags ?? false,
    notify,
    notifyHeaders: options.notifyHeaders ?? {},
    whenBusy,
    staleRecipe,
    staleIfErrorSeconds,
    watch,
    host,
    port,
    drainMs,
    logLevel,
    logFormat,
    logHits,
    logQueries,
    metrics: options.metrics || metricsPort !== undefined,
    metricsPort,
    studio,
    studioWrite,
    studioHosts,
    tracing,
  }
}

/** A complete configuration, or every mistake as a sentence. */
export type Resolved = { readonly config: TailorConfig } | { readonly problems: readonly string[] }

/** The complete configuration, or every mistake in the options. For callers that have more mistakes to report. */
export const tryConfig = (
  input: unknown,
  { directory, threads, region, readsAssets = true }: Environment,
): Resolved => {
  const checked = checkOptions(input)
  if ("problems" in checked) return checked
  const options = { ...DEFAULTS, ...defined(checked.options) }
  const { formats, sharedStore, watch, s3Endpoint, s3PathStyle } = options
  const { problems, notices, ...locations } = resolveLocations(checked.options, directory)
  const retired = { sizes: [], formats: [], ...defined(options.retired) }
  const sizes = parseSizeList(checked.options.sizes)
  const s3Region = options.s3Region ?? (s3Endpoint === undefined ? region : undefined)
  const s3 = { s3Endpoint, s3Region, s3PathStyle }
  const all = [
    ...problems,
    ...remoteProblems({ ...locations, focalPoints: options.focalPoints }, { s3, watch }),
    ...overlapProblems("list" in sizes ? sizes.list : [], formats, retired),
  ]
  if ("problems" in sizes || all.length > 0) return { problems: all }
  const assets = loadAssets(sizes.list, options.missing, readsAssets ? directory : undefined)
  if (assets.problems.length > 0) return { problems: assets.problems }

  const limits = { ...defaultLimits(threads, options.isolation), ...defined(options.limits) }
  const config = Object.freeze({
    ...locations,
    ...plainSettings(options),
    grammar: { sizes: assets.sizes, formats, retired, sharedStore },
    settings: {
      quality: resolveQuality(options.quality),
      background: expandColour(options.background),
      animationPixels: limits.animationPixels,
    },
    limits,
    focalPoints: absoluteFile(options.focalPoints, directory),
    focalSeconds: options.recheckSeconds || RECHECK_REMOTE_SECONDS,
    missing: assets.missing,
    overlays: assets.overlays,
    s3,
    recheckSeconds: options.recheckSeconds ?? defaultRecheckSeconds(locations.originals),
    notices: [...notices, ...limitNotices(defined(options.limits))],
  })
  return { config }
}

/**
 * The complete configuration.
 * @throws {bad-config} with every mistake
 */
export const resolveConfig = (input: unknown, environment: Environment): TailorConfig => {
  const resolved = tryConfig(input, environment)
  if ("problems" in resolved) throw badConfig(resolved.problems)
  return resolved.config
}
