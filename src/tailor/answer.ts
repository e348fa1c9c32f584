/**
 * Responsible for the choice between a hit and a miss: a stored rendition that is fresh is sent, and any other is rendered (miss.ts).
 *
 * Invariants:
 * - A request that began after an original was changed never gets a rendition of the version before.
 * - No request waits longer than the deadline.
 * - An original that was refused is not read again before its version changes, or the error expires.
 */
import type { OnDisconnect } from "../abort.ts"
import { codeOf } from "../errors.ts"
import type { Parsed, RenditionKey } from "../sizes/key.ts"
import { closeBody, type OriginalStat, type RenditionObject } from "../store/store.ts"
import { type Conflict, createConflicts } from "./conflicts.ts"
import { type RequestScope, withDeadline } from "./deadline.ts"
import { type Existing, findExisting, type FreshnessState } from "./freshness.ts"
import { createHits, type FindHit } from "./hits.ts"
import { createLastModified } from "./last-modified.ts"
import { absentError } from "./meaning.ts"
import { createMisses, type Misses, type MissParts } from "./miss.ts"
import { createOutages, type OutageParts, type Outages } from "./outage.ts"
import type { MissRequest } from "./product.ts"
import { MAX_ROUNDS } from "./recheck.ts"
import { createRefusedOriginals, type RefusedOriginals } from "./refused-originals.ts"
import { createRenewals, type Renewals } from "./renewals.ts"
import { type ServedRendition, toHit, toOutdated, toRendered, toUnverified } from "./served.ts"
import { createStored, type StoredParts } from "./stored.ts"

export type { ServedRendition } from "./served.ts"

/** Options of {@link Answerer.answer}. */
export interface AnswerOptions {
  /** A rendition by an older recipe is rendered again before it is sent, with every setting. @default false */
  readonly isPresentRecipe?: boolean
}

/** Sends hits and renders misses. */
export interface Answerer {
  /**
   * Finds or renders a rendition.
   * @throws {TailorError} the request or its original is refused
   * @throws an AbortError when the client disconnects
   */
  readonly answer: (parsed: Parsed, onDisconnect?: OnDisconnect, options?: AnswerOptions) => Promise<ServedRendition>
  /** Finds a hit without waiting. Undefined where `answer` has to look. */
  readonly findHit: FindHit
  /** Renditions by an older recipe that wait to be rendered again. */
  readonly renewals: Renewals
  /** Resolves when the renders and writes that are running now have ended. */
  readonly settled: () => Promise<void>
  /** Resolves when no render or write is running any more. */
  readonly idle: () => Promise<void>
}

/** Dependencies of {@link createAnswerer}. */
export interface AnswerParts extends StoredParts, OutageParts, Pick<MissParts, "shared" | "slots"> {
  readonly deadlineMs: number
  /** How to answer a request for a rendition of the present original by an older recipe. @default "render" */
  readonly staleRecipe?: "serve" | "render" | undefined
  /** Called once for each way in which another server disagrees about the renditions of this one. */
  readonly onConflict?: ((conflict: Conflict) => void) | undefined
}

interface State extends MissParts, RefusedOriginals {
  readonly misses: Misses
  readonly outages: Outages
  readonly renewals: Renewals
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
    if (stored) await state.stored.delete(key)
    throw refused
  }
  signal.throwIfAborted()
  return toRendered(reading, await state.misses.render(request, signal), isStale)
}

/** One request. */
interface Attempt {
  readonly scope: RequestScope
  /** A rendition by an older recipe may be sent. */
  readonly canBeOutdated: boolean
}

/** A stat may be some seconds old: before a stored rendition is called stale, its original is checked again. */
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

/** Sends a stored rendition whose original cannot be looked at, if that is allowed. @throws the error otherwise */
const answerUnverified = async (
  state: State,
  parsed: Parsed,
  scope: RequestScope,
  error: unknown,
): Promise<ServedRendition> => {
  if (scope.isOver) throw error
  const stored = await state.renditions.get(parsed.key, scope).catch(() => undefined)
  const reading = stored && state.outages.allowedReading(stored.meta, parsed.readings, error)
  if (stored && reading) return toUnverified(reading, stored, error)
  await closeBody(stored)
  throw error
}

/** Sends a rendition by an older recipe, and has it rendered again. Undefined if the present recipe refuses the original. */
const answerOutdated = (state: State, request: MissRequest, stored: RenditionObject): ServedRendition | undefined => {
  const { key, reading, stat } = request
  if (state.refusedBefore(reading.original, stat.version)) return undefined
  state.conflicts.onStale(key, stored.meta, { reading, stat })
  state.renewals.add(request)
  return toOutdated(reading, stored)
}

/** The stored rendition. Undefined where nothing is stored, and where the store fails or has hung. */
const readStored = async (
  { stored, renditions }: State,
  key: RenditionKey,
  scope: RequestScope,
): Promise<RenditionObject | undefined> => {
  if (stored.isBypassed()) return undefined
  scope.storedReads = stored.readCount()
  try {
    const object = await renditions.get(key, scope)
    stored.onRead()
    return object
  } catch (error) {
    stored.onReadFailure(key, scope, error)
    return undefined
  } finally {
    scope.storedReads = undefined
  }
}

const answerExisting = async (
  state: State,
  parsed: Parsed,
  existing: Existing,
  { scope, canBeOutdated }: Attempt,
): Promise<ServedRendition> => {
  const { key, readings } = parsed
  const { reading, stat } = existing
  const stored = await readStored(state, key, scope)
  if (!stored) return answerMiss(state, { key, reading, readings, stat, stored: undefined }, scope, false)
  if (state.freshness.freshnessOf(stored.meta, reading, stat) === "fresh") return toHit(reading, stored)
  const now = await recheckStale(state, existing, stored, scope).catch(async (error: unknown) => {
    await closeBody(stored)
    throw error
  })
  if (now.freshness === "fresh") return toHit(reading, stored)
  const request = { key, reading, readings, stat: now.stat, stored: stored.meta }
  if (canBeOutdated && state.freshness.isOutdated(stored.meta, reading, now.stat)) {
    const outdated = answerOutdated(state, request, stored)
    if (outdated) return outdated
  }
  await closeBody(stored)
  if (now.freshness === "stale") {
    state.outages.onReplaced(reading.original, now.stat)
    state.conflicts.onStale(key, stored.meta, { reading, stat: now.stat })
    return answerMiss(state, request, scope, true)
  }
  try {
    return await answerMiss(state, request, scope, false)
  } catch (error) {
    return answerUnverified(state, parsed, scope, error)
  }
}

/**
 * The meaning of a key whose first original is absent. Where a rendition is stored although no original is known, one may have come lately;
 * where all were deleted, the rendition must not stay for a proxy to serve.
 */
const resolveFallback = async (
  { originals, renditions, stored }: State,
  { key, readings }: Parsed,
  scope: RequestScope,
): Promise<Existing | undefined> => {
  const known = await findExisting(originals, readings.slice(1), scope)
  if (known || stored.isBypassed()) return known
  const meta = await renditions.head(key, scope).catch((error: unknown) => stored.onReadFailure(key, scope, error))
  if (!meta) return undefined
  const now = await findExisting(originals, readings, { fresh: true, signal: scope.signal })
  if (!now) await stored.deleteIfGone(key, readings)
  return now
}

const answerParsed = async (
  state: State,
  parsed: Parsed,
  attempt: Attempt,
  round: number,
): Promise<ServedRendition> => {
  const { scope } = attempt
  const [reading] = parsed.readings
  let existing: Existing | undefined
  try {
    const stat = await state.originals.head(reading.original, scope)
    state.outages.onSeen(reading.original)
    existing = stat ? { reading, stat } : await resolveFallback(state, parsed, scope)
  } catch (error) {
    return answerUnverified(state, parsed, scope, error)
  }
  if (!existing && parsed.alternative) return answerParsed(state, parsed.alternative, attempt, round)
  if (!existing) throw absentError(parsed)
  try {
    return await answerExisting(state, parsed, existing, attempt)
  } catch (error) {
    if (codeOf(error) !== "original-not-found" || round >= MAX_ROUNDS) throw error
  }
  // The original was removed during the wait; by now the key may mean another one.
  return answerParsed(state, parsed, attempt, round + 1)
}

/** Creates the part that answers requests. */
export const createAnswerer = (parts: AnswerParts): Answerer => {
  const { clock, deadlineMs, staleRecipe = "render" } = parts
  const stored = createStored(parts)
  const conflicts = createConflicts(parts.freshness, parts.onConflict)
  const lastModified = createLastModified(clock)
  const missParts = { ...parts, ...createRefusedOriginals(clock), stored, conflicts, lastModified }
  const misses = createMisses(missParts)
  const outages = createOutages(parts)
  const renewals = createRenewals({ slots: parts.slots, renew: misses.renew })
  const state: State = { ...missParts, misses, outages, renewals }
  const { onStalledRead } = stored
  return {
    answer: (parsed, onDisconnect, { isPresentRecipe = false } = {}) =>
      withDeadline({ deadlineMs, onDisconnect, dispose: closeBody, onStalledRead }, (scope) =>
        answerParsed(state, parsed, { scope, canBeOutdated: !isPresentRecipe && staleRecipe === "serve" }, 0),
      ),
    renewals,
    findHit: createHits({ ...parts, outages, stored }),
    settled: misses.settled,
    idle: misses.idle,
  }
}
