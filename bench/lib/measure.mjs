// Small measuring helpers. Variants take turns (A B C A B C …), so that a noisy machine disturbs all of them alike: quote ratios.
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

/** CPU milliseconds that a process has used, all threads (Linux). */
export const cpuMs = (pid) => {
  let nanoseconds = 0
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    nanoseconds += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "latin1").split(" ")[0])
  }
  return nanoseconds / 1e6
}

/** A field of /proc/<pid>/status in MiB: VmHWM is the peak of resident memory, VmRSS what it is now (Linux). */
export const memoryMiB = (pid, field) =>
  Number(new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, "latin1"))[1]) / 1024

/**
 * Runs variants in turn.
 * @param variants by name: async (round) => void, with `pid` of the process whose CPU counts
 * @returns by name: medians and p95 of wall time, CPU a run, both in ms
 */
export const interleave = async (variants, rounds) => {
  const names = Object.keys(variants)
  const runs = Object.fromEntries(names.map((name) => [name, { wall: [], cpu: [] }]))
  for (let round = 0; round < rounds; round++) {
    for (const name of round % 2 ? names.toReversed() : names) {
      const { pid, run } = variants[name]
      const [cpu, start] = [cpuMs(pid), performance.now()]
      await run(round)
      runs[name].wall.push(performance.now() - start)
      runs[name].cpu.push(cpuMs(pid) - cpu)
    }
  }
  return Object.fromEntries(
    names.map((name) => {
      const { wall, cpu } = runs[name]
      const total = cpu.reduce((sum, ms) => sum + ms, 0)
      return [name, { p50: median(wall), p95: percentile(wall, 0.95), cpu: total / rounds }]
    }),
  )
}
