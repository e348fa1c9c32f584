// Ways to pass an original to sharp: a path, a Buffer, or a stream. Eight renders at once, each variant in its own process, so that peak
// memory can be compared too.
import { execFile } from "node:child_process"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"

import { median } from "../lib/measure.mjs"
import { photo } from "../lib/photos.mjs"

const run = promisify(execFile)
const script = fileURLToPath(new URL("../limits/render-inputs.mjs", import.meta.url))

export const inputs = async ({ folder, isShort }) => {
  const rounds = isShort ? 3 : 7
  const results = []
  for (const [what, width, height] of [
    ["12 megapixels", 4000, 3000],
    ["50 megapixels", 8660, 5774],
  ]) {
    const file = await photo(join(folder, "photos"), `p${what.slice(0, 2)}`, width, height)
    const measured = { path: [], buffer: [], stream: [] }
    for (let round = 0; round < rounds; round++) {
      for (const kind of Object.keys(measured)) {
        const { stdout } = await run(process.execPath, [script, file, kind], {
          env: { ...process.env, MALLOC_ARENA_MAX: "2" },
        })
        measured[kind].push(JSON.parse(stdout))
      }
    }
    for (const kind of ["buffer", "stream"]) {
      for (const name of ["cpuMs", "wallMs", "peakMiB"]) {
        const ratio = median(measured[kind].map((values, round) => values[name] / measured.path[round][name]))
        results.push({
          id: "inputs",
          what: `${what}, ${kind} over path: ${name}`,
          value: ratio,
          detail: `${median(measured[kind].map((values) => values[name])).toFixed(0)}`,
        })
      }
    }
  }
  return results
}
