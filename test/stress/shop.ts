/**
 * Responsible for trials with photos that are replaced, deleted and restored while they are requested, in random orders and with random
 * delays. Every response has to be complete, and of a version that existed at some time since the request.
 */
import { setTimeout as sleep } from "node:timers/promises"

import type { Limits, TailorOptions } from "../../src/config/options.ts"
import { createTailor, type Tailor } from "../../src/create-tailor.ts"
import { type Originals, readBody, type Renditions } from "../../src/store/store.ts"
import { type Fault, faultyOriginals, faultyRenditions } from "../support/faulty-store.ts"
import { codeOf, createLedger, formatOf, type Ledger, photoOf } from "./versions.ts"

/** The stores of a trial. */
export interface Ground {
  readonly originals: Originals
  readonly renditions: Renditions
  /** The same renditions without delays and faults, to check them. */
  readonly lookInto: Renditions
  /** Prepares a change. @returns a function that makes it, at once where the store can */
  readonly prepare: (key: string, bytes: Uint8Array | undefined) => Promise<() => Promise<unknown>>
}

const SIZES = ["60x40", "45w"] as const
const FORMATS = ["webp", "avif"] as const
/** So little memory makes renders wait for each other. With processes it would be a limit of real memory. */
const SETS: readonly (Pick<TailorOptions, "isolation"> & { readonly limits: Partial<Limits> })[] = [
  { isolation: "process", limits: { renders: 2 } },
  { isolation: "none", limits: { renders: 3, cacheBytes: 0 } },
  { isolation: "none", limits: { renders: 5, memoryBytes: 200_000, cacheBytes: 0 } },
  { isolation: "none", limits: { renders: 4, memoryBytes: 20_000 } },
]

/** Every key of a photo in the root. */
const keysOf = (photo: string): readonly string[] => [
  ...SIZES.flatMap((size) =>
    ["", ...FORMATS.map((format) => `.${format}`)].map((ending) => `${size}/${photo}${ending}`),
  ),
  `info/${photo}.json`,
]

type Random = () => number

const below = (random: Random, end: number): number => Math.floor(random() * end)

const pick = <T>(random: Random, from: readonly T[]): T => from[below(random, from.length)] as T

/** Mostly short, sometimes long enough for an original to become stable. */
const pause = (random: Random): Promise<unknown> => {
  const chance = random()
  const longest = chance < 0.5 ? 0 : chance < 0.8 ? 4 : chance < 0.993 ? 40 : 2300
  return longest === 0 ? Promise.resolve() : sleep(random() * longest)
}

/** The same stores with a delay before and after each call. */
const late = (
  { originals, renditions }: Ground,
  wait: () => Promise<unknown>,
): Pick<Ground, "originals" | "renditions"> => {
  const fault: Fault = async () => void (await wait())
  const lateOriginals = faultyOriginals(originals, fault)
  const lateRenditions = faultyRenditions(renditions, fault)
  const after = async <T>(result: Promise<T>): Promise<T> => {
    const value = await result
    await wait()
    return value
  }
  return {
    originals: {
      ...lateOriginals,
      head: (...call) => after(lateOriginals.head(...call)),
      get: (...call) => after(lateOriginals.get(...call)),
    },
    renditions: {
      ...lateRenditions,
      get: (...call) => after(lateRenditions.get(...call)),
      put: (...call) => after(lateRenditions.put(...call)),
    },
  }
}

interface Scene {
  readonly random: Random
  readonly isOver: () => boolean
  readonly ground: Ground
  readonly ledger: Ledger
  readonly tailor: Tailor
  /** Statuses that are right while a store fails. */
  readonly excused: ReadonlySet<number>
  readonly broken: string[]
  readonly counts: Record<string, number>
}

const count = ({ counts }: Scene, what: string): void => void (counts[what] = (counts[what] ?? 0) + 1)

const judge = async (scene: Scene, photo: string, key: string, asked: number, response: Response): Promise<void> => {
  const { ledger, excused, broken } = scene
  const bytes = new Uint8Array(await response.arrayBuffer())
  const { status } = response
  count(scene, `answered ${status}`)
  if (excused.has(status)) return
  const code = status === 200 ? await codeOf(bytes) : undefined
  const isUnverified = response.headers.get("cache-status")?.includes("detail=unverified") === true
  if (isUnverified) count(scene, "answered unverified")
  const isAnswer = status === 404 || code !== undefined
  // While the originals' store fails, a stored rendition of a former version may be sent.
  const from = isUnverified && excused.size > 0 ? -Infinity : asked
  if (isAnswer && ledger.wasThere(photo, code, from, performance.now())) return
  const said = status === 200 ? `a picture of ${code ?? "no version, or damaged"}` : `${status}`
  broken.push(`${key} was answered with ${said}; since the request there was ${ledger.describe(photo, asked)}`)
}

/** @returns the status */
const ask = async (scene: Scene, photo: string, key: string, leaveAfterMs?: number): Promise<number> => {
  const signal = leaveAfterMs === undefined ? undefined : AbortSignal.timeout(leaveAfterMs)
  const asked = performance.now()
  const response = await scene.tailor.fetch(new Request(`http://localhost/${key}`, signal ? { signal } : {}))
  if (!signal?.aborted) await judge(scene, photo, key, asked, response)
  return response.status
}

const change = async ({ ground, ledger, random }: Scene, photo: string, former: readonly number[]): Promise<void> => {
  const make = async (code: number | undefined): Promise<() => Promise<void>> => {
    const bytes = code === undefined ? undefined : await photoOf(code, formatOf(photo))
    const act = await ground.prepare(photo, bytes)
    return () => ledger.change(photo, code, act)
  }
  const chance = random()
  const isThere = ledger.now(photo) !== undefined
  if (chance < 0.2) return isThere ? (await make(undefined))() : undefined
  if (chance < 0.4) return (await make(former.at(-1 - below(random, 2)) ?? ledger.newCode()))()
  if (chance < 0.7) return (await make(ledger.newCode()))()
  // Twice within one tick of a clock.
  const [one, other] = [await make(ledger.newCode()), await make(ledger.newCode())]
  await one()
  if (random() < 0.5) await pause(random)
  await other()
}

/** The changes and requests of one photo. */
const live = async (scene: Scene, photo: string): Promise<void> => {
  const { random, ledger } = scene
  const keys = keysOf(photo)
  const asked: Promise<unknown>[] = []
  const former: number[] = []
  for (let step = below(random, 12) + 2; step > 0 && !scene.isOver(); step--) {
    if (step === 1 || random() < 0.6) await change(scene, photo, former)
    const code = ledger.now(photo)
    if (code !== undefined) former.push(code)
    for (let more = below(random, 5); more > 0; more--)
      asked.push(ask(scene, photo, pick(random, keys), random() < 0.15 ? below(random, 30) : undefined))
    await pause(random)
  }
  await Promise.all(asked)
}

/** Pauses before the requests that follow a failed check, after a store has failed. A store that hung is not read from for 10 s. */
const PAUSES_MS = [0, 100, 11_000] as const

const storedFault = async ({ ledger, ground }: Scene, photo: string, key: string): Promise<string | undefined> => {
  const stored = await ground.lookInto.get(key)
  // The record says that an equal version proves nothing.
  if (!stored || stored.meta.isStable === false) return undefined
  const code = await codeOf(await readBody(stored))
  return code !== undefined && code === ledger.now(photo)
    ? undefined
    : `${key} is stored as ${code ?? "nothing whole"}, in the end the photo is ${ledger.now(photo)}`
}

/** Checks, after the last change, that requests get the present version, and that it is stored. */
const rest = async (scene: Scene, photo: string): Promise<void> => {
  const { excused, broken, tailor } = scene
  const check = async (key: string): Promise<string | undefined> => {
    const status = await ask(scene, photo, key)
    await tailor.idle()
    return excused.has(status) ? `${key} is still answered ${status}` : storedFault(scene, photo, key)
  }
  for (const key of keysOf(photo)) {
    let fault = await check(key)
    for (const pauseMs of excused.size > 0 ? PAUSES_MS : []) {
      if (fault === undefined) break
      await sleep(pauseMs)
      fault = await check(key)
    }
    if (fault !== undefined) broken.push(fault)
  }
}

export interface LivesOptions {
  readonly random: Random
  /** Ends the trials early. */
  readonly isOver: () => boolean
  readonly ground: Ground
  /** Names of photos that do not exist yet. */
  readonly photos: readonly string[]
  readonly excused?: ReadonlySet<number>
  /** Called when nothing changes any more. */
  readonly onRest?: () => Promise<void>
  /** Counts to add to. */
  readonly counts: Record<string, number>
}

/** Runs the lives of some photos concurrently. @returns the faults, a sentence each */
export const playLives = async (options: LivesOptions): Promise<readonly string[]> => {
  const { random, isOver, ground, photos, excused = new Set(), onRest, counts } = options
  const drawn = pick(random, SETS)
  // A rendition that could not be written is sent from memory for a minute, and written when it is rendered again.
  const limits = excused.size > 0 ? { ...drawn.limits, cacheBytes: 0 } : drawn.limits
  let isCalm = false
  const stores = late(ground, () => (isCalm ? Promise.resolve() : pause(random)))
  const tailor = createTailor({ ...stores, ...drawn, sizes: SIZES, formats: FORMATS, limits, recheckSeconds: 0 })
  const ledger = createLedger()
  const broken: string[] = []
  const scene: Scene = { random, isOver, ground, ledger, tailor, excused, broken, counts }
  await Promise.all(photos.map((photo) => live(scene, photo)))
  isCalm = true
  await tailor.idle()
  await onRest?.()
  await Promise.all(photos.map((photo) => rest(scene, photo)))
  await tailor.close()
  return broken.map((fault) => `${fault} (with ${JSON.stringify({ ...drawn, limits })})`)
}
