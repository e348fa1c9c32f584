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

/** CPU milliseconds used by a process, ended threads included (the AVIF encoder starts some); in steps of 10 (Linux). */
export const wholeCpuMs = (pid) => {
  const fields = readFileSync(`/proc/${pid}/stat`, "latin1")
    .replace(/^.*\) /s, "")
    .split(" ")
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS
}

/** Bytes read by a process from files and sockets (Linux). */
export const readBytes = (pid) => Number(/rchar: (\d+)/.exec(readFileSync(`/proc/${pid}/io`, "latin1"))[1])

/** CPU milliseconds used by the present threads of a process, to the microsecond (Linux). */
export const cpuMs = (pid) => {
  let nanoseconds = 0
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    nanoseconds += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "latin1").split(" ")[0])
  }
  return nanoseconds / 1e6
}

/** A field of /proc/<pid>/status in MiB: VmHWM is the peak of resident memory, VmRSS its present value (Linux). */
export const memoryMiB = (pid, field) =>
  Number(new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, "latin1"))[1]) / 1024

/**
 * Runs variants in turn.
 * @param variants by name: async (round) => void, with the `pid` of a process that does nothing else
 * @returns by name: medians and p95 of wall time, CPU a run, both in ms
 */
export const interleave = async (variants, rounds) => {
  const names = Object.keys(variants)
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
