/**
 * Responsible for trials with damaged pictures through the built package, in processes that they may kill.
 *
 * Invariants, for any bytes:
 * - The process survives and responds in time.
 * - The response is a picture that decodes, or an error that blames the file.
 * - Memory stays near the estimate.
 */
import { mkdtempSync, writeFileSync } from "node:fs"
import { availableParallelism, tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

import { seeded } from "../image/support.ts"
import { ensureBuilt } from "../support/process.ts"
import { mutate, type Random } from "./mutate.ts"
import type { Outcome, Part, Run } from "./part.ts"
import { wholePictures } from "./pictures.ts"
import { createPool, type Reply } from "./pool.ts"

interface Trial {
  readonly bytes: Buffer
  readonly paths: readonly string[]
}

/** The message of image-worker.mjs. Memory is in bytes. */
interface Answered {
  readonly answers: readonly { readonly status: number; readonly text?: string; readonly fault?: string }[]
  readonly ms: number
  readonly rss: number
  /** Above the resident memory before. */
  readonly peak: number
  /** The largest estimate. Only for a large peak. */
  readonly estimate?: number
}

const WORKER = fileURLToPath(new URL("image-worker.mjs", import.meta.url))
/** Longer than the deadline of the worker. */
const TIMEOUT_MS = 30_000
/** Errors that blame the file: too large, unsupported, corrupt. */
const BLAMES: ReadonlySet<number> = new Set([413, 415, 422])
/** A peak may be this much above the estimate: the allocator keeps freed memory. */
const PEAK_FACTOR = 2
const PEAK_SLACK = 300e6
/** A child may grow by this much after its first pictures. */
const GROWTH_BYTES = 300e6
const WARM = 200

const SIZES = ["24x18", "16w", "40h"]
const ENDINGS = ["", ".avif", ".webp", ".jpeg", ".png"]
const PATHS: readonly string[] = [
  "/info/photo.json",
  ...SIZES.flatMap((size) => ENDINGS.map((ending) => `/${size}/photo${ending}`)),
]

/** The trial with a number: the same for the same seed, independent of the trials before it. */
const trialOf = (pictures: readonly Buffer[], seed: number, number: number): Trial => {
  const random: Random = seeded(Math.imul(seed, 0x9e37_79b1) ^ number)
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T
  const paths = Array.from({ length: random() < 0.8 ? 1 : 3 }, () => pick(PATHS))
  return { bytes: mutate(pick(pictures), pick(pictures), random), paths: [...new Set(paths)] }
}

/** The faults of a reply, as text. */
const faultsOf = (reply: Reply<Answered>): readonly string[] => {
  if ("died" in reply) return [`the process ${reply.died}`]
  const { answers, peak, estimate } = reply.answer
  const wrong = answers.flatMap(({ status, text, fault }) => {
    if (fault !== undefined) return [fault]
    return status === 200 || BLAMES.has(status) ? [] : [text?.trim() ?? String(status)]
  })
  const isHungry = estimate !== undefined && peak > PEAK_FACTOR * estimate + PEAK_SLACK
  return isHungry ? [...wrong, `a peak of ${peak} bytes with an estimate of ${estimate}`] : wrong
}

const megabytes = (bytes: number): number => Math.round(bytes / 1e6)

/** The counts of a run. */
const createTally = (seed: number) => {
  let folder: string | undefined
  const broken: string[] = []
  const facts: Record<string, number> = { "slowest, ms": 0, "largest peak, MB": 0, "most resident, MB": 0 }
  const raise = (name: string, value: number): void => void (facts[name] = Math.max(facts[name] ?? 0, value))
  return {
    broken,
    facts,
    add: (number: number, { bytes, paths }: Trial, reply: Reply<Answered>): void => {
      const faults = faultsOf(reply)
      if (faults.length > 0) {
        folder ??= mkdtempSync(join(tmpdir(), "imgtailor-broken-"))
        const file = join(folder, `${seed}-${number}`)
        writeFileSync(file, bytes)
        broken.push(`trial ${number} of seed ${seed}, ${paths.join(" ")}: ${faults.join("; ")} (${file})`)
      }
      if ("died" in reply) return
      for (const { status } of reply.answer.answers)
        facts[`answered ${status}`] = (facts[`answered ${status}`] ?? 0) + 1
      raise("slowest, ms", Math.round(reply.answer.ms))
      raise("largest peak, MB", megabytes(reply.answer.peak))
      raise("most resident, MB", megabytes(reply.answer.rss))
    },
  }
}

/** Runs trials one after another with one child. @returns by how much its memory grew */
const runInTurn = async (next: () => Promise<Reply<Answered> | undefined>): Promise<number> => {
  const resident: number[] = []
  for (let reply = await next(); reply; reply = await next()) {
    if ("answer" in reply) resident.push(reply.answer.rss)
    else resident.length = 0
  }
  const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0
  return median(resident.slice(-WARM)) - median(resident.slice(WARM, 2 * WARM))
}

const run = async ({ count, seed, isOver, say }: Run): Promise<Outcome> => {
  await ensureBuilt()
  const pictures = await wholePictures()
  const tally = createTally(seed)
  let trials = 0
  const lane = (): Promise<number> => {
    const pool = createPool<Trial, Answered>({ script: WORKER, children: 1, timeoutMs: TIMEOUT_MS })
    return runInTurn(async () => {
      if (trials >= count || isOver()) return undefined
      const number = (trials += 1)
      if (number % 5000 === 0) say(`${number} pictures, ${tally.broken.length} broken`)
      const trial = trialOf(pictures, seed, number)
      const reply = await pool.send(trial)
      tally.add(number, trial, reply)
      return reply
    })
  }
  const growths = await Promise.all(Array.from({ length: availableParallelism() }, lane))
  const growth = Math.max(...growths)
  if (growth > GROWTH_BYTES) tally.broken.push(`a process grew by ${megabytes(growth)} MB within ${trials} pictures`)
  return { trials, broken: tally.broken, facts: { ...tally.facts, "growth, MB": megabytes(growth) } }
}

export const images: Part = {
  name: "images",
  full: { count: 100_000, seconds: 3600 },
  short: { count: 3000, seconds: 15 },
  run,
}
