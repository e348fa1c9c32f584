// Growth: what starts, hits, events, sweeps and warm cost with 3 000, 30 000 and 300 000 photos and as many stored renditions.
import { renameSync, rmSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"

import { buildTree, photoKey, renditionKey, replaceable, SIZE } from "../lib/growth-tree.mjs"
import { cpuMs, memoryMiB, median, percentile, wholeCpuMs } from "../lib/measure.mjs"
import { ended, launch } from "../lib/programs.mjs"
import { MAIN, startServer } from "../lib/servers.mjs"

const COUNTS = [3000, 30_000, 300_000]
const HITS = 2000

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
const until = async (isDone) => {
  while (!(await isDone())) await sleep(5)
}

const flagsOf = ({ originals, renditions }) => [
  "--originals",
  originals,
  "--renditions",
  renditions,
  "--sizes",
  SIZE,
  "--formats",
  "jpeg",
]

const serve = (tree, ...flags) =>
  startServer(MAIN, ["serve", ...flagsOf(tree), "--port", "0", "--json", "--log-level", "warn", ...flags])

const watchState = async (server) => JSON.parse((await server.get("/healthz")).body.toString()).parts?.watch

/** Requests hits, one after the other, until some work has ended. @returns the 99th percentile in ms */
const hitsWhile = async (server, count, work) => {
  const times = []
  const state = { isOver: false }
  const ending = work().finally(() => (state.isOver = true))
  for (let number = 0; !state.isOver; number = (number + 7919) % count) {
    const start = performance.now()
    await server.get(`/${renditionKey(number)}`)
    times.push(performance.now() - start)
    await sleep(2)
  }
  await ending
  return percentile(times, 0.99)
}

/** CPU of a hit in µs. */
const hitCpu = async (server, count) => {
  const before = cpuMs(server.pid)
  for (let number = 0; number < HITS; number++) await server.get(`/${renditionKey((number * 7919) % count)}`)
  return ((cpuMs(server.pid) - before) / HITS) * 1000
}

const startMs = async (tree) => {
  const times = []
  for (let round = 0; round < 5; round++) {
    const start = performance.now()
    const server = await serve(tree)
    times.push(performance.now() - start)
    await server.stop()
  }
  return median(times)
}

/** Replaces photos with other bytes, as editors do: written beside and renamed. */
const replacePhotos = async (tree, server, count) => {
  const bytes = Buffer.from("not a photo any more")
  const numbers = replaceable(count)
  const isStored = (number) => statSync(join(tree.renditions, "files", renditionKey(number)), { throwIfNoEntry: false })
  const before = cpuMs(server.pid)
  let longest = 0
  const p99 = await hitsWhile(server, count, async () => {
    for (const number of numbers) {
      const path = join(tree.originals, photoKey(number))
      writeFileSync(`${path}.tmp`, bytes)
      renameSync(`${path}.tmp`, path)
    }
    await until(async () => {
      const start = performance.now()
      await server.get("/healthz")
      longest = Math.max(longest, performance.now() - start)
      return !numbers.some(isStored)
    })
  })
  return { cpu: (cpuMs(server.pid) - before) / numbers.length, p99, longest }
}

/** Time until `warm` has rendered the one rendition that is missing, and its peak memory until then. */
const warmFirst = async (tree) => {
  const first = join(tree.renditions, "files", renditionKey(0))
  rmSync(first, { force: true })
  const start = performance.now()
  const child = launch(process.execPath, [MAIN, "warm", ...flagsOf(tree)], { stdio: "ignore" })
  const exit = ended(child)
  let peak = 0
  const isRendered = () => statSync(first, { throwIfNoEntry: false }) !== undefined
  await until(() => {
    peak = Math.max(peak, memoryMiB(child.pid))
    return isRendered() || child.exitCode !== null
  })
  const ms = performance.now() - start
  child.kill("SIGKILL")
  await exit
  return { ms, peak }
}

const measureWatch = async (tree, count) => {
  const plain = await serve(tree)
  await hitCpu(plain, count)
  const hit = await hitCpu(plain, count)
  await plain.stop()
  const server = await serve(tree, "--watch")
  const idle = []
  const cpuBefore = wholeCpuMs(server.pid)
  const start = performance.now()
  const isSwept = async () => (await watchState(server))?.lastSweep !== undefined
  const sweepP99 = await hitsWhile(server, count, () => until(isSwept))
  const sweep = { ms: performance.now() - start, cpu: wholeCpuMs(server.pid) - cpuBefore, p99: sweepP99 }
  idle.push(await hitsWhile(server, count, () => sleep(3000)))
  const memoryAfterSweep = memoryMiB(server.pid)
  const { folders } = await watchState(server)
  const burst = await replacePhotos(tree, server, count)
  const memory = memoryMiB(server.pid)
  await server.stop()
  return { hit, sweep, idle: idle[0], burst, folders, memory, memoryAfterSweep }
}

/** Time from SIGTERM to the end of a server that sweeps. */
const stopWhileSweeping = async (tree) => {
  const server = await serve(tree, "--watch")
  await until(async () => (await watchState(server))?.watched > 0)
  const start = performance.now()
  await server.stop()
  return performance.now() - start
}

const measure = async (folder, count) => {
  const buildStart = performance.now()
  const tree = await buildTree(join(folder, `growth-${count}`), count)
  const build = performance.now() - buildStart
  await sleep(2100)
  const start = await startMs(tree)
  const stop = await stopWhileSweeping(tree)
  const watch = await measureWatch(tree, count)
  const warm = await warmFirst(tree)
  rmSync(join(folder, `growth-${count}`), { recursive: true })
  return { count, build, start, stop, ...watch, warm }
}

/** The exponent b of the best fit of a · count^b. */
const exponent = (all, valueOf) => {
  const points = all.map((each) => [Math.log(each.count), Math.log(Math.max(valueOf(each), 1e-6))])
  const mean = (at) => points.reduce((sum, point) => sum + point[at], 0) / points.length
  const [x, y] = [mean(0), mean(1)]
  const over = points.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0)
  return over / points.reduce((sum, point) => sum + (point[0] - x) ** 2, 0)
}

/** A cost that does not grow has the exponent 0, within the noise of a few runs. */
const FLAT = 0.1

export const growth = async ({ folder, isShort }) => {
  const all = []
  for (const count of isShort ? COUNTS.slice(0, 2) : COUNTS) all.push(await measure(folder, count))
  const last = all.at(-1)
  const list = (valueOf, unit) => `${all.map((each) => valueOf(each).toFixed(1)).join(", ")} ${unit}`
  const row = (what, value, goal, detail = "") => ({ id: "growth", what, value, goal, isAtMost: true, detail })
  const fitted = (what, valueOf, unit, goal = FLAT) =>
    row(
      `${what}: exponent for ${all.map(({ count }) => count).join(", ")} photos`,
      exponent(all, valueOf),
      goal,
      list(valueOf, unit),
    )
  const perFolder = ((last.memoryAfterSweep - all[0].memoryAfterSweep) * 1024) / (last.folders - all[0].folders)
  return [
    row("building the largest tree: minutes", last.build / 60_000, 5),
    fitted("start of serve", ({ start }) => start, "ms"),
    fitted("CPU of a hit", ({ hit }) => hit, "µs"),
    fitted("CPU of a replaced photo, of 1000 at once", ({ burst }) => burst.cpu, "ms"),
    fitted("first sweep, with watching", ({ sweep }) => sweep.ms, "ms", 1),
    fitted("warm, until its first render", ({ warm }) => warm.ms, "ms"),
    fitted("memory of warm until then", ({ warm }) => warm.peak, "MiB"),
    row(
      "hits' p99 during the first sweep, over 2 × idle + 10 ms",
      last.sweep.p99 / (2 * last.idle + 10),
      1,
      list(({ sweep }) => sweep.p99, "ms"),
    ),
    row(
      "hits' p99 during the burst, over 2 × idle + 10 ms",
      last.burst.p99 / (2 * last.idle + 10),
      1,
      list(({ burst }) => burst.p99, "ms"),
    ),
    row(
      "longest /healthz during the burst, in seconds",
      last.burst.longest / 1000,
      1,
      list(({ burst }) => burst.longest, "ms"),
    ),
    row(
      "SIGTERM during a sweep, seconds until the end",
      last.stop / 1000,
      1,
      list(({ stop }) => stop, "ms"),
    ),
    row(
      "memory of a watched folder, KiB",
      perFolder,
      2,
      list(({ memoryAfterSweep }) => memoryAfterSweep, "MiB"),
    ),
  ]
}
