/**
 * The settings of a function in the cloud: its environment, and a configuration file beside it. The file is read as it is, without the
 * loader that the command line has for TypeScript and the rest: that would be most of what a cold start loads.
 */
import { existsSync } from "node:fs"
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { pathToFileURL } from "node:url"

import { badConfig } from "../errors.ts"
import { mergeOptions, environment, unreadable } from "./load.ts"
import type { TailorConfig } from "./options.ts"
import { optionsFrom } from "./parse-text.ts"
import { resolveConfig } from "./resolve.ts"
import { variableOf } from "./settings.ts"

type Env = NodeJS.ProcessEnv
type Options = Readonly<Record<string, unknown>>

const FILES = ["mjs", "js", "json"].map((extension) => `imgtailor.config.${extension}`)

/**
 * A function is asked for what is not stored, so looking at the original once more costs little, and memory of what was stored would
 * outlive it. The deadline is within the article's time-out of 15 seconds.
 */
const DEFAULTS: Options = { recheckSeconds: 0, limits: { cacheBytes: 0, deadlineMs: 12_000 } }

/** What a function needs to be told besides. */
export interface FunctionConfig {
  readonly config: TailorConfig
  /** `CDN_URL`, without a slash at its end; empty where there is none. */
  readonly cdnUrl: string
  /** Where renditions are cached; undefined where nothing that we know of caches them. */
  readonly distribution?: Distribution | undefined
}

/** A distribution of CloudFront, and how it is reached. */
export interface Distribution {
  /** `IMGTAILOR_DISTRIBUTION`, like E2EXAMPLE1ABCD. */
  readonly id: string
  /** Of CloudFront's API, without a slash at its end. @default https://cloudfront.amazonaws.com */
  readonly endpoint: string
}

/** What its code lies beside: `LAMBDA_TASK_ROOT`. */
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

/** What the article calls them: one bucket for both, and a list of sizes. */
const articleOptions = (env: Env): Options => {
  const { BUCKET: bucket, SIZES: sizes } = env
  const place = bucket && `s3://${bucket}`
  return {
    ...(place && { originals: place, renditions: place, sharedStore: true }),
    ...(sizes && { sizes: sizes.split(",").map((size) => size.trim()) }),
  }
}

/** An address without a slash at its end. */
const checkUrl = (name: string, text: string, like: string): string => {
  if (URL.canParse(text)) {
    const { protocol, origin, pathname, search, hash } = new URL(text)
    if (/^https?:$/.test(protocol) && search === "" && hash === "") return `${origin}${pathname}`.replace(/\/+$/, "")
  }
  throw badConfig([`${name}: Expected an address like ${like}, got ${JSON.stringify(text)}.`])
}

const CLOUDFRONT = "https://cloudfront.amazonaws.com"

/** `AWS_ENDPOINT_URL_CLOUDFRONT` is Amazon's (AWS SDKs and Tools Reference Guide, "Service-specific endpoints"). */
const distributionOf = (env: Env): Distribution | undefined => {
  const { IMGTAILOR_DISTRIBUTION: id, AWS_ENDPOINT_URL_CLOUDFRONT: endpoint = CLOUDFRONT } = env
  if (!id) return undefined
  if (!/^[A-Za-z0-9]{1,64}$/.test(id))
    throw badConfig([
      `IMGTAILOR_DISTRIBUTION: Expected the id of a CloudFront distribution, like E2EXAMPLE1ABCD, got ${JSON.stringify(id)}.`,
    ])
  return { id, endpoint: checkUrl("AWS_ENDPOINT_URL_CLOUDFRONT", endpoint, CLOUDFRONT) }
}

/**
 * `IMGTAILOR_EDGE_BASE_PATH`: what visitors' addresses begin with and the edge takes off. None comes with it; what is told of addresses
 * has it.
 */
const behindEdge = (config: TailorConfig): TailorConfig => ({
  ...config,
  basePath: "",
  grammar: { ...config.grammar, basePath: config.basePath },
})

/**
 * Settings: `IMGTAILOR_*`, then `BUCKET` and `SIZES`, then the file.
 * @throws {bad-config} with every mistake
 */
export const loadFunction = async (env: Env = process.env): Promise<FunctionConfig> => {
  const folder = folderOf(env)
  const file = await readOptions(folder)
  const own = optionsFrom((setting) => env[variableOf(setting)] || undefined)
  const options = mergeOptions(own, mergeOptions(articleOptions(env), mergeOptions(file, DEFAULTS)))
  if (Array.isArray(options["compat"]) && options["compat"].length > 0)
    throw badConfig([
      "compat: Expected none: a function has our own addresses alone, as the bucket and the edge in front of it do.",
    ])
  const cdnUrl = env["CDN_URL"] ? checkUrl("CDN_URL", env["CDN_URL"], "https://images.example.com") : ""
  const distribution = distributionOf(env)
  const edgeBasePath = env["IMGTAILOR_EDGE_BASE_PATH"]
  const given = edgeBasePath ? { ...options, basePath: edgeBasePath } : options
  const config = resolveConfig(given, environment(folder, env))
  return { config: edgeBasePath ? behindEdge(config) : config, cdnUrl, distribution }
}

/** Like {@link loadFunction}, for the redirect flow, which has one bucket and a CDN in front. */
export const loadRedirect = async (env: Env = process.env): Promise<FunctionConfig> => {
  const wanted = [
    ["BUCKET", "Expected the name of the bucket."],
    ["CDN_URL", "Expected the address of the CDN in front of the bucket, like https://images.example.com."],
  ] as const
  const missing = wanted.filter(([name]) => !env[name])
  if (missing.length > 0) throw badConfig(missing.map(([name, what]) => `${name}: ${what}`))
  return loadFunction(env)
}

/** Whether the function's URL is set to stream (`RESPONSE_STREAM`): no event tells. */
export const isStreaming = (env: Env = process.env): boolean =>
  /^(?:1|true|yes)$/i.test(env["IMGTAILOR_STREAMING"] ?? "")
