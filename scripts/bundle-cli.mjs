// Bundles the command line, since loading a hundred modules takes two thirds of the start of `serve`. Each command is a file of its own,
// and so is the code that several of them share.
import { readdirSync, rmSync, writeFileSync } from "node:fs"

import { build } from "esbuild"

import { lazyModules, otherPackages, ownUrls, PROGRAM } from "./bundle-plugins.mjs"
import { licencesOf } from "./licences.mjs"

/** Packages that every start needs. All others are loaded from node_modules when they are used. */
const BUNDLED = new Set(["commander", "env-paths", "fastest-levenshtein", "is-safe-filename", "lru-cache", "valibot"])

/** Modules that a server needs after its first requests, if at all: loading them takes as long as 20 modules of our own. */
const LAZY = new Set(["node:crypto", "node:https", "@rgrove/parse-xml"])

const OUTPUT = "dist/cli"

/** Replaces the compiled modules of `dist/cli`, apart from the programs that commands start. */
export const bundleCli = async () => {
  const { metafile } = await build({
    ...PROGRAM,
    entryPoints: { main: "src/cli/main.ts" },
    outdir: OUTPUT,
    chunkNames: "[name]-[hash]",
    splitting: true,
    plugins: [ownUrls(OUTPUT), lazyModules(LAZY), otherPackages(BUNDLED)],
  })
  const written = new Set(Object.keys(metafile.outputs))
  for (const name of readdirSync(OUTPUT, { recursive: true, encoding: "utf8" }))
    if (/\.(?:js|js\.map)$/.test(name) && !written.has(`${OUTPUT}/${name}`) && !name.startsWith("demo-images."))
      rmSync(`${OUTPUT}/${name}`)
  writeFileSync(`${OUTPUT}/LICENCES.txt`, licencesOf(metafile))
}
