/** Where settings come from: arguments before environment before file before defaults. The only reader of settings from `process.env`. */
import { existsSync } from "node:fs"
import { availableParallelism } from "node:os"
import { dirname, extname, join, resolve } from "node:path"
import { fileURLToPath } from "node:url"

import { badConfig, type TailorError } from "../errors.ts"
import { isS3Url } from "../store/s3/place.ts"
import type { TailorConfig } from "./options.ts"
import { optionsFrom } from "./parse-text.ts"
import { DEFAULT_THREADS, resolveConfig, type Environment } from "./resolve.ts"
import { variableOf } from "./settings.ts"

const FILES = ["ts", "mts", "js", "mjs", "cjs", "json"].map((extension) => `imgtailor.config.${extension}`)

const regionOf = (env: NodeJS.ProcessEnv): string | undefined =>
  env["AWS_REGION"] || env["AWS_DEFAULT_REGION"] || undefined

const threadsOf = (env: NodeJS.ProcessEnv): number => Number(env["UV_THREADPOOL_SIZE"]) || DEFAULT_THREADS

/** What a library user's process says. */
export const environment = (directory: string = process.cwd(), env: NodeJS.ProcessEnv = process.env): Environment => ({
  directory,
  threads: threadsOf(env),
  region: regionOf(env),
})

/** What a long-lived server should be started with, and was not; each a sentence. */
export const missingAdvice = (
  renders: number,
  env: NodeJS.ProcessEnv = process.env,
  platform: string = process.platform,
): readonly string[] => {
  const advice: string[] = []
  if (!env["UV_THREADPOOL_SIZE"]) {
    const threads = Math.max(renders, 2 * availableParallelism()) + 2
    advice.push(`Start with UV_THREADPOOL_SIZE=${threads}, so that renders use every core and leave threads for files.`)
  }
  if (platform === "linux" && !env["MALLOC_ARENA_MAX"])
    advice.push("Start with MALLOC_ARENA_MAX=2 so that glibc gives memory back after renders.")
  return advice
}

/** A configuration file that does not parse, or fails when it is run. */
export const unreadable = (path: string, error: unknown): TailorError =>
  badConfig([
    `${path}: Expected a configuration, but reading it failed: ${error instanceof Error ? error.message : String(error)}`,
  ])

const readFile = async (path: string): Promise<Record<string, unknown>> => {
  const { loadConfig } = await import("c12")
  try {
    const { config } = await loadConfig<Record<string, unknown>>({
      cwd: dirname(path),
      configFile: path,
      rcFile: false,
      globalRc: false,
      packageJson: false,
      dotenv: false,
      envName: false,
      extend: false,
      // The usual merger drops nulls, which are mistakes to be told, and copies stores, which are not data.
      merger: (...sources) => Object.assign({}, ...sources.toReversed()) as Record<string, unknown>,
      // The file may say `import { defineConfig } from "imgtailor"` where the package is not installed beside it.
      jitiOptions: {
        alias: { imgtailor: fileURLToPath(new URL(`../index${extname(import.meta.url)}`, import.meta.url)) },
      },
    })
    return { ...config }
  } catch (error) {
    throw unreadable(path, error)
  }
}

/** Options of two sources, the first one's values before the second's, one level deep for settings with parts. */
export const mergeOptions = (
  first: Readonly<Record<string, unknown>>,
  second: Readonly<Record<string, unknown>>,
): Record<string, unknown> => {
  const isParts = (value: unknown): value is object =>
    typeof value === "object" && value !== null && !Array.isArray(value)
  const merged = { ...second, ...first }
  const { quality } = second
  if (isParts(first["quality"]) && typeof quality === "number") {
    merged["quality"] = { jpeg: quality, webp: quality, avif: quality, ...first["quality"] }
  }
  for (const name of ["limits", "retired", "quality"]) {
    if (isParts(first[name]) && isParts(second[name])) merged[name] = { ...second[name], ...first[name] }
  }
  return merged
}

/** A configuration, and where it came from. */
export interface Loaded {
  readonly config: TailorConfig
  /** The configuration file that was read, if any. */
  readonly file: string | undefined
}

export interface LoadInput {
  readonly cwd: string
  readonly env: NodeJS.ProcessEnv
  /** From the command line. */
  readonly args: Readonly<Record<string, unknown>>
  /** A configuration file named on the command line. */
  readonly configFile?: string | undefined
}

/** What a configuration file says, unchecked. */
export interface LoadedFile {
  readonly file: string | undefined
  readonly options: Readonly<Record<string, unknown>>
}

/**
 * The configuration file of a folder, or another one that was named; no options where there is none.
 * @throws {bad-config} where the named one is not there, or any cannot be read
 */
export const loadFile = async (cwd: string, configFile: string | undefined): Promise<LoadedFile> => {
  const file =
    configFile === undefined
      ? FILES.map((name) => join(cwd, name)).find((path) => existsSync(path))
      : resolve(cwd, configFile)
  if (configFile !== undefined && file && !existsSync(file))
    throw badConfig([`--config: Expected a file, found none at ${file}.`])
  return { file, options: file ? await readFile(file) : {} }
}

/**
 * The configuration of a command.
 * @throws {bad-config} with every mistake of all sources
 */
export const load = async ({ cwd, env, args, configFile }: LoadInput): Promise<Loaded> => {
  const { file, options: fromFile } = await loadFile(cwd, configFile)
  const fromEnv = optionsFrom((setting) => env[variableOf(setting)])
  const directory = file ? dirname(file) : cwd
  // Folders named on the command line or in the environment are relative to where the person is; those in a file, to the file.
  const absolute = (options: Readonly<Record<string, unknown>>): Record<string, unknown> => ({
    ...options,
    ...Object.fromEntries(
      ["originals", "renditions"]
        .filter((name) => typeof options[name] === "string" && options[name] !== "" && !isS3Url(options[name]))
        .map((name) => [name, resolve(cwd, String(options[name]))]),
    ),
  })
  const options = mergeOptions(absolute(args), mergeOptions(absolute(fromEnv), fromFile))
  return { config: resolveConfig(options, environment(directory, env)), file }
}
