/**
 * Responsible for the choice between a hit and a miss: a stored rendition that is fresh is sent, and any other is rendered (miss.ts).
 *
 * Invariants:
 * - A request that began after an original was changed never gets a rendition of the version before.
 * - No request waits longer than the deadline.
 * - An original that was refused is not read again before its version changes, or the refusal expires.
 */
import { codeOf, originalNotFound, rejectedUrl, TailorError } from "../errors.ts"
import { createLru } from "../lru.ts"
import type { Parsed, Reading, RenditionKey } from "../sizes/key.ts"
import { closeBody, type OriginalStat, type RenditionObject } from "../store/store.ts"
import { type GetClientSignal, type RequestScope, withDeadline } from "./deadline.ts"
import { type Decision, subjectOf } from "./decision.ts"
import { type Existing, findExisting, type FreshnessState } from "./freshness.ts"
import { createMisses, MAX_ROUNDS, type Misses, type MissParts, type MissRequest, type SharedResult } from "./miss.ts"

/** A rendition to send, and how it was found. */
export interface ServedRendition extends RenditionObject {
  readonly decision: Decision
}

/** Sends hits and renders misses. */
export interface Answerer {
  /**
   * Finds or renders a rendition.
   * @throws {TailorError} the request or its original is refused
   * @throws the signal's reason when the client disconnects
   */
  readonly answer: (parsed: Parsed, getClientSignal?: GetClientSignal) => Promise<ServedRendition>
  /** Resolves when the renders and writes that are running now have ended. */
  readonly settled: () => Promise<void>
  /** Resolves when no render or write is running any more. */
  readonly idle: () => Promise<void>
}

/** What {@link createAnswerer} needs. */
export interface AnswerParts extends Omit<MissParts, "onRefused" | "deleteStored"> {
  readonly deadlineMs: number
}

/** An error that a version of an original will always meet, or until a time. */
interface Refused {
  readonly error: TailorError
  /** Milliseconds since 1970. */
  readonly untilMs: number
}

/** With its cause and their stacks, one takes about 10 kB. Forgetting it costs another read of its original. */
const MAX_REFUSALS = 1000

interface State extends MissParts {
  readonly misses: Misses
  readonly refusedBefore: (original: string, version: string) => TailorError | undefined
}

const UNTIMED: Decision["timings"] = {}

/** All hits of one reading have the same decision. */
const hits = new WeakMap<Reading, Decision>()

const toHit = (reading: Reading, { meta, byteLength, body }: RenditionObject): ServedRendition => {
  let decision = hits.get(reading)
  if (!decision) {
    decision = { ...subjectOf(reading), outcome: "hit", reason: "stored and fresh", timings: UNTIMED }
    hits.set(reading, decision)
  }
  return { meta, byteLength, body, decision }
}

const toDecision = (reading: Reading, result: SharedResult, isStale: boolean): Decision => {
  const { isRevalidated, isFirst, originalInfo, output, timings, storeFailure } = result
  const whyRendered = isStale ? "stored, but stale" : "not stored"
  return {
    ...subjectOf(reading),
    outcome: isRevalidated ? "hit" : isFirst ? "miss" : "coalesced",
    reason: isRevalidated ? "stored, and proved fresh by the bytes of the original" : whyRendered,
    isStale,
    ...(originalInfo && { originalInfo }),
    ...(output && { output }),
    timings,
    // One write failed, however many requests waited for it.
    ...(isFirst && storeFailure !== undefined && { storeFailure }),
  }
}

const answerMiss = async (
  state: State,
  request: MissRequest,
  { signal }: RequestScope,
  isStale: boolean,
): Promise<ServedRendition> => {
  const { key, reading, stat, stored } = request
  const refused = state.refusedBefore(reading.original, stat.version)
  if (refused) {
    // It was refused in another size. The rendition of a former version must not stay for a proxy to serve.
    if (stored) await state.deleteStored(key)
    throw refused
  }
  signal.throwIfAborted()
  const result = await state.misses.render(request, signal)
  const { meta, bytes } = result
  return { meta, byteLength: bytes.length, body: bytes, decision: toDecision(reading, result, isStale) }
}

/** A stat may be some seconds old: before a stored rendition is called stale, the original is looked at again. */
const recheckStale = async (
  { originals, freshness }: State,
  { reading, stat }: Existing,
  { meta }: RenditionObject,
  { signal }: RequestScope,
): Promise<{ readonly freshness: FreshnessState; readonly stat: OriginalStat }> => {
  const known = freshness.freshnessOf(meta, reading, stat)
  const now = known === "stale" ? await originals.head(reading.original, { fresh: true, signal }) : undefined
  return now ? { freshness: freshness.freshnessOf(meta, reading, now), stat: now } : { freshness: known, stat }
}

const answerExisting = async (
  state: State,
  { key, readings }: Parsed,
  existing: Existing,
  scope: RequestScope,
): Promise<ServedRendition> => {
  const { reading, stat } = existing
  const stored = await state.renditions.get(key, scope)
  if (!stored) return answerMiss(state, { key, reading, readings, stat, stored: undefined }, scope, false)
  if (state.freshness.freshnessOf(stored.meta, reading, stat) === "fresh") return toHit(reading, stored)
  const now = await recheckStale(state, existing, stored, scope)
  if (now.freshness === "fresh") return toHit(reading, stored)
  await closeBody(stored)
  const request = { key, reading, readings, stat: now.stat, stored: stored.meta }
  return answerMiss(state, request, scope, now.freshness === "stale")
}

/**
 * What a key means whose first original is absent. Where a rendition is stored although no original is known, one may have come lately;
 * where none has, the rendition must not stay for a proxy to serve.
 */
const resolveFallback = async (
  { originals, renditions, deleteStored }: State,
  { key, readings }: Parsed,
  scope: RequestScope,
): Promise<Existing | undefined> => {
  const known = await findExisting(originals, readings.slice(1), scope)
  if (known || !(await renditions.head(key, scope))) return known
  const now = await findExisting(originals, readings, { fresh: true, signal: scope.signal })
  if (!now) await deleteStored(key)
  return now
}

const answerParsed = async (
  state: State,
  parsed: Parsed,
  scope: RequestScope,
  round: number,
): Promise<ServedRendition> => {
  const { readings, otherwise } = parsed
  const [reading] = readings
  const stat = await state.originals.head(reading.original, scope)
  const existing = stat ? { reading, stat } : await resolveFallback(state, parsed, scope)
  if (!existing) throw otherwise ? rejectedUrl(otherwise) : originalNotFound(reading.original)
  try {
    return await answerExisting(state, parsed, existing, scope)
  } catch (error) {
    if (codeOf(error) !== "original-not-found" || round >= MAX_ROUNDS) throw error
  }
  // The original was removed during the wait; by now the key may mean another one.
  return answerParsed(state, parsed, scope, round + 1)
}

const createRefusals = (clock: () => number): Pick<State, "refusedBefore" | "onRefused"> => {
  const refusals = createLru<Refused>(MAX_REFUSALS)
  const nameOf = (original: string, version: string): string => `${original}\n${version}`
  return {
    refusedBefore: (original, version) => {
      const refused = refusals.get(nameOf(original, version))
      return refused && refused.untilMs > clock() ? refused.error : undefined
    },
    onRefused: (original, version, error) => {
      const untilMs = clock() + (error.rememberMs ?? Infinity)
      refusals.set(nameOf(original, version), { error, untilMs })
    },
  }
}

/** Creates the choice between hits and misses. */
export const createAnswerer = (parts: AnswerParts): Answerer => {
  const deleteStored = async (key: RenditionKey): Promise<void> => {
    try {
      await parts.renditions.delete([key])
    } catch {
      // A process that renders need not be allowed to delete; the one that watches the originals is.
    }
  }
  const missParts = { ...parts, ...createRefusals(parts.clock), deleteStored }
  const misses = createMisses(missParts)
  const state: State = { ...missParts, misses }
  const { deadlineMs } = parts
  return {
    answer: (parsed, getClientSignal) =>
      withDeadline({ deadlineMs, getClientSignal, dispose: closeBody }, (scope) =>
        answerParsed(state, parsed, scope, 0),
      ),
    settled: misses.settled,
    idle: misses.idle,
  }
}
