/**
 * Responsible for the settings of a function on AWS: its environment variables, and a configuration file beside its code.
 *
 * The file is imported or parsed directly. The loader of the command line also reads TypeScript; loading it would take most of a
 * cold start.
 */
import { existsSync } from "node:fs"
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { pathToFileURL } from "node:url"

import { unreadable } from "../config/config-file.ts"
import { environment, mergeOptions } from "../config/load.ts"
import type { TailorConfig } from "../config/options.ts"
import { resolveConfig } from "../config/resolve.ts"
import { optionsFromVariables, variableProblems } from "../config/variables.ts"
import { badConfig } from "../errors.ts"

type Env = NodeJS.ProcessEnv
type Options = Readonly<Record<string, unknown>>

const FILES = ["mjs", "js", "json"].map((extension) => `imgtailor.config.${extension}`)

/**
 * A function is called only for renditions that are not stored, so one more look-up of the original costs little, and a cache in memory
 * could outlive the stored rendition. The deadline is within the 15 s time-out of the redirect flow.
 */
const DEFAULTS = { recheckSeconds: 0, whenBusy: "refuse", limits: { cacheBytes: 0, deadlineMs: 12_000 } }

/** Share of the function's memory that a render may take by its estimate; Node, sharp and the original need the rest. */
const RENDER_SHARE = 0.7

/** The memory of the function in bytes; undefined outside Lambda. */
const memoryOf = (env: Env): number | undefined => {
  const megabytes = Number(env["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"])
  return megabytes > 0 ? megabytes * 1024 * 1024 : undefined
}

const defaultsFor = (memoryBytes: number | undefined): Options =>
  memoryBytes === undefined
    ? DEFAULTS
    : { ...DEFAULTS, limits: { ...DEFAULTS.limits, memoryBytes: Math.floor(memoryBytes * RENDER_SHARE) } }

/** The settings of a function. */
export interface FunctionConfig {
  readonly config: TailorConfig
  /** `CDN_URL` without a trailing slash; empty if it is not set. */
  readonly cdnUrl: string
  /** The distribution that caches renditions; undefined if none is known. */
  readonly distribution?: Distribution | undefined
}

/** A CloudFront distribution and the endpoint of its API. */
export interface Distribution {
  /** `IMGTAILOR_DISTRIBUTION`, such as E2EXAMPLE1ABCD. */
  readonly id: string
  /** CloudFront's API, without a trailing slash. @default https://cloudfront.amazonaws.com */
  readonly endpoint: string
}

/** The folder of the function's code. */
const folderOf = (env: Env): string => env["LAMBDA_TASK_ROOT"] || process.cwd()

const readOptions = async (folder: string): Promise<Options> => {
  const path = FILES.map((name) => join(folder, name)).find((file) => existsSync(file))
  if (path === undefined) return {}
  try {
    if (path.endsWith(".json")) return JSON.parse(await readFile(path, "utf8")) as Options
    return ((await import(pathToFileURL(path).href)) as { default: Options }).default
  } catch (error) {
    throw unreadable(path, error)
  }
}

/** The short variables of the redirect flow: one bucket for originals and renditions, and a list of sizes. */
const redirectOptions = (env: Env): Options => {
  const { BUCKET: bucket, SIZES: sizes } = env
  const place = bucket && `s3://${bucket}`
  return {
    ...(place && { originals: place, renditions: place, sharedStore: true }),
    ...(sizes && { sizes: sizes.split(",").map((size) => size.trim()) }),
  }
}

/** A URL without a trailing slash. @throws {bad-config} */
const checkUrl = (name: string, text: string, example: string): string => {
  if (URL.canParse(text)) {
    const { protocol, origin, pathname, search, hash } = new URL(text)
    if (/^https?:$/.test(protocol) && search === "" && hash === "") return `${origin}${pathname}`.replace(/\/+$/, "")
  }
  throw badConfig([`${name}: Expected a URL such as ${example}, got ${JSON.stringify(text)}.`])
}

const CLOUDFRONT = "https://cloudfront.amazonaws.com"

/** `AWS_ENDPOINT_URL_CLOUDFRONT` is a standard variable (AWS SDKs and Tools Reference Guide, "Service-specific endpoints"). */
const distributionOf = (env: Env): Distribution | undefined => {
  const { IMGTAILOR_DISTRIBUTION: id, AWS_ENDPOINT_URL_CLOUDFRONT: endpoint = CLOUDFRONT } = env
  if (!id) return undefined
  if (!/^[A-Za-z0-9]{1,64}$/.test(id))
    throw badConfig([
      `IMGTAILOR_DISTRIBUTION: Expected the ID of a CloudFront distribution, such as E2EXAMPLE1ABCD, got ${JSON.stringify(id)}.`,
    ])
  return { id, endpoint: checkUrl("AWS_ENDPOINT_URL_CLOUDFRONT", endpoint, CLOUDFRONT) }
}

/**
 * The settings of a function behind an edge function that removes the base path (`IMGTAILOR_EDGE_BASE_PATH`) from URLs. Requests arrive
 * without it; hints and the published list contain it.
 */
const behindEdge = (config: TailorConfig): TailorConfig => ({
  ...config,
  basePath: "",
  grammar: { ...config.grammar, basePath: config.basePath },
})

/** CloudFront caches an error for all clients, and does not distinguish them by `Accept`. */
const withPictures = (config: TailorConfig): TailorConfig =>
  config.missing ? { ...config, missing: { ...config.missing, isForAll: true } } : config

/**
 * The settings of a function. `IMGTAILOR_*` variables take precedence over `BUCKET` and `SIZES`, which take precedence over the file.
 * @throws {bad-config} with every mistake
 */
export const loadFunction = async (env: Env = process.env): Promise<FunctionConfig> => {
  const folder = folderOf(env)
  const file = await readOptions(folder)
  const unknown = variableProblems(env)
  if (unknown.length > 0) throw badConfig(unknown)
  const options = mergeOptions(
    optionsFromVariables(env),
    mergeOptions(redirectOptions(env), mergeOptions(file, defaultsFor(memoryOf(env)))),
  )
  if (Array.isArray(options["compat"]) && options["compat"].length > 0)
    throw badConfig(["compat: Expected none: the bucket and the edge function accept imgtailor's own URLs only."])
  const cdnUrl = env["CDN_URL"] ? checkUrl("CDN_URL", env["CDN_URL"], "https://images.example.com") : ""
  const distribution = distributionOf(env)
  const edgeBasePath = env["IMGTAILOR_EDGE_BASE_PATH"]
  // Nothing runs in a function after its response.
  const given = { ...options, ...(edgeBasePath && { basePath: edgeBasePath }), staleRecipe: "render" }
  const config = resolveConfig(given, environment(folder, env))
  return { config: withPictures(edgeBasePath ? behindEdge(config) : config), cdnUrl, distribution }
}

/** Like {@link loadFunction}, for the redirect flow: requires `BUCKET` and `CDN_URL`. @throws {bad-config} with every mistake */
export const loadRedirect = async (env: Env = process.env): Promise<FunctionConfig> => {
  const required = [
    ["BUCKET", "Expected the name of the bucket."],
    ["CDN_URL", "Expected the URL of the CDN in front of the bucket, such as https://images.example.com."],
  ] as const
  const missing = required.filter(([name]) => !env[name])
  if (missing.length > 0) throw badConfig(missing.map(([name, problem]) => `${name}: ${problem}`))
  return loadFunction(env)
}

/** True if the function's URL streams (invoke mode `RESPONSE_STREAM`); no event contains this. */
export const isStreaming = (env: Env = process.env): boolean =>
  /^(?:1|true|yes)$/i.test(env["IMGTAILOR_STREAMING"] ?? "")
