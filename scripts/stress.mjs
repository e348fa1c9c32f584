// npm run stress [-- --short] [-- --only PART] [-- --seed N] [-- --json]: tries to break the invariants at scale.
// Prints for each part how many trials ran and how many broke a rule, with the seed. Exits with 1 if any did. Control-C ends the running
// part and prints its result.
//
// The parts are TypeScript and shared with the tests; test/stress/finished.ts replaces vitest here.
import { spawn } from "node:child_process"
import { readFileSync, rmSync } from "node:fs"
import { resolve } from "node:path"
import { pathToFileURL } from "node:url"
import { parseArgs } from "node:util"

import { build } from "esbuild"

const STOP_SIGNALS = ["SIGINT", "SIGTERM"]

/** The variable that tells the second process of {@link runInOwnGroup} that it is the second. */
const IN_OWN_GROUP = "IMGTAILOR_STRESS_IN_OWN_GROUP"

/** Broken rules of one part to print. */
const MAX_PRINTED = 20

const fail = (text) => {
  console.error(text)
  process.exit(2)
}

const readArguments = () => {
  const [text, flag] = [{ type: "string" }, { type: "boolean", default: false }]
  const { values } = parseArgs({ options: { short: flag, json: flag, only: text, seed: text } })
  const seed = Number(values.seed ?? Math.floor(Math.random() * 1e9))
  if (!Number.isSafeInteger(seed)) fail(`--seed: Expected a whole number, got ${String(values.seed)}.`)
  return { ...values, seed }
}

/** Modules that find files relative to themselves, such as the script of render processes, keep the URL of their source. */
const sourceUrls = {
  name: "source-urls",
  setup: ({ onLoad }) =>
    onLoad({ filter: /[\\/]src[\\/].*\.ts$/ }, ({ path }) => ({
      contents: readFileSync(path, "utf8").replaceAll("import.meta.url", JSON.stringify(pathToFileURL(path).href)),
      loader: "ts",
    })),
}

/** Bundles the parts beside their source, so that paths relative to it stay valid. */
const load = async () => {
  const bundle = `test/stress/.stress-${process.pid}.mjs`
  const target = { platform: "node", target: "node20.19", format: "esm" }
  const alias = { vitest: "./test/stress/finished.ts" }
  try {
    await build({
      entryPoints: ["test/stress/parts.ts"],
      outfile: bundle,
      bundle: true,
      packages: "external",
      alias,
      plugins: [sourceUrls],
      ...target,
    })
    return await import(new URL(`../${bundle}`, import.meta.url).href)
  } finally {
    rmSync(bundle, { force: true })
  }
}

const toLines = ({ name, trials, broken, skipped, facts = {}, seconds }, seed) => [
  `${name.padEnd(12)} ${String(trials).padStart(8)} trials ${String(broken.length).padStart(4)} broken  ${seconds.toFixed(0).padStart(5)} s  seed ${seed}`,
  ...Object.entries(facts).map(([what, value]) => `    ${what}: ${value}`),
  ...(skipped ? [`    skipped: ${skipped}`] : []),
  ...broken.slice(0, MAX_PRINTED).map((text) => `    BROKEN ${text}`),
  ...(broken.length > MAX_PRINTED ? [`    … and ${broken.length - MAX_PRINTED} more`] : []),
]

/**
 * Runs this script again in a process group of its own. In a terminal, Control-C goes to every process of a group: it would end the servers
 * before their part has ended.
 */
const runInOwnGroup = () => {
  const env = { ...process.env, [IN_OWN_GROUP]: "1" }
  const child = spawn(process.execPath, process.argv.slice(1), { env, detached: true, stdio: "inherit" })
  for (const signal of STOP_SIGNALS) process.on(signal, () => child.kill(signal))
  return new Promise((done) => child.once("exit", (code) => done(code ?? 1)))
}

if (process.platform !== "linux") fail("The stress test reads memory and file descriptors from /proc: run it on Linux.")
const { short, json, only, seed } = readArguments()
if (process.env[IN_OWN_GROUP] === undefined) process.exit(await runInOwnGroup())
process.chdir(resolve(import.meta.dirname, ".."))
const { PARTS, tryPart, finish } = await load()
const names = PARTS.map(({ name }) => name)
if (only !== undefined && !names.includes(only)) fail(`--only: Expected one of ${names.join(", ")}, got ${only}.`)

const interrupted = new AbortController()
for (const signal of STOP_SIGNALS) process.on(signal, () => interrupted.abort())

/** Runs a part. An exception counts as a broken rule. */
const attempt = async (part) => {
  const bounds = short ? part.short : part.full
  const print = (text) => json || console.log(`    ${text}`)
  try {
    return await tryPart(part, { ...bounds, seed, interrupted: interrupted.signal, say: print })
  } catch (error) {
    return { trials: 0, broken: [error.stack] }
  } finally {
    await finish()
  }
}

const results = []
for (const part of PARTS.filter(({ name }) => only === undefined || name === only)) {
  if (interrupted.signal.aborted) break
  const start = performance.now()
  const outcome = await attempt(part)
  const result = { name: part.name, ...outcome, seconds: (performance.now() - start) / 1000 }
  results.push(result)
  if (!json) console.log(toLines(result, seed).join("\n"))
}
if (json) console.log(JSON.stringify({ seed, parts: results }))
process.exit(results.some(({ broken }) => broken.length > 0) ? 1 : 0)
