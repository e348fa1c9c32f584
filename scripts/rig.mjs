// Starts everything of one of the two flows on AWS on this machine, and runs until it is interrupted:
//
//   npm run rig:direct -- --originals photos --port 8080 [--sizes 360x270,480h,1280w] [--formats avif,webp]
//
// The rigs are TypeScript, and shared with the tests.
import { once } from "node:events"
import { rmSync, statSync } from "node:fs"
import { resolve } from "node:path"
import { parseArgs } from "node:util"

import { build, stop } from "esbuild"

// Of each rig: the file, and what of it starts it, with { originals, port, sizes, formats, signal }. It gives { url, stop }.
const RIGS = {
  direct: ["test/rig/direct.ts", "startDirectRig"],
  redirect: ["test/rig/redirect.ts", "startRedirectRig"],
}

const fail = (text) => {
  console.error(text)
  process.exit(2)
}

const list = (text) => text?.split(",").map((item) => item.trim())

const parse = (config) => {
  try {
    return parseArgs(config)
  } catch (error) {
    return fail(error.message)
  }
}

const readArguments = () => {
  const text = { type: "string" }
  const options = { originals: text, port: { ...text, default: "0" }, sizes: text, formats: text }
  const { values, positionals } = parse({ options, allowPositionals: true })
  const [name] = positionals
  if (!Object.hasOwn(RIGS, name ?? "")) fail(`Expected one of ${Object.keys(RIGS).join(", ")}, got ${name}.`)
  const originals = resolve(values.originals ?? fail("--originals: Expected a folder of photos."))
  if (!statSync(originals, { throwIfNoEntry: false })?.isDirectory()) fail(`--originals: ${originals} is no folder.`)
  const port = Number(values.port)
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    fail(`--port: Expected 0 to 65535, got ${String(values.port)}.`)
  return { name, options: { originals, port, sizes: list(values.sizes), formats: list(values.formats) } }
}

/** Bundled beside its source, so that what it finds relative to that is found. */
const load = async (source) => {
  const bundle = source.replace(/[^/]+$/, `.rig-${process.pid}.mjs`)
  const target = { platform: "node", target: "node20.19", format: "esm" }
  try {
    await build({ entryPoints: [source], outfile: bundle, bundle: true, packages: "external", ...target })
    return await import(new URL(`../${bundle}`, import.meta.url).href)
  } finally {
    await stop()
    rmSync(bundle, { force: true })
  }
}

const { name, options } = readArguments()
const interrupted = new AbortController()
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => interrupted.abort())
process.chdir(resolve(import.meta.dirname, ".."))
const [source, starter] = RIGS[name]
const { [starter]: start } = await load(source)
try {
  const rig = await start({ ...options, signal: interrupted.signal })
  console.log(rig.url)
  if (!interrupted.signal.aborted) await once(interrupted.signal, "abort")
  await rig.stop()
} catch (error) {
  if (!interrupted.signal.aborted) fail(error.message)
}
process.exit()
