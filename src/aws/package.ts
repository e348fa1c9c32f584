/**
 * The zips of a function for AWS, made on any machine. Each function is one file that was bundled when imgtailor was built; sharp, which
 * is native code, is fetched by npm for the machine that Lambda has, whatever this one is.
 */
import { spawn } from "node:child_process"
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join, relative, sep } from "node:path"

import { zipSync } from "fflate"

import { resolveConfig } from "../config/resolve.ts"
import { SERVER_SETTINGS } from "../config/setting.ts"
import { asRemoteUrl } from "../store/registry.ts"

/** What a function is for. */
export const MODES = ["redirect", "direct", "sync"] as const
/** See {@link MODES}. */
export type Mode = (typeof MODES)[number]

/** What Lambda's machines are, in npm's words. */
export const ARCHITECTURES = ["arm64", "x64"] as const
/** See {@link ARCHITECTURES}. */
export type Architecture = (typeof ARCHITECTURES)[number]

/** Settings that functions do not have. */
export const LOCAL_SETTINGS: ReadonlySet<string> = new Set([...SERVER_SETTINGS, "compat", "isolation"])

type Files = Readonly<Record<string, Uint8Array>>

/** Dates of zips start here. Always the same, so that what did not change makes the same zip. */
const MTIME = new Date(1980, 0, 2)
/** Regular files that everybody may read: Lambda runs functions as another user. */
const READABLE = ((0o100000 | 0o644) << 16) >>> 0

const zip = (files: Files): Uint8Array => {
  const names = Object.keys(files).toSorted((a, b) => (a < b ? -1 : 1))
  const entries = names.map((name) => [name, [files[name], { mtime: MTIME, os: 3, attrs: READABLE }]] as const)
  return zipSync(Object.fromEntries(entries) as Parameters<typeof zipSync>[0], { level: 9 })
}

const run = (command: string, given: readonly string[], cwd: string): Promise<void> =>
  new Promise((done, fail) => {
    // On Windows npm is a script, which only a shell starts; nothing in the arguments is anybody's but ours.
    const child = spawn(command, given, {
      cwd,
      stdio: ["ignore", "ignore", "pipe"],
      shell: process.platform === "win32",
    })
    let complaint = ""
    child.stderr.setEncoding("utf8").on("data", (text: string) => (complaint += text))
    child.once("error", fail)
    child.once("close", (code) =>
      code === 0 ? done() : fail(new Error(`${command} ${given.join(" ")}: ${complaint}`)),
    )
  })

const filesIn = async (folder: string, prefix: string): Promise<Files> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files: Record<string, Uint8Array> = {}
  for (const entry of entries) {
    // npm's own records, and links to commands.
    if (!entry.isFile() || entry.name === ".package-lock.json" || entry.parentPath.endsWith(".bin")) continue
    const path = join(entry.parentPath, entry.name)
    files[prefix + relative(folder, path).split(sep).join("/")] = await readFile(path)
  }
  return files
}

const ROOT = new URL("../../", import.meta.url)

/** sharp and what it needs, as `node_modules/…`, for Lambda's Linux. */
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

/** Settings without what is about this machine: a place that is a folder, or where to listen. */
const portable = (options: Readonly<Record<string, unknown>>): Record<string, unknown> => {
  const isLocal = (name: string): boolean => asRemoteUrl(options[name]) === undefined
  const left = new Set([...LOCAL_SETTINGS, ...["originals", "renditions"].filter(isLocal)])
  return Object.fromEntries(Object.entries(options).filter(([name]) => !left.has(name)))
}

/** The settings that go with the function, checked here: what is wrong with them is better known now than from a log. */
const settingsFile = (options: Readonly<Record<string, unknown>>): Files => {
  const kept = portable(options)
  if (Object.keys(kept).length === 0) return {}
  const places = { originals: "s3://originals", renditions: "s3://renditions", s3Region: "us-east-1" }
  resolveConfig({ sizes: ["1w"], ...places, ...kept }, { directory: process.cwd(), threads: 4 })
  return { "imgtailor.config.json": new TextEncoder().encode(`${JSON.stringify(kept, undefined, 2)}\n`) }
}

/** Functions in a zip by the name of their file there; each file's handler is `handler`. The first is what the mode is called after. */
const FUNCTIONS: Readonly<Record<Mode, Readonly<Record<string, string>>>> = {
  redirect: { index: "redirect" },
  direct: { index: "direct", sync: "sync", batch: "batch" },
  sync: { index: "sync" },
}

const codeOf = async (mode: Mode): Promise<Files> => {
  const built = Object.entries(FUNCTIONS[mode]).map(
    ([name, source]) => [`${name}.mjs`, new URL(`dist/functions/${source}.mjs`, ROOT)] as const,
  )
  const files = [...built, ["LICENCES.txt", new URL("dist/functions/LICENCES.txt", ROOT)] as const]
  return Object.fromEntries(await Promise.all(files.map(async ([name, file]) => [name, await readFile(file)])))
}

/** A zip, and what to call it. */
export interface Zip {
  readonly name: string
  readonly bytes: Uint8Array
}

export interface ZipOptions {
  readonly mode: Mode
  readonly arch: Architecture
  /** sharp in a zip of its own, for a layer. */
  readonly layer: boolean
  /** Settings that go with the code, as a configuration file beside it; those of this machine are left out. */
  readonly settings: Readonly<Record<string, unknown>>
}

/**
 * A function's zip, and with `layer` a second one. The same settings make the same bytes.
 * @throws {bad-config} with every mistake in the settings
 * @throws where npm cannot fetch sharp, with what it says
 */
export const makeZips = async ({ mode, arch, layer, settings }: ZipOptions): Promise<readonly Zip[]> => {
  const code = { ...settingsFile(settings), ...(await codeOf(mode)) }
  // What deletes needs no pictures.
  const needsSharp = mode !== "sync"
  const hasLayer = needsSharp && layer
  const sharp = needsSharp ? await fetchSharp(arch, hasLayer ? "nodejs/" : "") : {}
  return [
    { name: `imgtailor-${mode}.zip`, bytes: zip(hasLayer ? code : { ...code, ...sharp }) },
    ...(hasLayer ? [{ name: `imgtailor-sharp-${arch}.zip`, bytes: zip(sharp) }] : []),
  ]
}
