/**
 * Damaged pictures through the built package, in processes that they may kill. Holds: whatever the bytes are, the process lives, the
 * answer comes in time, it is a picture that decodes or a refusal that blames the file, and memory stays near what was reckoned with.
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

interface Question {
  readonly bytes: Buffer
  readonly addresses: readonly string[]
}

/** As image-worker.mjs gives it; memory in bytes. */
interface Answered {
  readonly answers: readonly { readonly status: number; readonly text?: string; readonly fault?: string }[]
  readonly ms: number
  readonly rss: number
  /** Above what was resident before. */
  readonly peak: number
  /** What admission reckons with at most; only for a large peak. */
  readonly estimate?: number
}

const WORKER = fileURLToPath(new URL("image-worker.mjs", import.meta.url))
/** Longer than the worker's own deadline. */
const PATIENCE_MS = 30_000
/** Refusals that blame the file: too large, unsupported, corrupt. */
const BLAMES: ReadonlySet<number> = new Set([413, 415, 422])
/** A peak may be this much above what was reckoned with: the allocator keeps what it was given. */
const PEAK_FACTOR = 2
const PEAK_SLACK = 300e6
/** What a child may grow by from its 200th picture on. */
const GROWTH_BYTES = 300e6
const WARM = 200

const SIZES = ["24x18", "16w", "40h"]
const ENDINGS = ["", ".avif", ".webp", ".jpeg", ".png"]
const ADDRESSES: readonly string[] = [
  "/info/photo.json",
  ...SIZES.flatMap((size) => ENDINGS.map((ending) => `/${size}/photo${ending}`)),
]

/** The trial of a number: the same for the same seed, whatever ran before it. */
const trialOf = (pictures: readonly Buffer[], seed: number, number: number): Question => {
  const random: Random = seeded(Math.imul(seed, 0x9e37_79b1) ^ number)
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T
  const addresses = Array.from({ length: random() < 0.8 ? 1 : 3 }, () => pick(ADDRESSES))
  return { bytes: mutate(pick(pictures), pick(pictures), random), addresses: [...new Set(addresses)] }
}

/** What is wrong with a reply, in words. */
const faultsOf = (reply: Reply<Answered>): readonly string[] => {
  if ("died" in reply) return [`the process ${reply.died}`]
  const { answers, peak, estimate } = reply.answer
  const wrong = answers.flatMap(({ status, text, fault }) => {
    if (fault !== undefined) return [fault]
    return status === 200 || BLAMES.has(status) ? [] : [text?.trim() ?? String(status)]
  })
  const isHungry = estimate !== undefined && peak > PEAK_FACTOR * estimate + PEAK_SLACK
  return isHungry ? [...wrong, `a peak of ${peak} bytes where ${estimate} were reckoned with`] : wrong
}

const megabytes = (bytes: number): number => Math.round(bytes / 1e6)

/** What is counted on the way. */
const createTally = (seed: number) => {
  let folder: string | undefined
  const broken: string[] = []
  const facts: Record<string, number> = { "slowest, ms": 0, "largest peak, MB": 0, "most resident, MB": 0 }
  const raise = (name: string, value: number): void => void (facts[name] = Math.max(facts[name] ?? 0, value))
  return {
    broken,
    facts,
    add: (number: number, { bytes, addresses }: Question, reply: Reply<Answered>): void => {
      const faults = faultsOf(reply)
      if (faults.length > 0) {
        folder ??= mkdtempSync(join(tmpdir(), "imgtailor-broken-"))
        const file = join(folder, `${seed}-${number}`)
        writeFileSync(file, bytes)
        broken.push(`trial ${number} of seed ${seed}, ${addresses.join(" ")}: ${faults.join("; ")} (${file})`)
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

/** One after another with one child, until all are asked. @returns how much more is resident in the end */
const askInTurn = async (next: () => Promise<Reply<Answered> | undefined>): Promise<number> => {
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
    const pool = createPool<Question, Answered>({ script: WORKER, children: 1, patienceMs: PATIENCE_MS })
    return askInTurn(async () => {
      if (trials >= count || isOver()) return undefined
      const number = (trials += 1)
      if (number % 5000 === 0) say(`${number} pictures, ${tally.broken.length} broken`)
      const trial = trialOf(pictures, seed, number)
      const reply = await pool.ask(trial)
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
