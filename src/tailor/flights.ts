/**
 * Renders under way, and what follows each: the original is looked at once more, so that what is stored in the end is of what is there
 * in the end, whoever overtook whom.
 */
import type { LRUCache } from "lru-cache"

import { TailorError } from "../errors.ts"
import type { Reading, RenditionKey } from "../sizes/key.ts"
import type { HeadOptions, Originals, OriginalStat, Renditions } from "../store/store.ts"
import type { Freshness } from "./freshness.ts"
import type { FlightHooks, RenderResult, MakeParts, RenderRequest } from "./make.ts"
import type { Shared, SingleFlight } from "./single-flight.ts"

/** What answering needs. */
export interface AnswerParts extends Omit<MakeParts, "remember"> {
  readonly originals: Originals
  readonly renditions: Renditions
  readonly freshness: Freshness
  readonly deadlineMs: number
}

/** How often an original that keeps changing is rendered anew on one request's account. */
export const MAX_ROUNDS = 3

/** What all requests share. */
export interface MissContext extends AnswerParts {
  readonly flights: SingleFlight<RenderResult>
  readonly make: (order: RenderRequest, course: FlightHooks) => Promise<RenderResult>
  /** What a version of an original will always be answered with, by original and version. */
  readonly refusals: LRUCache<string, TailorError>
}

/** Deletes what is stored under a key, recorded or not, where that is allowed. What fails here fails no answer. */
export const deleteStored = async ({ renditions }: MissContext, key: RenditionKey): Promise<void> => {
  try {
    await renditions.delete([key])
  } catch {
    // A renderer need not be allowed to delete; whoever watches the originals is.
  }
}

/** The first reading whose original is there, with its stat: what an address means now. */
export const findExisting = async (
  { originals }: MissContext,
  readings: readonly Reading[],
  options: HeadOptions,
): Promise<{ readonly reading: Reading; readonly stat: OriginalStat } | undefined> => {
  for (const reading of readings) {
    const stat = await originals.head(reading.original, options)
    if (stat) return { reading, stat }
  }
  return undefined
}

/** After a put the original is looked at once more: replaced, it is rendered again; gone, so is the rendition. */
const recheckAfterStore = async (
  desk: MissContext,
  order: RenderRequest,
  { meta, written }: RenderResult,
  round: number,
): Promise<void> => {
  await written
  const now = await findExisting(desk, order.readings, { fresh: true })
  if (!now) return deleteStored(desk, order.key)
  const isSame = now.reading.original === meta.original && now.stat.version === meta.version
  if (isSame || round >= MAX_ROUNDS) return
  const next = { ...order, reading: now.reading, isNothingStored: false }
  await share(desk, next, now.stat, { round: round + 1 }).value
  // The flight that was joined may have stored the new picture before this one stored the old: then it is stored once more.
  const stored = await desk.renditions.head(order.key)
  const isOvertaken = stored?.version === meta.version && stored.original === meta.original
  if (isOvertaken) await share(desk, next, now.stat, { round: round + 1, attempt: "repair" }).value
}

/** An original that is refused has no rendition: what is left of a former one must not stay for a proxy to serve. */
const onFailure = async (desk: MissContext, { key }: RenderRequest, error: unknown): Promise<void> => {
  if (error instanceof TailorError && error.status < 500) await deleteStored(desk, key)
}

interface ShareOptions {
  /** How many renders led to this one. */
  readonly round: number
  /** Joins only flights of the same attempt: one of a former attempt turned out not to be what was asked for. @default 0 */
  readonly attempt?: number | "repair"
  readonly signal?: AbortSignal
}

/** Joins the render of an order, or begins it. */
export const share = (
  desk: MissContext,
  order: RenderRequest,
  stat: OriginalStat,
  options: ShareOptions,
): Shared<RenderResult> => {
  const { round, attempt = 0, signal } = options
  return desk.flights.share(
    `${order.key}\n${order.reading.original}\n${stat.version}\n${attempt}`,
    (nobodyWaits, previous) => {
      let isRead = false
      let isSound = true
      const onRead = (): void => void (isRead = true)
      const onFound = (version: string | undefined): void => void (isSound = version === stat.version)
      const value = desk.make(order, { signal: nobodyWaits, known: stat, previous, onRead, onFound })
      const landed = value
        .then((made) => recheckAfterStore(desk, order, made, round))
        .catch((error: unknown) => onFailure(desk, order, error))
      // The version of an original that was changed a moment ago does not tell whether it was changed again.
      return { value, landed, isOpen: () => stat.isStable || !isRead, matchesKey: () => isSound }
    },
    signal,
  )
}
