// Bundles the render process, since loading eighty modules takes a third of its start, and 2 MiB in each process.
import { rmSync, writeFileSync } from "node:fs"

import { build } from "esbuild"

import { lazyModules, otherPackages, ownUrls, PROGRAM } from "./bundle-plugins.mjs"
import { licencesOf } from "./licences.mjs"

const BUNDLED = new Set(["exif-reader", "lru-cache"])

/** Few originals have what these modules read. */
const LAZY = new Set(["@rgrove/parse-xml"])

const OUTPUT = "dist/render/pool"

/** Replaces the compiled module of the render process. */
export const bundleChild = async () => {
  const { metafile } = await build({
    ...PROGRAM,
    entryPoints: { child: "src/render/pool/child.ts" },
    outdir: OUTPUT,
    plugins: [ownUrls(OUTPUT), lazyModules(LAZY), otherPackages(BUNDLED)],
  })
  rmSync(`${OUTPUT}/child.js.map`)
  writeFileSync(`${OUTPUT}/LICENCES.txt`, licencesOf(metafile))
}
