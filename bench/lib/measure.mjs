// Helpers for measuring. Variants take turns (A B C A B C …), so that a noisy machine affects all alike. Quote ratios.
import { readdirSync, readFileSync } from "node:fs"

export const sorted = (values) => values.toSorted((a, b) => a - b)

export const percentile = (values, p) => {
  const all = sorted(values)
  return all[Math.min(all.length - 1, Math.max(0, Math.ceil(p * all.length) - 1))]
}

export const median = (values) => {
  const all = sorted(values)
  const middle = all.length >> 1
  return all.length % 2 ? all[middle] : (all[middle - 1] + all[middle]) / 2
}

/** Length of a clock tick: sysconf(_SC_CLK_TCK) is 100 on every Linux that Node supports. */
const TICK_MS = 10

/** Reads a file of /proc, or an empty text if its process has just ended. */
const readProc = (path) => {
  try {
    return readFileSync(path, "latin1")
  } catch {
    return ""
  }
}

const threadsOf = (pid) => {
  try {
    return readdirSync(`/proc/${pid}/task`)
  } catch {
    return []
  }
}

/** Ids of the processes that a process has started (Linux). */
export const childrenOf = (pid) =>
  threadsOf(pid)
    .flatMap((thread) => readProc(`/proc/${pid}/task/${thread}/children`).split(" "))
    .filter((child) => child.trim() !== "")

/** A process and its descendants, such as render processes (Linux). */
const treeOf = (pid) => [pid, ...childrenOf(pid).flatMap(treeOf)]

const sum = (values) => values.reduce((total, value) => total + value, 0)

/** CPU milliseconds from /proc/<pid>/stat: of the process itself, and of its children that have ended; in steps of 10 (Linux). */
const statCpuMs = (pid) => {
  const fields = readProc(`/proc/${pid}/stat`)
    .replace(/^.*\) /s, "")
    .split(" ")
  const [user = 0, system = 0, childUser = 0, childSystem = 0] = fields.slice(11, 15).map(Number)
  return { own: (user + system) * TICK_MS, ended: (childUser + childSystem) * TICK_MS }
}

/**
 * CPU milliseconds used by a process and its descendants, ended threads and processes included (the AVIF encoder starts some threads); in
 * steps of 10 (Linux).
 */
export const wholeCpuMs = (pid) =>
  sum(
    treeOf(pid).map((process) => {
      const { own, ended } = statCpuMs(process)
      return own + ended
    }),
  )

/** CPU milliseconds of a thread, to the microsecond (Linux). */
const threadCpuMs = (pid, thread) => Number(readProc(`/proc/${pid}/task/${thread}/schedstat`).split(" ")[0]) / 1e6

/** CPU milliseconds used by the present threads of a process and its descendants, to the microsecond, and by ended children (Linux). */
export const cpuMs = (pid) =>
  sum(
    treeOf(pid).map((process) => {
      const threads = threadsOf(process).map((thread) => threadCpuMs(process, thread))
      return sum(threads) + statCpuMs(process).ended
    }),
  )

/**
 * CPU milliseconds of a server by its parts: the server process, the main threads of its render processes, and their other threads, which
 * decode and encode (Linux).
 */
export const partsCpuMs = (pid) => {
  const children = childrenOf(pid)
  const main = sum(children.map((child) => threadCpuMs(child, child)))
  return { server: statCpuMs(pid).own, main, others: sum(children.map((child) => statCpuMs(child).own)) - main }
}

/** Memory of a process and its descendants in MiB. Pages that several of them share count once (PSS, Linux). */
export const memoryMiB = (pid) =>
  sum(
    treeOf(pid).map((process) => Number(/^Pss:\s+(\d+)/m.exec(readProc(`/proc/${process}/smaps_rollup`))?.[1] ?? 0)),
  ) / 1024

const SAMPLE_MS = 50

/** Runs work. @returns the peak of {@link memoryMiB} meanwhile */
export const peakMemoryMiB = async (pid, work) => {
  let peak = memoryMiB(pid)
  const timer = setInterval(() => (peak = Math.max(peak, memoryMiB(pid))), SAMPLE_MS)
  try {
    await work()
    return Math.max(peak, memoryMiB(pid))
  } finally {
    clearInterval(timer)
  }
}

/** Spare render processes start after the first render, and are not part of the next ones. */
const SETTLE_MS = 2000

/**
 * Runs variants in turn.
 * @param variants by name: async (round) => void, with the `pid` of a process that does nothing else
 * @returns by name: medians and p95 of wall time, CPU a run, both in ms
 */
export const interleave = async (variants, rounds) => {
  const names = Object.keys(variants)
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS))
  const runs = Object.fromEntries(names.map((name) => [name, { wall: [], cpu: -wholeCpuMs(variants[name].pid) }]))
  for (let round = 0; round < rounds; round++) {
    for (const name of round % 2 ? names.toReversed() : names) {
      const start = performance.now()
      await variants[name].run(round)
      runs[name].wall.push(performance.now() - start)
    }
  }
  return Object.fromEntries(
    names.map((name) => {
      const { wall, cpu } = runs[name]
      const total = cpu + wholeCpuMs(variants[name].pid)
      return [name, { p50: median(wall), p95: percentile(wall, 0.95), cpu: total / rounds }]
    }),
  )
}
