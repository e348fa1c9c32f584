/** Responsible for configuration files: which file is read, and reading it with c12. */
import { existsSync, readdirSync } from "node:fs"
import { basename, dirname, extname, join, resolve } from "node:path"
import { fileURLToPath } from "node:url"

import { badConfig, type TailorError } from "../errors.ts"

const EXTENSIONS = [".ts", ".mts", ".js", ".mjs", ".cjs", ".json"]
const USE = "use imgtailor.config.ts, .js or .json"

/** The content of a configuration file, not validated. */
export interface ConfigFile {
  /** Path of the file, if there is one. */
  readonly file: string | undefined
  readonly options: Readonly<Record<string, unknown>>
  /** Sentences about files named like configuration files that were not read. */
  readonly notices: readonly string[]
}

/** The error for a configuration file that does not parse or that throws. */
export const unreadable = (path: string, error: unknown): TailorError =>
  badConfig([`${path}: cannot read this configuration file: ${error instanceof Error ? error.message : String(error)}`])

const read = async (path: string): Promise<Record<string, unknown>> => {
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
      // The default merger drops nulls, which are mistakes to report, and copies stores.
      merger: (...sources) => Object.assign({}, ...sources.toReversed()) as Record<string, unknown>,
      // The file can import defineConfig from "imgtailor" where the package is not installed beside it.
      jitiOptions: {
        alias: { imgtailor: fileURLToPath(new URL(`../index${extname(import.meta.url)}`, import.meta.url)) },
      },
    })
    return { ...config }
  } catch (error) {
    throw unreadable(path, error)
  }
}

/** Files named `imgtailor.config.*` in a folder, readable ones first, each group in the order of preference. */
const candidatesIn = (folder: string): { readonly readable: readonly string[]; readonly others: readonly string[] } => {
  const names = readdirSync(folder).filter((name) => /^imgtailor\.config\.[a-z0-9]+$/i.test(name))
  const readable = EXTENSIONS.map((extension) => `imgtailor.config${extension}`).filter((name) => names.includes(name))
  return { readable, others: names.filter((name) => !readable.includes(name)) }
}

const findFile = (folder: string): Omit<ConfigFile, "options"> => {
  const { readable, others } = candidatesIn(folder)
  const [first, ...rest] = readable
  if (first === undefined) {
    if (others.length > 0) throw badConfig(others.map((name) => `${name}: this type of file is not read; ${USE}.`))
    return { file: undefined, notices: [] }
  }
  return { file: join(folder, first), notices: [...rest, ...others].map((name) => `${name} is not read: ${first} is.`) }
}

/** @throws {bad-config} where the file does not exist or is of another type */
const checkNamed = (path: string): string => {
  if (!existsSync(path)) throw badConfig([`--config: Expected a file, found none at ${path}.`])
  if (!EXTENSIONS.includes(extname(path)))
    throw badConfig([`--config: ${basename(path)}: this type of file is not read; ${USE}.`])
  return path
}

/**
 * The configuration file of a folder, or the one that is named; no options where there is none.
 * @param configFile path from the command line, relative to `cwd`
 * @throws {bad-config} where the named file does not exist, or the file cannot be read
 */
export const loadFile = async (cwd: string, configFile: string | undefined): Promise<ConfigFile> => {
  const { file, notices } =
    configFile === undefined ? findFile(cwd) : { file: checkNamed(resolve(cwd, configFile)), notices: [] }
  return { file, options: file ? await read(file) : {}, notices }
}
