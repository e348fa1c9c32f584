/** Responsible for the server that hostile files are tried on: its originals, its limits, and measurements of its process. */
import { readFileSync } from "node:fs"
import { mkdir, readFile, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { pathToFileURL } from "node:url"

import { PACKAGE } from "../../support/command.ts"
import { temporaryFolder } from "../../support/folders.ts"
import { type ServeProcess, startProcessWith } from "../../support/process.ts"
import type { HostileFile } from "./bytes.ts"
import type { MemoryGroup } from "./cgroup.ts"
import { TRAFFIC_SIZES, trafficPhotos } from "./traffic.ts"

export const LIMIT_BYTES = 2_000_000_000
export const MEMORY_BYTES = 1_500_000_000
export const DEADLINE_MS = 20_000

const PROBE = pathToFileURL(join(PACKAGE, "test/stress/hostile/probe.mjs")).href

/** Originals of all trials. */
export interface Shop {
  readonly photos: string
  readonly files: readonly string[]
  readonly group: MemoryGroup | undefined
}

export const createShop = async (files: readonly HostileFile[], group: MemoryGroup | undefined): Promise<Shop> => {
  const photos = await temporaryFolder()
  await mkdir(join(photos, "hostile"))
  for (const { name, make } of files) await writeFile(join(photos, "hostile", name), await make())
  for (const [name, bytes] of await trafficPhotos()) await writeFile(join(photos, name), bytes)
  return { photos, files: files.map(({ name }) => `/hostile/240x180/${name}`), group }
}

/** Measurements of the probe. */
export interface Measured {
  readonly p999Ms: number
  readonly maxMs: number
  readonly longest?: { readonly ms: number; readonly functions: readonly string[] }
}

export interface Observed extends ServeProcess {
  /** Measurements since the last call. */
  readonly measure: () => Promise<Measured>
  /** The most resident memory of the server process, in bytes. */
  readonly peakBytes: () => number
}

export const start = async ({ photos, group }: Shop, isProfiling = false): Promise<Observed> => {
  const probeFile = join(await temporaryFolder(), "probe.json")
  const environment = [
    `NODE_OPTIONS=--import=${PROBE}`,
    `PROBE_FILE=${probeFile}`,
    `PROBE_PROFILE=${isProfiling ? 1 : 0}`,
  ]
  const served = await startProcessWith(
    { wrapper: [...(group?.wrapper ?? []), "env", ...environment] },
    photos,
    "--renditions",
    await temporaryFolder(),
    "--formats",
    "avif,webp",
    "--sizes",
    ["240x180", ...TRAFFIC_SIZES].join(","),
    "--memory-bytes",
    String(MEMORY_BYTES),
    "--deadline-ms",
    String(DEADLINE_MS),
  )
  return {
    ...served,
    measure: async () => {
      await rm(probeFile, { force: true })
      served.kill("SIGUSR2")
      for (;;) {
        const text = await readFile(probeFile, "utf8").catch(() => undefined)
        if (text !== undefined) return JSON.parse(text) as Measured
        await sleep(20)
      }
    },
    peakBytes: () => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${served.pid}/status`, "latin1"))?.[1]) * 1024,
  }
}
