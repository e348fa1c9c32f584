/**
 * Rendering ahead of demand: everything that can be asked of an original, made where it is not stored in step. What is, costs a look, so
 * whoever was stopped goes on where that was by doing it again.
 */
import { codeOf, originalNotFound, rejectedUrl, storeUnavailable, TailorError } from "../errors.ts"
import type { Format } from "../sizes/format.ts"
import { formatKey, type Grammar, type OriginalKey, parseKey, type Reading, splitKey } from "../sizes/key.ts"
import { INFO } from "../sizes/list.ts"
import { isNegotiable } from "../sizes/negotiate.ts"
import { closeBody, type Originals, type OriginalStat, type Renditions } from "../store/store.ts"
import type { Answerer } from "./answer.ts"
import type { Freshness } from "./freshness.ts"

/** Narrows what is made. */
export interface WarmOptions {
  /** Names on the list of sizes, and "info". @default all of them */
  readonly sizes?: readonly string[] | undefined
  /** Formats on the list, and "base" for the original's own. @default all of them */
  readonly formats?: readonly string[] | undefined
  /** Ends it between two renditions, or the wait for one. */
  readonly signal?: AbortSignal | undefined
}

/** What was done for an original. */
export interface Warmed {
  /** Renditions that were made. */
  readonly made: number
  /** Renditions that were there, in step. */
  readonly stored: number
  /** Why some will never be, as long as the original is what it is. */
  readonly refused: readonly TailorError[]
}

/** The way to render ahead. */
export interface Warm {
  /**
   * @throws {original-not-found}
   * @throws {size-not-allowed} {format-not-allowed} where the options name something else than what is listed
   * @throws whatever may go better later: no place in the queue, a store that cannot be reached or written; the signal's reason
   */
  readonly warm: (original: OriginalKey, options?: WarmOptions) => Promise<Warmed>
}

const BASE = "base"

/** Renditions of one original that are asked for at one time, so that they share its being read and decoded. */
const AT_ONCE = 4

/** What was asked for of what there is. */
const chosen = (asked: readonly string[] | undefined, all: readonly string[], what: "size" | "format"): Set<string> => {
  const unknown = asked?.find((name) => !all.includes(name))
  if (unknown === undefined) return new Set(asked ?? all)
  throw rejectedUrl({
    refused: `${what}-not-allowed`,
    detail: `${JSON.stringify(unknown)} is not on the list of ${what}s.`,
    hint: `Expected some of ${all.join(", ")}.`,
  })
}

/** Every address that pages can have for an original: an explicit format only where its base address is negotiated. */
const readingsOf = (original: OriginalKey, options: WarmOptions, grammar: Grammar): readonly Reading[] => {
  const names = [...grammar.sizes.map(({ name }) => name), INFO]
  const sizes = chosen(options.sizes, names, "size")
  const formats = chosen(options.formats, [BASE, ...grammar.formats], "format")
  const explicit = isNegotiable(splitKey(original).file, grammar.formats) ? grammar.formats : []
  const wanted = [undefined, ...explicit].filter((format: Format | undefined) => formats.has(format ?? BASE))
  const images = grammar.sizes
    .filter(({ name }) => sizes.has(name))
    .flatMap((size) => wanted.map((format) => ({ original, size, format })))
  return sizes.has(INFO) ? [...images, { original, size: INFO, format: undefined }] : images
}

interface Parts {
  readonly originals: Originals
  readonly renditions: Renditions
  readonly grammar: Grammar
  readonly freshness: Freshness
  readonly answer: Answerer["answer"]
}

const isPermanent = (error: unknown): error is TailorError =>
  error instanceof TailorError && error.status < 500 && codeOf(error) !== "original-not-found"

export const createWarm = ({ originals, renditions, grammar, freshness, answer }: Parts): Warm => {
  const isStored = async (reading: Reading, stat: OriginalStat, signal: AbortSignal | undefined): Promise<boolean> => {
    const meta = await renditions.head(formatKey(reading), { signal })
    return meta !== undefined && freshness.freshnessOf(meta, reading, stat) === "fresh"
  }

  const make = async (reading: Reading, signal: AbortSignal | undefined): Promise<"made" | "stored"> => {
    const key = formatKey(reading)
    const parsed = parseKey(key.split("/"), grammar)
    if ("refused" in parsed) throw rejectedUrl(parsed)
    const found = await answer(parsed, signal && (() => signal))
    await closeBody(found)
    const { outcome, storeFailure } = found.decision
    if (storeFailure !== undefined) throw storeUnavailable(renditions.name, key, storeFailure)
    return outcome === "hit" ? "stored" : "made"
  }

  const warm: Warm["warm"] = async (original, options = {}) => {
    const { signal } = options
    const readings = readingsOf(original, options, grammar)
    const stat = await originals.head(original, { fresh: true, signal })
    if (!stat) throw originalNotFound(original)
    const counts = { made: 0, stored: 0 }
    const refused: TailorError[] = []
    const left = [...readings]
    const work = async (): Promise<void> => {
      for (let reading = left.shift(); reading; reading = left.shift()) {
        signal?.throwIfAborted()
        try {
          counts[(await isStored(reading, stat, signal)) ? "stored" : await make(reading, signal)] += 1
        } catch (error) {
          if (isPermanent(error)) refused.push(error)
          else {
            // Nobody is told of what the others would go on with.
            left.length = 0
            throw error
          }
        }
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, work))
    return { ...counts, refused }
  }

  return { warm }
}
