/**
 * Responsible for trials with hostile originals, four at once, beside ordinary traffic, under a memory limit.
 *
 * Invariants:
 * - Ordinary requests take about as long as without them, and each hostile one is answered within its deadline.
 * - The memory of the server, and of all processes together, stays within its limits, and the event loop never pauses for long.
 * - SIGTERM ends the server at any moment. Afterwards everything is rendered as before.
 */
import { setTimeout as sleep } from "node:timers/promises"

import type { HostileFile } from "./hostile/bytes.ts"
import { createMemoryGroup } from "./hostile/cgroup.ts"
import { HOSTILE_FILES } from "./hostile/files.ts"
import { type Attacked, judge } from "./hostile/judge.ts"
import {
  createShop,
  DEADLINE_MS,
  LIMIT_BYTES,
  type Measured,
  MEMORY_BYTES,
  type Observed,
  type Shop,
  start,
} from "./hostile/served.ts"
import { createTraffic, EQUAL_PATHS, fetchPath } from "./hostile/traffic.ts"
import type { Outcome, Part, Run } from "./part.ts"

/** Server, libraries of render processes that are shared, and what the kernel counts besides. */
const PEAK_SLACK_BYTES = 300_000_000
/** A response at the deadline still has to be sent. */
const DEADLINE_SLACK_MS = 1000
const END_MS = 5000
const AT_ONCE = 4
const RUNS = 3
const ENDS = 10
const MAX_SERVER_BYTES = 250_000_000
const IDLE_SECONDS = 10
const MAX_PIECE_MS = 20
/** A profile counts the time that other programs take. The shortest of so many profiles counts. */
const PROFILES = 3

/** Statuses that blame the file, are a picture, or a lack of time or memory for now. Never a fault of the server. */
const EXPECTED: ReadonlySet<number> = new Set([200, 413, 415, 422, 503])

const megabytes = (byteLength: number): number => Math.round(byteLength / 1e6)

/** Requests every hostile file, so many at once. @returns broken rules */
const attack = async ({ files }: Shop, { port }: Observed, isOver: () => boolean): Promise<readonly string[]> => {
  const broken: string[] = []
  const waiting = [...files]
  const lane = async (): Promise<void> => {
    for (let path = waiting.shift(); path !== undefined && !isOver(); path = waiting.shift()) {
      const { status, ms, bytes } = await fetchPath(port, path)
      if (!EXPECTED.has(status)) broken.push(`${path} got ${status} ${bytes.toString("latin1", 0, 200)}`)
      if (ms > DEADLINE_MS + DEADLINE_SLACK_MS) broken.push(`${path} was answered after ${Math.round(ms)} ms`)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, lane))
  return broken
}

const compareRenders = async ({ port }: Observed, before: readonly Buffer[]): Promise<readonly string[]> => {
  const after = await Promise.all(EQUAL_PATHS.map(([, path]) => fetchPath(port, path)))
  return EQUAL_PATHS.flatMap(([, path], at) =>
    after[at]?.status === 200 && before[at]?.equals(after[at].bytes)
      ? []
      : [`${path} differs from before: ${after[at]?.status}`],
  )
}

const attackOnce = async (
  shop: Shop,
  { isOver, idleSeconds }: { readonly isOver: () => boolean; readonly idleSeconds: number },
): Promise<Attacked> => {
  const served = await start(shop)
  const traffic = createTraffic(served.port)
  await traffic.warm()
  const before = await Promise.all(EQUAL_PATHS.map(([path]) => fetchPath(served.port, path)))
  const idle = await traffic.during(sleep(idleSeconds * 1000))
  await served.measure()
  const attacking = attack(shop, served, isOver)
  const beside = await traffic.during(attacking)
  const delay = await served.measure()
  const changed = await compareRenders(
    served,
    before.map(({ bytes }) => bytes),
  )
  const serverBytes = served.peakBytes()
  const { code } = await served.end("SIGTERM")
  return {
    idle,
    beside,
    delay,
    serverBytes,
    broken: [
      ...(await attacking),
      ...changed,
      ...[...idle.failures, ...beside.failures].map((text) => `ordinary traffic: ${text}`),
      ...(code === 0 ? [] : [`the server ended with ${code}`]),
    ],
  }
}

/** SIGTERM at some moment while hostile files are rendered. @returns broken rules, and the time until the end in milliseconds */
const endDuringAttack = async (shop: Shop, random: Run["random"]) => {
  const served = await start(shop)
  const first = Math.floor(random() * shop.files.length)
  const chosen = Array.from({ length: AT_ONCE }, (_, at) => shop.files[(first + at * 7) % shop.files.length] ?? "")
  const requests = Promise.allSettled(chosen.map((path) => fetchPath(served.port, path)))
  await sleep(random() * 2000)
  const begin = performance.now()
  const { code } = await served.end("SIGTERM")
  const ms = performance.now() - begin
  await requests
  const broken = [
    ...(code === 0 ? [] : [`SIGTERM ended the server with ${code} during ${chosen.join(" ")}`]),
    ...(ms <= END_MS ? [] : [`SIGTERM took ${Math.round(ms)} ms during ${chosen.join(" ")}`]),
  ]
  return { broken, ms }
}

/** The longest synchronous piece of each file alone. */
const profileEach = async (shop: Shop, isOver: () => boolean) => {
  const served = await start(shop, true)
  let longestMs = 0
  const broken: string[] = []
  for (const path of shop.files) {
    if (isOver()) break
    const pieces: NonNullable<Measured["longest"]>[] = []
    for (let round = 0; round < PROFILES && (pieces.at(-1)?.ms ?? Infinity) > MAX_PIECE_MS; round++) {
      await served.measure()
      await fetchPath(served.port, round === 0 ? path : path.replace("240x180", `${200 + round}w`))
      pieces.push((await served.measure()).longest ?? { ms: 0, functions: [] })
    }
    const shortest = pieces.toSorted((a, b) => a.ms - b.ms)[0]
    if (!shortest) continue
    longestMs = Math.max(longestMs, Math.round(shortest.ms))
    if (shortest.ms > MAX_PIECE_MS)
      broken.push(`${path}: ${Math.round(shortest.ms)} ms without a pause in ${shortest.functions.join(", ")}`)
  }
  await served.end("SIGTERM")
  return { broken, longestMs }
}

/** Runs until the number is reached or the time is over. @returns the results */
const repeatUntil = async <T>(
  times: number,
  isOver: () => boolean,
  attempt: () => Promise<T>,
): Promise<readonly T[]> => {
  const results: T[] = []
  while (results.length < times && !isOver()) results.push(await attempt())
  return results
}

/** Some of the files, evenly spread over the list. */
const chooseFiles = (count: number): readonly HostileFile[] => {
  const step = Math.ceil(HOSTILE_FILES.length / Math.max(1, count))
  return HOSTILE_FILES.filter((_, at) => at % step === 0)
}

const limitsOf = (runs: readonly Attacked[], peakBytes: number | undefined): readonly string[] => {
  const serverBytes = Math.max(0, ...runs.map((attacked) => attacked.serverBytes))
  return [
    ...(serverBytes > MAX_SERVER_BYTES ? [`the server took ${megabytes(serverBytes)} MB`] : []),
    ...(peakBytes !== undefined && peakBytes > MEMORY_BYTES + PEAK_SLACK_BYTES
      ? [`all processes took ${megabytes(peakBytes)} MB`]
      : []),
  ]
}

const megabytesOf = (facts: Readonly<Record<string, number | undefined>>): Record<string, number> =>
  Object.fromEntries(
    Object.entries(facts).flatMap(([name, byteLength]) =>
      byteLength === undefined ? [] : [[name, megabytes(byteLength)]],
    ),
  )

/** Percentiles and profiles, which a few files give no meaning. */
const judgeWhole = async (shop: Shop, runs: readonly Attacked[], isOver: () => boolean) => {
  const { broken, facts } = judge(runs)
  const profiled = await profileEach(shop, isOver)
  return {
    broken: [...broken, ...profiled.broken],
    facts: { ...facts, "longest piece of code, ms": profiled.longestMs },
  }
}

const run = async ({ count, random, isOver, say }: Run): Promise<Outcome> => {
  const created = createMemoryGroup(LIMIT_BYTES)
  const group = typeof created === "string" ? undefined : created
  const files = chooseFiles(count)
  const isWhole = files.length === HOSTILE_FILES.length
  const shop = await createShop(files, group)
  say(`${files.length} hostile files`)
  const runs = await repeatUntil(isWhole ? RUNS : 1, isOver, async () => {
    const attacked = await attackOnce(shop, { isOver, idleSeconds: isWhole ? IDLE_SECONDS : 1 })
    for (const text of attacked.broken) say(`BROKEN ${text}`)
    return attacked
  })
  const peakBytes = group?.peakBytes()
  const ends = await repeatUntil(isWhole ? ENDS : 1, isOver, () => endDuringAttack(shop, random))
  const judged = isWhole ? await judgeWhole(shop, runs, isOver) : { broken: [], facts: {} }
  return {
    trials: runs.length * files.length + ends.length,
    broken: [...runs, ...ends, judged].flatMap(({ broken }) => broken).concat(limitsOf(runs, peakBytes)),
    ...(typeof created === "string" && { skipped: `the memory limit: ${created}` }),
    facts: {
      ...judged.facts,
      ...megabytesOf({
        "server, MB": Math.max(0, ...runs.map(({ serverBytes }) => serverBytes)),
        "all processes, MB": peakBytes,
      }),
      "slowest end, ms": Math.round(Math.max(0, ...ends.map(({ ms }) => ms))),
    },
  }
}

export const hostile: Part = {
  name: "hostile",
  full: { count: HOSTILE_FILES.length, seconds: 1200 },
  short: { count: 12, seconds: 30 },
  run,
}
