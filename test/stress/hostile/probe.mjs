// Loaded into a server by `node --import`: measures its event loop. On SIGUSR2 it writes the measurements since the last signal to the file
// that PROBE_FILE names. Render processes do not inherit NODE_OPTIONS.
import { renameSync, writeFileSync } from "node:fs"
import { Session } from "node:inspector"
import { monitorEventLoopDelay } from "node:perf_hooks"

const MS_PER_NS = 1e-6
const MS_PER_US = 1e-3
/** Samples without JavaScript. */
const OUTSIDE = new Set(["(idle)", "(program)", "(root)"])

const delay = monitorEventLoopDelay({ resolution: 5 })
delay.enable()

const session = new Session()
const post = (method, params) =>
  new Promise((resolve, reject) =>
    session.post(method, params, (error, result) => (error ? reject(error) : resolve(result))),
  )

/** The longest stretch of samples of JavaScript and what it calls, without garbage collection, in milliseconds, and its functions. */
const longestPiece = ({ nodes, samples, timeDeltas }) => {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]))
  let longest = { ms: 0, functions: [] }
  let piece = { ms: 0, functions: [] }
  samples.forEach((id, at) => {
    const { functionName, url = "", lineNumber } = names.get(id) ?? {}
    if (OUTSIDE.has(functionName)) piece = { ms: 0, functions: [] }
    else if (functionName !== "(garbage collector)") {
      piece.ms += (timeDeltas[at + 1] ?? 0) * MS_PER_US
      piece.functions.push(`${functionName} ${url.split("/").at(-1)}:${lineNumber}`)
    }
    if (piece.ms > longest.ms) longest = { ms: piece.ms, functions: [...piece.functions] }
  })
  return { ms: longest.ms, functions: [...new Set(longest.functions)].slice(0, 8) }
}

const isProfiling = process.env.PROBE_PROFILE === "1"
if (isProfiling) {
  session.connect()
  await post("Profiler.enable")
  await post("Profiler.setSamplingInterval", { interval: 500 })
  await post("Profiler.start")
}

const report = async () => {
  const { profile } = isProfiling ? await post("Profiler.stop") : {}
  const measured = {
    p999Ms: delay.percentile(99.9) * MS_PER_NS,
    maxMs: delay.max * MS_PER_NS,
    longest: profile && longestPiece(profile),
  }
  delay.reset()
  if (isProfiling) await post("Profiler.start")
  const file = process.env.PROBE_FILE
  writeFileSync(`${file}.new`, JSON.stringify(measured))
  renameSync(`${file}.new`, file)
}

process.on("SIGUSR2", () => void report())
