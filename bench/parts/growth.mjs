// Growth: what starts, hits, events, sweeps and warm cost with 3 000, 30 000 and 300 000 photos and as many stored renditions.
import { renameSync, rmSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { setImmediate as nextTurn } from "node:timers/promises"

import { growthRows } from "../lib/growth-rows.mjs"
import { buildTree, folderCount, photoKey, renditionKey, replaceable, SIZE } from "../lib/growth-tree.mjs"
import { cpuMs, memoryMiB, median, percentile } from "../lib/measure.mjs"
import { ended, launch, removeFolder } from "../lib/programs.mjs"
import { MAIN, startServer } from "../lib/servers.mjs"

const COUNTS = [3000, 30_000, 300_000]
const HITS = 2000
/** Photos that are requested during other work: few, so that their renditions in memory do not count as growth. */
const REQUESTED = 200
/** V8 returns memory in steps, eight seconds apart. */
const IDLE_MS = 30_000

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
  for (let at = 0; !state.isOver; at = (at + 1) % REQUESTED) {
    const start = performance.now()
    await server.get(`/${renditionKey(1 + Math.floor((at * count) / REQUESTED))}`)
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

/** CPU of `serve` until it listens, in ms: the time depends on what the disk still writes of the new catalogue. */
const startCpu = async (tree) => {
  const used = []
  for (let round = 0; round < 5; round++) {
    const server = await serve(tree)
    used.push(cpuMs(server.pid))
    await server.stop()
  }
  return median(used)
}

/** Replaces photos with other bytes, as editors do: written beside and renamed. */
const replacePhotos = async (tree, server, count) => {
  const bytes = Buffer.from("not a photo any more")
  const numbers = replaceable(count)
  const isStored = (number) => statSync(join(tree.renditions, "files", renditionKey(number)), { throwIfNoEntry: false })
  const before = cpuMs(server.pid)
  let [longest, deleted] = [0, 0]
  const p99 = await hitsWhile(server, count, async () => {
    for (const number of numbers) {
      const path = join(tree.originals, photoKey(number))
      writeFileSync(`${path}.tmp`, bytes)
      renameSync(`${path}.tmp`, path)
      // The requests of this process must not wait for it.
      await nextTurn()
    }
    while (deleted < numbers.length) {
      const start = performance.now()
      await server.get("/healthz")
      longest = Math.max(longest, performance.now() - start)
      while (deleted < numbers.length && !isStored(numbers[deleted])) deleted += 1
      await sleep(10)
    }
  })
  return { cpu: (cpuMs(server.pid) - before) / numbers.length, p99, longest }
}

/** Photo 0 is one of those that are replaced. */
const MISSING = 1

/**
 * Runs `warm`, where one of the first renditions is missing.
 * @returns time until that is rendered, the peak memory until then, and that until `warm` has passed through the whole catalogue
 */
const warm = async (tree) => {
  const first = join(tree.renditions, "files", renditionKey(MISSING))
  rmSync(first)
  // With a list from the environment, the options choose from it: `info` is left out, which is not stored here.
  const env = { ...process.env, IMGTAILOR_SIZES: SIZE, IMGTAILOR_FORMATS: "jpeg" }
  const chosen = ["--originals", tree.originals, "--renditions", tree.renditions, "--sizes", SIZE, "--formats", "base"]
  const start = performance.now()
  const child = launch(process.execPath, [MAIN, "warm", ...chosen], { stdio: "ignore", env })
  const exit = ended(child)
  const isRendered = () => statSync(first, { throwIfNoEntry: false }) !== undefined
  const isOver = () => child.exitCode !== null
  let peak = 0
  const watchMemory = async (isDone) => {
    while (!isDone()) {
      peak = Math.max(peak, memoryMiB(child.pid))
      await sleep(50)
    }
    return peak
  }
  const firstPeak = await watchMemory(() => isRendered() || isOver())
  const ms = performance.now() - start
  const wholePeak = await watchMemory(isOver)
  const status = await exit
  if (status !== 0 || !isRendered()) throw new Error(`warm ended with ${status}`)
  return { ms, firstPeak, wholePeak, wholeMs: performance.now() - start }
}

const plainHit = async (tree, count) => {
  const server = await serve(tree)
  await hitCpu(server, count)
  const hit = await hitCpu(server, count)
  await server.stop()
  return hit
}

const measureWatch = async (tree, count) => {
  const server = await serve(tree, "--watch")
  const start = performance.now()
  await until(async () => (await watchState(server))?.watched === folderCount(count))
  const memoryBefore = memoryMiB(server.pid)
  const isSwept = async () => (await watchState(server))?.lastSweep !== undefined
  const p99 = await hitsWhile(server, count, async () => {
    while (!(await isSwept())) await sleep(50)
  })
  const sweep = { ms: performance.now() - start, p99 }
  const idle = await hitsWhile(server, count, () => sleep(3000))
  await sleep(IDLE_MS)
  const memory = memoryMiB(server.pid)
  const burst = await replacePhotos(tree, server, count)
  await server.stop()
  return { sweep, idle, burst, memoryBefore, memory }
}

/** The longer time from SIGTERM to the end of a server, of one that starts to watch and one that sweeps. */
const stopAtWork = async (tree, count) => {
  const times = []
  for (const watched of [1, folderCount(count)]) {
    const server = await serve(tree, "--watch")
    await until(async () => (await watchState(server))?.watched >= watched)
    const start = performance.now()
    await server.stop()
    times.push(performance.now() - start)
  }
  return Math.max(...times)
}

const measure = async (folder, count) => {
  const root = join(folder, `growth-${count}`)
  const buildStart = performance.now()
  const tree = await buildTree(root, count)
  const build = performance.now() - buildStart
  await sleep(2100)
  const start = await startCpu(tree)
  const hit = await plainHit(tree, count)
  const stop = await stopAtWork(tree, count)
  const warmed = await warm(tree)
  const watch = await measureWatch(tree, count)
  removeFolder(root)
  return { count, folders: folderCount(count), build, start, hit, stop, warm: warmed, ...watch }
}

export const growth = async ({ folder, isShort }) => {
  const all = []
  for (const count of isShort ? COUNTS.slice(0, 2) : COUNTS) all.push(await measure(folder, count))
  return growthRows(all)
}
