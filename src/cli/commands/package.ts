/**
 * `imgtailor package`: a function for AWS as a zip, on any machine. The function is one file that was bundled when imgtailor was built;
 * sharp, which is native code, is fetched by npm for the machine that Lambda has, whatever this one is.
 */
import { spawn } from "node:child_process"
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join, relative, resolve, sep } from "node:path"

import type { ArgsDef } from "citty"
import { zipSync } from "fflate"

import { resolveConfig } from "../../config/resolve.ts"
import { badConfig } from "../../errors.ts"
import { JSON_ARGUMENT, optionsFromArguments, settingArguments } from "../arguments.ts"
import type { Command } from "../main.ts"
import { bold, print, printJson } from "../output.ts"

const MODES = ["redirect", "direct", "sync"] as const
const ARCHITECTURES = ["arm64", "x64"] as const

/** What counts on this machine alone. */
const LOCAL = new Set(["watch", "host", "port"])

const args: ArgsDef = {
  mode: {
    type: "enum",
    options: [...MODES],
    default: "redirect",
    description: "redirect: behind a bucket's website endpoint. direct: behind CloudFront. sync: called by the bucket.",
  },
  arch: {
    type: "enum",
    options: [...ARCHITECTURES],
    default: "arm64",
    description: "The function's architecture; the console calls x64 x86_64.",
  },
  layer: {
    type: "boolean",
    default: false,
    description:
      "sharp in a zip of its own, for a layer: the function's is then small enough for the console's editor.",
  },
  out: { type: "string", valueHint: "folder", default: ".", description: "Where to put what is made." },
  ...settingArguments(({ path: [name] }) => !LOCAL.has(name)),
  ...JSON_ARGUMENT,
}

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

const ROOT = new URL("../../../", import.meta.url)

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

/** The settings that go with the function, checked here: what is wrong with them is better known now than from a log. */
const settingsFile = (options: Readonly<Record<string, unknown>>): Files => {
  const isPlace = (name: string): boolean => !String(options[name]).startsWith("s3://")
  const left = new Set([...LOCAL, ...["originals", "renditions"].filter(isPlace)])
  const kept = Object.fromEntries(Object.entries(options).filter(([name]) => !left.has(name)))
  if (Object.keys(kept).length === 0) return {}
  const places = { originals: "s3://originals", renditions: "s3://renditions", s3Region: "us-east-1" }
  resolveConfig({ sizes: ["1w"], ...places, ...kept }, { directory: process.cwd(), threads: 4 })
  return { "imgtailor.config.json": new TextEncoder().encode(`${JSON.stringify(kept, undefined, 2)}\n`) }
}

const oneOf = <T extends string>(values: readonly T[], value: unknown, name: string): T => {
  const found = values.find((known) => known === value)
  if (found === undefined) throw badConfig([`--${name}: Expected ${values.join(", ")}, got ${JSON.stringify(value)}.`])
  return found
}

interface Zip {
  readonly name: string
  readonly files: Files
}

const megabytes = (bytes: number): string => `${(bytes / 1_000_000).toFixed(1)} MB`

export const packageFunction: Command = {
  examples: [
    "imgtailor package --sizes 360x270,480h,1280w",
    "imgtailor package --layer --arch x64 --out build",
    "imgtailor package --mode direct --config imgtailor.config.ts",
  ],
  description: "Make the zips of a function for AWS Lambda, on any machine.",
  args,
  run: async (values) => {
    const options = await optionsFromArguments(values, args)
    const mode = oneOf(MODES, values["mode"], "mode")
    const arch = oneOf(ARCHITECTURES, values["arch"], "arch")
    const code: Files = {
      "index.mjs": await readFile(new URL(`dist/functions/${mode}.mjs`, ROOT)),
      "LICENCES.txt": await readFile(new URL("dist/functions/LICENCES.txt", ROOT)),
      ...settingsFile(options),
    }
    // What deletes needs no pictures.
    const needsSharp = mode !== "sync"
    const hasLayer = needsSharp && values["layer"] === true
    const sharp = needsSharp ? await fetchSharp(arch, hasLayer ? "nodejs/" : "") : {}
    const zips: readonly Zip[] = [
      { name: `imgtailor-${mode}.zip`, files: hasLayer ? code : { ...code, ...sharp } },
      ...(hasLayer ? [{ name: `imgtailor-sharp-${arch}.zip`, files: sharp }] : []),
    ]
    const out = resolve(String(values["out"]))
    await mkdir(out, { recursive: true })
    const made: { readonly file: string; readonly bytes: number }[] = []
    for (const { name, files } of zips) {
      const bytes = zip(files)
      await writeFile(join(out, name), bytes)
      made.push({ file: join(out, name), bytes: bytes.length })
    }
    if (values["json"]) return printJson({ mode, arch, handler: "index.handler", zips: made })
    for (const { file, bytes } of made) print(`${bold(file)}  ${megabytes(bytes)}`)
    print(`\nRuntime nodejs24.x or nodejs22.x, architecture ${arch}, handler index.handler. docs/aws.md has the rest.`)
  },
}
