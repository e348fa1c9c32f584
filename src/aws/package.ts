/**
 * Responsible for the zips of a function for AWS, on any machine. The build bundled each function into one file. sharp has native code, so
 * npm fetches it for Lambda's system.
 *
 * Invariants:
 * - The same settings and versions make the same bytes, so an unchanged function is not deployed again.
 */
import { spawn } from "node:child_process"
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join, relative, sep } from "node:path"

import { zipSync } from "fflate"

import { isSources } from "../config/location-schema.ts"
import { resolveConfig } from "../config/resolve.ts"
import { SERVER_SETTINGS } from "../config/setting.ts"
import { asRemoteUrl } from "../store/registry.ts"
import { portableAssets } from "./assets.ts"

/** The flows of a function. */
export const MODES = ["redirect", "direct", "sync"] as const
/** See {@link MODES}. */
export type Mode = (typeof MODES)[number]

/** Architectures of Lambda, by npm's names. */
export const ARCHITECTURES = ["arm64", "x64"] as const
/** See {@link ARCHITECTURES}. */
export type Architecture = (typeof ARCHITECTURES)[number]

/** Settings that functions do not have. Among them are the signing keys of other services, which would be readable in a zip or a template. */
export const LOCAL_SETTINGS: ReadonlySet<string> = new Set([
  ...SERVER_SETTINGS,
  "compat",
  "compatOrigins",
  "compatKeys",
  "isolation",
])

type Files = Readonly<Record<string, Uint8Array>>

/** The first date of the zip format. */
const MTIME = new Date(1980, 0, 2)
/** Regular files that every user may read: Lambda runs functions as another user. */
const READABLE = ((0o100000 | 0o644) << 16) >>> 0

const zip = (files: Files): Uint8Array => {
  const names = Object.keys(files).toSorted((a, b) => (a < b ? -1 : 1))
  const entries = names.map((name) => [name, [files[name], { mtime: MTIME, os: 3, attrs: READABLE }]] as const)
  return zipSync(Object.fromEntries(entries) as Parameters<typeof zipSync>[0], { level: 9 })
}

const run = (command: string, given: readonly string[], cwd: string): Promise<void> =>
  new Promise((done, fail) => {
    // On Windows npm is a script, which only a shell starts. All arguments are constants.
    const child = spawn(command, given, {
      cwd,
      stdio: ["ignore", "ignore", "pipe"],
      shell: process.platform === "win32",
    })
    let output = ""
    child.stderr.setEncoding("utf8").on("data", (text: string) => (output += text))
    child.once("error", fail)
    child.once("close", (code) => (code === 0 ? done() : fail(new Error(`${command} ${given.join(" ")}: ${output}`))))
  })

const filesIn = async (folder: string, prefix: string): Promise<Files> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files: Record<string, Uint8Array> = {}
  for (const entry of entries) {
    // Records of npm, and links to commands.
    if (!entry.isFile() || entry.name === ".package-lock.json" || entry.parentPath.endsWith(".bin")) continue
    const path = join(entry.parentPath, entry.name)
    files[prefix + relative(folder, path).split(sep).join("/")] = await readFile(path)
  }
  return files
}

const ROOT = new URL("../../", import.meta.url)

/** sharp and its dependencies as `node_modules/…`, for Lambda's Linux. */
const fetchSharp = async (arch: string, prefix: string): Promise<Files> => {
  const { dependencies } = JSON.parse(await readFile(new URL("package.json", ROOT), "utf8")) as {
    readonly dependencies: Readonly<Record<"sharp", string>>
  }
  const folder = await mkdtemp(join(tmpdir(), "imgtailor-package-"))
  try {
    await writeFile(join(folder, "package.json"), `{ "private": true }\n`)
    const machine = ["--os=linux", `--cpu=${arch}`, "--libc=glibc"]
    const quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", "--prefer-offline"]
    await run("npm", ["install", ...machine, ...quiet, `sharp@${dependencies.sharp}`], folder)
    return await filesIn(join(folder, "node_modules"), `${prefix}node_modules/`)
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** True for a location, or several sources, that another machine can read. */
const isRemote = (location: unknown): boolean =>
  isSources(location) ? Object.values(location).every(isRemote) : asRemoteUrl(location) !== undefined

/** The settings that are valid on another machine: not a folder, and not where to listen. */
const portable = (options: Readonly<Record<string, unknown>>): Record<string, unknown> => {
  const local = ["originals", "renditions"].filter((name) => !isRemote(options[name]))
  const omitted = new Set([...LOCAL_SETTINGS, ...local])
  return Object.fromEntries(Object.entries(options).filter(([name]) => !omitted.has(name)))
}

/** The settings in the zip. They are checked here, or a mistake would appear only in the log of the function. */
const settingsFile = (options: Readonly<Record<string, unknown>>): Files => {
  const settings = portable(options)
  if (Object.keys(settings).length === 0) return {}
  const places = { originals: "s3://originals", renditions: "s3://renditions", s3Region: "us-east-1" }
  resolveConfig({ sizes: ["1w"], ...places, ...settings }, { directory: process.cwd(), threads: 4 })
  const { settings: packed, files } = portableAssets(settings, process.cwd())
  return { ...files, "imgtailor.config.json": new TextEncoder().encode(`${JSON.stringify(packed, undefined, 2)}\n`) }
}

/** The functions in a zip, by the name of their file. Each file exports `handler`. */
const FUNCTIONS: Readonly<Record<Mode, Readonly<Record<string, string>>>> = {
  redirect: { index: "redirect" },
  direct: { index: "direct", sync: "sync", batch: "batch", setup: "setup" },
  sync: { index: "sync" },
}

const codeOf = async (mode: Mode): Promise<Files> => {
  const built = Object.entries(FUNCTIONS[mode]).map(
    ([name, source]) => [`${name}.mjs`, new URL(`dist/functions/${source}.mjs`, ROOT)] as const,
  )
  const files = [...built, ["LICENCES.txt", new URL("dist/functions/LICENCES.txt", ROOT)] as const]
  return Object.fromEntries(await Promise.all(files.map(async ([name, file]) => [name, await readFile(file)])))
}

/** A zip and its file name. */
export interface Zip {
  readonly name: string
  readonly bytes: Uint8Array
}

/** Options of {@link makeZips}. */
export interface ZipOptions {
  readonly mode: Mode
  readonly arch: Architecture
  /** Put sharp into a second zip, for a layer. */
  readonly layer: boolean
  /** Settings for a configuration file beside the code. Those that are valid on one machine only are omitted. */
  readonly settings: Readonly<Record<string, unknown>>
  /** Settings that the function gets elsewhere: only the files that they name are packed. */
  readonly assetsOf?: Readonly<Record<string, unknown>>
}

/**
 * The zip of a function, and with `layer` a second one.
 * @throws {bad-config} with every mistake in the settings
 * @throws {Error} npm cannot fetch sharp; the message is npm's
 */
export const makeZips = async ({ mode, arch, layer, settings, assetsOf = {} }: ZipOptions): Promise<readonly Zip[]> => {
  const { files } = portableAssets(assetsOf, process.cwd())
  const code = { ...files, ...settingsFile(settings), ...(await codeOf(mode)) }
  // The function that deletes decodes no images.
  const needsSharp = mode !== "sync"
  const hasLayer = needsSharp && layer
  const sharp = needsSharp ? await fetchSharp(arch, hasLayer ? "nodejs/" : "") : {}
  return [
    { name: `imgtailor-${mode}.zip`, bytes: zip(hasLayer ? code : { ...code, ...sharp }) },
    ...(hasLayer ? [{ name: `imgtailor-sharp-${arch}.zip`, bytes: zip(sharp) }] : []),
  ]
}
