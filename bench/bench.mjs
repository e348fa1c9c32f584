// npm run bench [-- --short] [-- --json] [-- --only NAME [--adapter FILE] [--against FOLDER]]: compares speed and memory with limits that it
// starts itself, in one run. `--only builds --against FOLDER` compares with the build of another checkout. Absolute figures depend on the
// machine; compare ratios. Needs Linux (/proc) and a quiet machine.
import { mkdtempSync } from "node:fs"
import { availableParallelism, cpus, tmpdir } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"

import sharp from "sharp"

import { removeFolder } from "./lib/programs.mjs"
import { builds } from "./parts/builds.mjs"
import { churn } from "./parts/churn.mjs"
import { coldStart } from "./parts/cold-start.mjs"
import { cold } from "./parts/cold.mjs"
import { edge } from "./parts/edge.mjs"
import { encoders } from "./parts/encoders.mjs"
import { factors } from "./parts/factors.mjs"
import { gallery } from "./parts/gallery.mjs"
import { growth } from "./parts/growth.mjs"
import { hits } from "./parts/hits.mjs"
import { inputs } from "./parts/inputs.mjs"
import { memory } from "./parts/memory.mjs"
import { monitoring } from "./parts/monitoring.mjs"
import { options } from "./parts/options.mjs"
import { overload } from "./parts/overload.mjs"
import { peers } from "./parts/peers.mjs"
import { scale } from "./parts/scale.mjs"
import { sharing } from "./parts/sharing.mjs"
import { small } from "./parts/small.mjs"
import { stampede } from "./parts/stampede.mjs"
import { startup } from "./parts/startup.mjs"
import { studio } from "./parts/studio.mjs"
import { warm } from "./parts/warm.mjs"

const PARTS = {
  cold,
  small,
  warm,
  "cold-start": coldStart,
  startup,
  hits,
  stampede,
  sharing,
  options,
  overload,
  memory,
  monitoring,
  gallery,
  encoders,
  edge,
  churn,
  scale,
  inputs,
  factors,
  growth,
  peers,
  studio,
  builds,
}
/** Not part of a short run. */
const LONG = new Set(["churn", "scale", "inputs", "factors", "growth", "peers", "studio", "builds"])

const { values } = parseArgs({
  options: {
    short: { type: "boolean" },
    json: { type: "boolean" },
    only: { type: "string" },
    adapter: { type: "string" },
    against: { type: "string" },
  },
})
const isShort = values.short === true
const skipped = []

const isWanted = (name) => {
  if (values.only !== undefined) return name === values.only
  if (isShort && LONG.has(name)) skipped.push({ part: name, reason: "takes more than two minutes, run it with --only" })
  return !(isShort && LONG.has(name))
}

const rows = ({ what, value, goal, isAtMost, detail = "" }) => {
  const ok = goal === undefined ? undefined : isAtMost ? value <= goal : value >= goal
  const shown = goal === undefined ? "" : `${isAtMost ? "≤" : "≥"} ${goal}`
  return {
    line: `${what.padEnd(78)} ${value.toFixed(2).padStart(7)}  ${shown.padEnd(7)} ${ok === undefined ? " " : ok ? "yes" : "NO "}  ${detail}`,
    ok,
  }
}

if (process.platform !== "linux") {
  console.error("The bench reads CPU time and memory from /proc: run it on Linux.")
  process.exit(2)
}
if (values.only !== undefined && !(values.only in PARTS)) {
  console.error(`--only: Expected one of ${Object.keys(PARTS).join(", ")}, got ${values.only}.`)
  process.exit(2)
}

const folder = mkdtempSync(join(tmpdir(), "imgtailor-bench-"))
process.once("exit", () => removeFolder(folder))
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(130))
const results = []
const print = (text) => values.json || console.log(text)
print(
  `${cpus()[0].model}, ${availableParallelism()} cores; Node ${process.version}, sharp ${sharp.versions.sharp}, libvips ${sharp.versions.vips}\n`,
)
for (const [name, part] of Object.entries(PARTS)) {
  if (!isWanted(name)) continue
  const skip = (reason) => skipped.push({ part: name, reason })
  for (const result of await part({
    folder,
    isShort,
    rounds: isShort ? 5 : 31,
    adapter: values.adapter,
    against: values.against,
    skip,
  })) {
    const { line, ok } = rows(result)
    results.push({
      id: result.id,
      what: result.what,
      value: result.value,
      ...(result.goal !== undefined && { goal: result.goal, ok }),
    })
    print(line)
  }
}
for (const { part, reason } of skipped) print(`${part}: skipped, ${reason}`)
if (values.json) console.log(JSON.stringify({ results, skipped }))
process.exit(results.some(({ ok }) => ok === false) ? 1 : 0)
