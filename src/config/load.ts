/**
 * Responsible for the configuration of a command: options of the command line take precedence over environment variables, these over the
 * configuration file, and that over defaults.
 */
import { availableParallelism } from "node:os"
import { dirname, resolve } from "node:path"

import { badConfig } from "../errors.ts"
import { asFolder } from "../store/registry.ts"
import { findRegion } from "../store/s3/region.ts"
import { absoluteAssetPaths } from "./asset-paths.ts"
import { loadFile } from "./config-file.ts"
import { isSources } from "./location-schema.ts"
import type { TailorConfig } from "./options.ts"
import type { EffectiveConfig } from "./origins.ts"
import { DEFAULT_THREADS, type Environment, tryConfig } from "./resolve.ts"
import { optionsFromVariables, variableProblems } from "./variables.ts"

const threadsOf = (env: NodeJS.ProcessEnv): number => Number(env["UV_THREADPOOL_SIZE"]) || DEFAULT_THREADS

/** The environment of this process, for a configuration made in code. */
export const environment = (directory: string = process.cwd(), env: NodeJS.ProcessEnv = process.env): Environment => ({
  directory,
  threads: threadsOf(env),
  region: findRegion(env),
})

/**
 * Environment variables that a server should be started with and was not, as one sentence; undefined where all are set. Render processes
 * get them anyway.
 */
export const missingAdvice = (
  { isolation, limits: { renders } }: Pick<TailorConfig, "isolation" | "limits">,
  env: NodeJS.ProcessEnv = process.env,
  platform: string = process.platform,
): string | undefined => {
  if (isolation === "process") return undefined
  const threads = Math.max(renders, 2 * availableParallelism()) + 2
  const missing = [
    ...(env["UV_THREADPOOL_SIZE"] ? [] : [`UV_THREADPOOL_SIZE=${threads}`]),
    ...(platform !== "linux" || env["MALLOC_ARENA_MAX"] ? [] : ["MALLOC_ARENA_MAX=2"]),
  ]
  return missing.length === 0 ? undefined : `For more throughput and less memory, start with ${missing.join(" ")}.`
}

/**
 * Merges options of two sources; the first one's values take precedence. Settings with parts (`limits`, `retired`, `quality`) are merged
 * part by part.
 */
export const mergeOptions = (
  first: Readonly<Record<string, unknown>>,
  second: Readonly<Record<string, unknown>>,
): Record<string, unknown> => {
  const hasParts = (value: unknown): value is object =>
    typeof value === "object" && value !== null && !Array.isArray(value)
  const merged = { ...second, ...first }
  const { quality } = second
  if (hasParts(first["quality"]) && typeof quality === "number") {
    merged["quality"] = { jpeg: quality, webp: quality, avif: quality, ...first["quality"] }
  }
  for (const name of ["limits", "retired", "quality"]) {
    if (hasParts(first[name]) && hasParts(second[name])) merged[name] = { ...second[name], ...first[name] }
  }
  return merged
}

/** A configuration, the file that was read for it, and the options that it was made from. */
export type Loaded = EffectiveConfig

/** Where a command's configuration comes from. */
export interface LoadInput {
  readonly cwd: string
  readonly env: NodeJS.ProcessEnv
  /** Options of the command line. */
  readonly args: Readonly<Record<string, unknown>>
  /** Path of a configuration file, from the command line. */
  readonly configFile?: string | undefined
  /** Notices of the command line, to come first. */
  readonly notices?: readonly string[]
}

const resolveFolder = (location: unknown, cwd: string): unknown => {
  if (isSources(location))
    return Object.fromEntries(Object.entries(location).map(([prefix, value]) => [prefix, resolveFolder(value, cwd)]))
  const folder = asFolder(location)
  return folder === undefined ? location : resolve(cwd, folder)
}

/**
 * The same settings with absolute paths of folders and assets.
 * @param cwd the working directory for those of the command line and of the environment, the folder of a file for its own
 */
export const resolveFolders = (options: Readonly<Record<string, unknown>>, cwd: string): Record<string, unknown> => {
  const entries = Object.entries(absoluteAssetPaths(options, cwd)).map(([name, value]) => {
    const isLocation = name === "originals" || name === "renditions"
    return [name, isLocation ? resolveFolder(value, cwd) : value]
  })
  return Object.fromEntries(entries) as Record<string, unknown>
}

/**
 * The configuration of a command.
 * @throws {bad-config} with every mistake of all sources
 */
export const load = async ({ cwd, env, args, configFile, notices = [] }: LoadInput): Promise<Loaded> => {
  const { file, options: fromFile, notices: fileNotices } = await loadFile(cwd, configFile)
  const directory = file ? dirname(file) : cwd
  const fromEnv = resolveFolders(optionsFromVariables(env), cwd)
  const options = mergeOptions(resolveFolders(args, cwd), mergeOptions(fromEnv, fromFile))
  const resolved = tryConfig(options, environment(directory, env))
  const problems = [...variableProblems(env), ...("problems" in resolved ? resolved.problems : [])]
  if ("problems" in resolved || problems.length > 0) throw badConfig(problems)
  const { config } = resolved
  return {
    config: { ...config, notices: [...notices, ...fileNotices, ...config.notices] },
    file,
    sources: [
      { origin: "option", options: args },
      { origin: "variable", options: fromEnv },
      { origin: "file", options: fromFile },
    ],
  }
}
