/**
 * Responsible for rendering ahead of demand: every rendition of an original that is not stored and fresh. A fresh one costs one look at
 * the store, so an interrupted run is resumed by running it again.
 */
import { onAbort } from "../abort.ts"
import { isPermanent, originalNotFound, rejectedUrl, storeUnavailable, type TailorError } from "../errors.ts"
import { formatKey, formatsOf, type Grammar, type OriginalKey, parseKey, type Reading, splitKey } from "../sizes/key.ts"
import { INFO, type Size } from "../sizes/list.ts"
import { pageFormats } from "../sizes/page-formats.ts"
import { closeBody, type Originals, type OriginalStat, type Renditions } from "../store/store.ts"
import type { Answerer } from "./answer.ts"
import type { Freshness } from "./freshness.ts"

/** Options of {@link Warm.warm}. */
export interface WarmOptions {
  /** Names of listed sizes, and "info". @default all of them */
  readonly sizes?: readonly string[] | undefined
  /** Listed formats, and "base" for the base URL. @default all of them */
  readonly formats?: readonly string[] | undefined
  /** Renders nothing: `made` counts the renditions that are missing or stale. @default false */
  readonly isDryRun?: boolean | undefined
  /** Called with each rendition that was rendered, with its length in bytes. */
  readonly onRendered?: ((key: string, byteLength: number) => void) | undefined
  /** Stops before the next rendition, and ends the wait for one. */
  readonly signal?: AbortSignal | undefined
}

/** The result for one original. */
export interface Warmed {
  /** Number of renditions that were rendered. */
  readonly made: number
  /** Number of renditions that were stored and fresh. */
  readonly stored: number
  /** Errors of renditions that this version of the original can never have. */
  readonly refused: readonly TailorError[]
}

/** Rendering ahead of demand. */
export interface Warm {
  /**
   * Renders and stores every rendition of an original that is not stored and fresh.
   * @throws {original-not-found} there is no such original
   * @throws {size-not-allowed} {format-not-allowed} the options name a size or format that is not listed
   * @throws {busy} {store-unavailable} and other errors that may not occur again later
   * @throws the signal's reason
   */
  readonly warm: (original: OriginalKey, options?: WarmOptions) => Promise<Warmed>
}

const BASE = "base"

/** Concurrent renditions of one original: they share its read and its decode. */
const CONCURRENT = 4

/** The requested names, each of which has to be listed. */
const select = (
  requested: readonly string[] | undefined,
  listed: readonly string[],
  type: "size" | "format",
): Set<string> => {
  const unknown = requested?.find((name) => !listed.includes(name))
  if (unknown === undefined) return new Set(requested ?? listed)
  throw rejectedUrl({
    refused: `${type}-not-allowed`,
    detail: `${JSON.stringify(unknown)} is not on the list of ${type}s.`,
    hint: `Expected some of ${listed.join(", ")}.`,
  })
}

/** The requested ones of all URLs that pages can use for an original. */
const readingsOf = (original: OriginalKey, options: WarmOptions, grammar: Grammar): readonly Reading[] => {
  const names = [...grammar.sizes.map(({ name }) => name), INFO]
  const sizes = select(options.sizes, names, "size")
  const listed = new Set(grammar.sizes.flatMap((size) => formatsOf(size, grammar)))
  const formats = select(options.formats, [BASE, ...new Set([...grammar.formats, ...listed])], "format")
  const { file } = splitKey(original)
  // The base URL of a size with a forced format means the explicit one.
  const hasBase = (size: Size): boolean => size.format !== undefined && formats.has(BASE)
  const images = grammar.sizes
    .filter(({ name }) => sizes.has(name))
    .flatMap((size) =>
      pageFormats(size, file, grammar)
        .filter((format) => formats.has(format ?? BASE) || hasBase(size))
        .map((format) => ({ original, size, format })),
    )
  return sizes.has(INFO) ? [...images, { original, size: INFO, format: undefined }] : images
}

/** Dependencies of {@link createWarm}. */
export interface WarmParts {
  readonly originals: Originals
  readonly renditions: Renditions
  readonly grammar: Grammar
  readonly freshness: Freshness
  readonly answer: Answerer["answer"]
}

/** Creates the function that renders ahead of demand. */
export const createWarm = ({ originals, renditions, grammar, freshness, answer }: WarmParts): Warm => {
  const isStored = async (reading: Reading, stat: OriginalStat, signal: AbortSignal | undefined): Promise<boolean> => {
    const meta = await renditions.head(formatKey(reading), { signal })
    return meta !== undefined && freshness.freshnessOf(meta, reading, stat) === "fresh"
  }

  const render = async (
    reading: Reading,
    { signal, isDryRun, onRendered }: WarmOptions,
  ): Promise<"made" | "stored"> => {
    if (isDryRun) return "made"
    const key = formatKey(reading)
    const parsed = parseKey(key.split("/"), grammar)
    if ("refused" in parsed) throw rejectedUrl(parsed)
    const served = await answer(parsed, signal && onAbort(signal), { isPresentRecipe: true })
    await closeBody(served)
    const { outcome, storeFailure } = served.decision
    if (storeFailure !== undefined) throw storeUnavailable(renditions.name, key, storeFailure)
    if (outcome === "hit") return "stored"
    onRendered?.(key, served.byteLength)
    return "made"
  }

  const warm: Warm["warm"] = async (original, options = {}) => {
    const { signal } = options
    const readings = readingsOf(original, options, grammar)
    const stat = await originals.head(original, { fresh: true, signal })
    if (!stat) throw originalNotFound(original)
    const counts = { made: 0, stored: 0 }
    const refused: TailorError[] = []
    const queue = [...readings]
    const work = async (): Promise<void> => {
      for (let reading = queue.shift(); reading; reading = queue.shift()) {
        signal?.throwIfAborted()
        try {
          counts[(await isStored(reading, stat, signal)) ? "stored" : await render(reading, options)] += 1
        } catch (error) {
          if (isPermanent(error)) refused.push(error)
          else {
            // The caller gets this error and no counts, so the other workers stop too.
            queue.length = 0
            throw error
          }
        }
      }
    }
    await Promise.all(Array.from({ length: CONCURRENT }, work))
    return { ...counts, refused }
  }

  return { warm }
}
