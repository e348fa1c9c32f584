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

/** Of a clock tick (sysconf(_SC_CLK_TCK) is 100 wherever Node runs on Linux). */
const TICK_MS = 10

/** CPU milliseconds that a process has used, threads that have ended included (encoders of AVIF start some); in steps of 10 (Linux). */
export const wholeCpuMs = (pid) => {
  const fields = readFileSync(`/proc/${pid}/stat`, "latin1")
    .replace(/^.*\) /s, "")
    .split(" ")
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS
}

/** Bytes that a process has read from files and sockets (Linux). */
export const readBytes = (pid) => Number(/rchar: (\d+)/.exec(readFileSync(`/proc/${pid}/io`, "latin1"))[1])

/** CPU milliseconds that the threads a process has now have used, to the microsecond (Linux). */
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
 * @param variants by name: async (round) => void, with `pid` of a process that does nothing else meanwhile
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
