/**
 * The product, on one screen: what is asked for is stored and in step, or it is made, once, whoever else asks.
 *
 * Holds: a rendition of another version of its original is never answered to a request that began after the change; identical misses
 * share one read, one render and one write; nobody waits longer than the deadline; a failed write fails no answer.
 */
import { LRUCache } from "lru-cache"

import { busy, codeOf, originalNotFound, refusedAddress, TailorError } from "../errors.ts"
import type { Parsed, Reading, RenditionKey } from "../sizes/key.ts"
import {
  type CallOptions,
  closeBody,
  type HeadOptions,
  type Originals,
  type OriginalStat,
  type RenditionObject,
  type Renditions,
} from "../store/store.ts"
import { type Decision, subjectOf } from "./decision.ts"
import type { InStep, Standing } from "./in-step.ts"
import { type Course, createMake, type Made, type MakeParts, type Order } from "./make.ts"
import { createSingleFlight, type Shared, type SingleFlight } from "./single-flight.ts"

/** A rendition to be sent, and why it is what it is. */
export interface Found extends RenditionObject {
  readonly decision: Decision
}

/** Gives the signal of a caller's leaving; asked for only when something has to be made. */
export type Leave = () => AbortSignal

/** Hit or make. */
export interface Answerer {
  /** @throws {TailorError} a refusal; the signal's reason when the caller leaves */
  readonly answer: (parsed: Parsed, leave?: Leave) => Promise<Found>
  /** Resolves when nothing is being made or stored. */
  readonly idle: () => Promise<void>
}

export interface AnswerParts extends Omit<MakeParts, "remember"> {
  readonly originals: Originals
  readonly renditions: Renditions
  readonly inStep: InStep
  readonly deadlineMs: number
}

/** How often an original that keeps changing is rendered anew on one request's account. */
const MAX_ROUNDS = 3

const UNTIMED: Decision["timings"] = {}

/** What all requests share. */
interface Desk extends AnswerParts {
  readonly flights: SingleFlight<Made>
  readonly make: (order: Order, course: Course) => Promise<Made>
  /** What a version of an original will always be answered with, by original and version. */
  readonly refusals: LRUCache<string, TailorError>
}

const refusalName = (original: string, version: string): string => `${original}\n${version}`

/** How long one request may take. The signal is made when a store asks for it: a hit in a folder asks for nothing. */
interface Patience extends CallOptions {
  readonly signal: AbortSignal
  /** Nobody waits any more: whatever still goes on for this request ends. */
  readonly end: () => void
}

const createPatience = (deadlineMs: number, leave: Leave | undefined): Patience => {
  const started = performance.now()
  let timer: NodeJS.Timeout | undefined
  let controller: AbortController | undefined
  let isOver = false
  const begin = (): AbortController => {
    const begun = new AbortController()
    const left = leave?.()
    if (isOver) begun.abort(busy("deadline"))
    if (left?.aborted) begun.abort(left.reason)
    left?.addEventListener("abort", () => begun.abort(left.reason), { once: true })
    if (!begun.signal.aborted)
      timer = setTimeout(() => begun.abort(busy("deadline")), started + deadlineMs - performance.now())
    return begun
  }
  return {
    get signal() {
      return (controller ??= begin()).signal
    },
    end: () => {
      isOver = true
      clearTimeout(timer)
      controller?.abort(busy("deadline"))
    },
  }
}

/** Deletes what is stored under a key, recorded or not, where that is allowed. What fails here fails no answer. */
const takeAway = async ({ renditions }: Desk, key: RenditionKey): Promise<void> => {
  try {
    await renditions.delete([key])
  } catch {
    // A renderer need not be allowed to delete; whoever watches the originals is.
  }
}

/** The first reading whose original is there, with its stat: what an address means now. */
const meaningOf = async (
  { originals }: Desk,
  readings: Parsed["readings"],
  options: HeadOptions,
): Promise<{ readonly reading: Reading; readonly stat: OriginalStat } | undefined> => {
  for (const reading of readings) {
    const stat = await originals.head(reading.original, options)
    if (stat) return { reading, stat }
  }
  return undefined
}

/** After a put the original is looked at once more: replaced, it is rendered again; gone, so is the rendition. */
const lookAgain = async (desk: Desk, order: Order, { meta, written }: Made, round: number): Promise<void> => {
  await written
  const now = await meaningOf(desk, order.readings, { fresh: true })
  if (!now) return takeAway(desk, order.key)
  const isSame = now.reading.original === meta.original && now.stat.version === meta.version
  if (isSame || round >= MAX_ROUNDS) return
  const next = { ...order, reading: now.reading, isNothingStored: false }
  await share(desk, next, now.stat, { round: round + 1 }).value
  // The flight that was joined may have stored the new picture before this one stored the old: then it is stored once more.
  const stored = await desk.renditions.head(order.key)
  const isOvertaken = stored?.version === meta.version && stored.original === meta.original
  if (isOvertaken) await share(desk, next, now.stat, { round: round + 1, isRepair: true }).value
}

/** An original that is refused has no rendition: what is left of a former one must not stay for a proxy to serve. */
const onFailure = async (desk: Desk, { key }: Order, error: unknown): Promise<void> => {
  if (error instanceof TailorError && error.status < 500) await takeAway(desk, key)
}

interface ShareOptions {
  /** How many renders led to this one. */
  readonly round: number
  /** Joins no flight that is under way. */
  readonly isRepair?: boolean
  readonly signal?: AbortSignal
}

const share = (desk: Desk, order: Order, stat: OriginalStat, options: ShareOptions): Shared<Made> => {
  const { round, isRepair = false, signal } = options
  return desk.flights.share(
    `${order.key}\n${order.reading.original}\n${stat.version}${isRepair ? "\nrepair" : ""}`,
    (nobodyWaits, previous) => {
      let isRead = false
      const value = desk.make(order, { signal: nobodyWaits, previous, onRead: () => (isRead = true) })
      const landed = value
        .then((made) => lookAgain(desk, order, made, round))
        .catch((error: unknown) => onFailure(desk, order, error))
      // The version of an original that was changed a moment ago does not tell whether it was changed again.
      return { value, landed, isOpen: () => stat.settled || !isRead }
    },
    signal,
  )
}

const decide = (order: Order, made: Made, isFirst: boolean, isStale: boolean): Decision => {
  const { isProven, source, output, timings, storeFailure } = made
  const whyMade = isStale ? "stored, but not in step" : "not stored"
  return {
    ...subjectOf(order.reading),
    outcome: isProven ? "hit" : isFirst ? "miss" : "coalesced",
    reason: isProven ? "stored, and proved in step by the original's bytes" : whyMade,
    isStale,
    ...(source && { source }),
    ...(output && { output }),
    timings,
    // One write failed, however many waited for it.
    ...(isFirst && storeFailure !== undefined && { storeFailure }),
  }
}

const answerMiss = async (
  desk: Desk,
  order: Order,
  stat: OriginalStat,
  isStale: boolean,
  { signal }: Patience,
): Promise<Found> => {
  const refused = desk.refusals.get(refusalName(order.reading.original, stat.version))
  if (refused) throw refused
  signal.throwIfAborted()
  const { value, isFirst } = share(desk, order, stat, { round: 0, signal })
  const made = await value
  const { meta, bytes } = made
  return { meta, bytes: bytes.length, body: bytes, decision: decide(order, made, isFirst, isStale) }
}

/** Where what is known of the original may be some seconds old, it is looked at anew before anything stored is called stale. */
const judge = async (
  { originals, inStep }: Desk,
  { reading }: Order,
  stat: OriginalStat,
  stored: RenditionObject,
  { signal }: Patience,
): Promise<{ readonly standing: Standing; readonly stat: OriginalStat }> => {
  const standing = inStep.standingOf(stored.meta, reading, stat)
  if (standing !== "stale") return { standing, stat }
  const now = await originals.head(reading.original, { fresh: true, signal })
  return now ? { standing: inStep.standingOf(stored.meta, reading, now), stat: now } : { standing, stat }
}

const answerReading = async (desk: Desk, order: Order, known: OriginalStat, patience: Patience): Promise<Found> => {
  const stored = await desk.renditions.get(order.key, patience)
  if (!stored) return answerMiss(desk, { ...order, isNothingStored: true }, known, false, patience)
  const { standing, stat } = await judge(desk, order, known, stored, patience)
  if (standing === "in-step") {
    const { original, size, format } = subjectOf(order.reading)
    const decision: Decision = {
      original,
      size,
      format,
      outcome: "hit",
      reason: "stored and in step",
      timings: UNTIMED,
    }
    return { meta: stored.meta, bytes: stored.bytes, body: stored.body, decision }
  }
  await closeBody(stored)
  return answerMiss(desk, order, stat, standing === "stale", patience)
}

/** @throws {busy} when finding takes longer than that; what is found later is let go of */
const within = async (finding: Promise<Found>, ms: number): Promise<Found> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(busy("deadline"))
      finding.then(closeBody, () => {})
    }, ms)
  })
  try {
    return await Promise.race([finding, late])
  } finally {
    clearTimeout(timer)
  }
}

export const createAnswerer = (parts: AnswerParts): Answerer => {
  const flights = createSingleFlight<Made>()
  const refusals = new LRUCache<string, TailorError>({ max: 10_000 })
  const remember: MakeParts["remember"] = (original, version, error) => {
    if (error instanceof TailorError && error.status < 500) refusals.set(refusalName(original, version), error)
  }
  const desk: Desk = { ...parts, flights, refusals, make: createMake({ ...parts, remember }) }

  /** What an address means. Where something is stored although no original is known, one may have come that is not known yet. */
  const look = async ({ key, readings }: Parsed, patience: Patience): ReturnType<typeof meaningOf> => {
    const now = await meaningOf(desk, readings, patience)
    if (now || !(await parts.renditions.head(key, patience))) return now
    return meaningOf(desk, readings, { fresh: true, signal: patience.signal })
  }

  const find = async (parsed: Parsed, patience: Patience, round: number): Promise<Found> => {
    const { key, readings, otherwise } = parsed
    const now = await look(parsed, patience)
    if (!now) {
      await takeAway(desk, key)
      throw otherwise ? refusedAddress(otherwise) : originalNotFound(readings[0].original)
    }
    try {
      const order = { key, readings, reading: now.reading, isNothingStored: false }
      return await answerReading(desk, order, now.stat, patience)
    } catch (error) {
      // It went while it was waited for; by now the address may mean another original.
      if (codeOf(error) === "original-not-found" && round < MAX_ROUNDS) return find(parsed, patience, round + 1)
      throw error
    }
  }

  return {
    // A store that hangs, and does not hear of the signal either, is bounded here.
    answer: async (parsed, leave) => {
      const patience = createPatience(parts.deadlineMs, leave)
      try {
        return await within(find(parsed, patience, 0), parts.deadlineMs)
      } finally {
        patience.end()
      }
    },
    idle: () => flights.idle(),
  }
}
