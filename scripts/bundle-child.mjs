// Bundles the render process, since loading eighty modules takes a third of its start, and 2 MiB in each process.
import { rmSync } from "node:fs"

import { bundleProgram } from "./bundle-program.mjs"

const BUNDLED = new Set(["exif-reader", "lru-cache"])

/** Few originals have what these modules read. */
const LATE = new Set(["@rgrove/parse-xml"])

const OUTPUT = "dist/render/pool"

/** Replaces the compiled module of the render process. */
export const bundleChild = async () => {
  await bundleProgram({
    input: { child: "src/render/pool/child.ts" },
    output: OUTPUT,
    bundled: BUNDLED,
    late: LATE,
    codeSplitting: false,
  })
  rmSync(`${OUTPUT}/child.js.map`)
}
