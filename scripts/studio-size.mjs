// Fails if the page of the studio is larger than its limit: all files that a browser may load, each compressed by brotli.
// size-limit's own command bundles files again, which these are already.
import { readdirSync } from "node:fs"

import filePlugin from "@size-limit/file"
import sizeLimit from "size-limit"

const FOLDER = "dist/studio/page"
const LIMIT_BYTES = 80_000

const files = readdirSync(FOLDER)
  .filter((name) => !name.endsWith(".txt"))
  .map((name) => `${FOLDER}/${name}`)
const results = await Promise.all(files.map((file) => sizeLimit([filePlugin], [file])))
const bytes = results.flat().reduce((sum, { size }) => sum + size, 0)
console.log(`${FOLDER}: ${(bytes / 1000).toFixed(1)} kB brotli of ${LIMIT_BYTES / 1000} kB`)
if (bytes > LIMIT_BYTES) process.exitCode = 1
