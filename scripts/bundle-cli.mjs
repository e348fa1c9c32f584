// Bundles the command line: loading its modules one by one takes most of the start of `serve`. One file holds all the code with which
// `serve` listens and answers a hit. Each other command is a file that imports from it, so that there is one class of errors.
import { readdirSync, rmSync } from "node:fs"

import { bundleProgram } from "./bundle-program.mjs"

/** Packages that every start needs. All others are loaded from node_modules when they are used. */
const BUNDLED = new Set(["commander", "env-paths", "fastest-levenshtein", "is-safe-filename", "lru-cache", "valibot"])

/** Modules whose imports, and those of them, make up the file of `serve`. The stores are imported when their location is known. */
const START = /\/src\/(?:cli\/commands\/serve|cli\/program|store\/folder-(?:originals|renditions))\.ts$/

/** Modules that a server needs after its first requests, if at all. Only functions and classes are imported from them. */
const LATE = new Set([
  "@rgrove/parse-xml",
  "node:child_process",
  "node:crypto",
  "node:fs/promises",
  "node:https",
  "node:stream/promises",
  "node:timers/promises",
  "node:worker_threads",
])

const OUTPUT = "dist/cli"

/** Replaces the compiled modules of `dist/cli`, apart from the programs that commands start. */
export const bundleCli = async () => {
  const written = await bundleProgram({
    input: { main: "src/cli/main.ts" },
    output: OUTPUT,
    bundled: BUNDLED,
    late: LATE,
    codeSplitting: { groups: [{ name: "start", test: START }] },
  })
  for (const name of readdirSync(OUTPUT, { recursive: true, encoding: "utf8" }))
    if (/\.(?:js|js\.map)$/.test(name) && !written.has(name) && !name.startsWith("demo-images."))
      rmSync(`${OUTPUT}/${name}`)
}
