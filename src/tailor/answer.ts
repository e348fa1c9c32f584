/**
 * The product, on one screen: what is asked for is stored and in step, or it is made, once, whoever else asks.
 *
 * Holds: a rendition of another version of its original is never answered to a request that began after the change; identical misses
 * share one read, one render and one write; nobody waits longer than the deadline; a failed write fails no answer.
 */
import { codeOf, originalNotFound, rejectedUrl, TailorError } from "../errors.ts"
import { createLru } from "../lru.ts"
import type { Parsed, Reading } from "../sizes/key.ts"
import { closeBody, type OriginalStat, type RenditionObject } from "../store/store.ts"
import { type GetClientSignal, type RequestScope, withDeadline } from "./deadline.ts"
import { type Decision, subjectOf } from "./decision.ts"
import { type AnswerParts, type MissContext, MAX_ROUNDS, findExisting, share, deleteStored } from "./flights.ts"
import type { FreshnessState } from "./freshness.ts"
import { createMake, type RenderResult, type MakeParts, type RenderRequest } from "./make.ts"
import { createSingleFlight } from "./single-flight.ts"

/** A rendition to be sent, and why it is what it is. */
export interface ServedRendition extends RenditionObject {
  readonly decision: Decision
}

/** Hit or make. */
export interface Answerer {
  /** @throws {TailorError} a refusal; the signal's reason when the caller leaves */
  readonly answer: (parsed: Parsed, leave?: GetClientSignal) => Promise<ServedRendition>
  /** Resolves when what is being made or stored now has been. */
  readonly settled: () => Promise<void>
  /** Resolves when nothing is being made or stored any more. */
  readonly idle: () => Promise<void>
}

const UNTIMED: Decision["timings"] = {}

const refusalName = (original: string, version: string): string => `${original}\n${version}`

const decide = (order: RenderRequest, made: RenderResult, isFirst: boolean, isStale: boolean): Decision => {
  const { isRevalidated, originalInfo: source, output, timings, storeFailure } = made
  const whyMade = isStale ? "stored, but not in step" : "not stored"
  return {
    ...subjectOf(order.reading),
    outcome: isRevalidated ? "hit" : isFirst ? "miss" : "coalesced",
    reason: isRevalidated ? "stored, and proved in step by the original's bytes" : whyMade,
    isStale,
    ...(source && { originalInfo: source }),
    ...(output && { output }),
    timings,
    // One write failed, however many waited for it.
    ...(isFirst && storeFailure !== undefined && { storeFailure }),
  }
}

/** One look at what an address means, and what follows. */
interface Attempt {
  readonly order: RenderRequest
  readonly patience: RequestScope
  /** How many there were before it. */
  readonly round: number
}

/** Undefined where what was shared is of another version than was asked for: it may have been read before that one came. */
const answerMiss = async (
  desk: MissContext,
  { order, patience, round }: Attempt,
  stat: OriginalStat,
  isStale: boolean,
): Promise<ServedRendition | undefined> => {
  const refused = desk.refusals.get(refusalName(order.reading.original, stat.version))
  if (refused) {
    // Another size of it was refused; what is left of a former one in this size must not stay for a proxy to serve either.
    if (!order.isNothingStored) await deleteStored(desk, order.key)
    throw refused
  }
  const { signal } = patience
  signal.throwIfAborted()
  const { value, isFirst, matchesKey: isSound } = share(desk, order, stat, { round: 0, attempt: round, signal })
  const made = await value.catch((error: unknown) => {
    if (isSound()) throw error
  })
  if (!made || !isSound()) return undefined
  const { meta, bytes } = made
  return { meta, byteLength: bytes.length, body: bytes, decision: decide(order, made, isFirst, isStale) }
}

/** Where what is known of the original may be some seconds old, it is looked at anew before anything stored is called stale. */
const recheckStale = async (
  { originals, freshness }: MissContext,
  { reading }: RenderRequest,
  stat: OriginalStat,
  stored: RenditionObject,
  patience: RequestScope,
): Promise<{ readonly standing: FreshnessState; readonly stat: OriginalStat }> => {
  const standing = freshness.freshnessOf(stored.meta, reading, stat)
  if (standing !== "stale") return { standing, stat }
  const now = await originals.head(reading.original, { fresh: true, signal: patience.signal })
  return now ? { standing: freshness.freshnessOf(stored.meta, reading, now), stat: now } : { standing, stat }
}

/** Of all hits by one reading the decision is the same. */
const hits = new WeakMap<Reading, Decision>()

const hit = (reading: Reading, { meta, byteLength, body }: RenditionObject): ServedRendition => {
  let decision = hits.get(reading)
  if (!decision) {
    decision = { ...subjectOf(reading), outcome: "hit", reason: "stored and in step", timings: UNTIMED }
    hits.set(reading, decision)
  }
  return { meta, byteLength, body, decision }
}

const answerReading = async (
  desk: MissContext,
  look: Attempt,
  known: OriginalStat,
): Promise<ServedRendition | undefined> => {
  const { order, patience } = look
  const stored = await desk.renditions.get(order.key, patience)
  if (!stored) return answerMiss(desk, { ...look, order: { ...order, isNothingStored: true } }, known, false)
  if (desk.freshness.freshnessOf(stored.meta, order.reading, known) === "fresh") return hit(order.reading, stored)
  const { standing, stat } = await recheckStale(desk, order, known, stored, patience)
  if (standing === "fresh") return hit(order.reading, stored)
  await closeBody(stored)
  return answerMiss(desk, look, stat, standing === "stale")
}

/** With its cause and their stacks, one takes about 10 kB. Forgetting it costs another look at its original. */
const MAX_REFUSALS = 1000

export const createAnswerer = (parts: AnswerParts): Answerer => {
  const flights = createSingleFlight<RenderResult>()
  const refusals = createLru<TailorError>(MAX_REFUSALS)
  const remember: MakeParts["remember"] = (original, version, error) => {
    if (error instanceof TailorError && error.status < 500) refusals.set(refusalName(original, version), error)
  }
  const desk: MissContext = { ...parts, flights, refusals, make: createMake({ ...parts, remember }) }

  /**
   * What an address means whose first original is absent. Where something is stored although no original is known, one may have come that
   * is not known yet; where none has, what is stored must not stay for a proxy to serve.
   */
  const resolveFallback = async (
    { key, readings }: Parsed,
    patience: RequestScope,
  ): ReturnType<typeof findExisting> => {
    const known = await findExisting(desk, readings.slice(1), patience)
    if (known || !(await parts.renditions.head(key, patience))) return known
    const now = await findExisting(desk, readings, { fresh: true, signal: patience.signal })
    if (!now) await deleteStored(desk, key)
    return now
  }

  const find = async (parsed: Parsed, patience: RequestScope, round: number): Promise<ServedRendition> => {
    const { key, readings, otherwise } = parsed
    const [reading] = readings
    const stat = await parts.originals.head(reading.original, patience)
    const now = stat ? { reading, stat } : await resolveFallback(parsed, patience)
    if (!now) throw otherwise ? rejectedUrl(otherwise) : originalNotFound(readings[0].original)
    const order = { key, readings, reading: now.reading, isNothingStored: false }
    try {
      const found = await answerReading(desk, { order, patience, round }, now.stat)
      if (found) return found
    } catch (error) {
      // It went while it was waited for; by now the address may mean another original.
      if (codeOf(error) !== "original-not-found" || round >= MAX_ROUNDS) throw error
    }
    // Each further look is owed to another change of the original, and the deadline ends them.
    return find(parsed, patience, round + 1)
  }

  const { deadlineMs } = parts
  return {
    answer: (parsed, leave) =>
      withDeadline({ deadlineMs, getClientSignal: leave, dispose: closeBody }, (patience) => find(parsed, patience, 0)),
    settled: () => flights.settled(),
    idle: () => flights.idle(),
  }
}
